import { z } from 'zod';
/** Everything a marketplace reads at start. */
export declare const marketplaceConfig: z.ZodObject<{
    tenant: z.ZodString;
    http: z.ZodPrefault<z.ZodObject<{
        host: z.ZodDefault<z.ZodString>;
        port: z.ZodDefault<z.ZodInt>;
    }, z.core.$strict>>;
    mqtt: z.ZodPrefault<z.ZodObject<{
        host: z.ZodDefault<z.ZodString>;
        port: z.ZodDefault<z.ZodInt>;
        maxClients: z.ZodDefault<z.ZodInt>;
        maxPacketBytes: z.ZodDefault<z.ZodInt>;
    }, z.core.$strict>>;
    publicOrigin: z.ZodString;
    operatorTokenDigest: z.ZodString;
    tokenLifeSeconds: z.ZodDefault<z.ZodInt>;
    bindTo: z.ZodDefault<z.ZodEnum<{
        holder: "holder";
        session: "session";
    }>>;
    zones: z.ZodRecord<z.ZodString, z.ZodObject<{
        jurisdiction: z.ZodString;
    }, z.core.$strict>>;
    maxOpenOrders: z.ZodDefault<z.ZodInt>;
    database: z.ZodDiscriminatedUnion<[z.ZodObject<{
        kind: z.ZodLiteral<"postgres">;
        url: z.ZodString;
        maxConnections: z.ZodDefault<z.ZodInt>;
    }, z.core.$strict>, z.ZodObject<{
        kind: z.ZodLiteral<"pglite">;
        directory: z.ZodString;
    }, z.core.$strict>], "kind">;
    keyEncryptionKeys: z.ZodArray<z.ZodObject<{
        id: z.ZodString;
        file: z.ZodString;
    }, z.core.$strict>>;
    chains: z.ZodDefault<z.ZodArray<z.ZodObject<{
        chainId: z.ZodInt;
        rpcUrl: z.ZodURL;
        registry: z.ZodString;
    }, z.core.$strict>>>;
    anchors: z.ZodArray<z.ZodObject<{
        did: z.ZodString;
        mayIssue: z.ZodArray<z.ZodEnum<{
            RegulatorAccreditation: "RegulatorAccreditation";
            SystemOperatorRole: "SystemOperatorRole";
            MarketPartyRole: "MarketPartyRole";
            AggregatorRole: "AggregatorRole";
            MarketOperatorRole: "MarketOperatorRole";
            CustomerStatus: "CustomerStatus";
            MeteringPointEntitlement: "MeteringPointEntitlement";
            DeviceIdentity: "DeviceIdentity";
            DeviceCommissioning: "DeviceCommissioning";
            MarketChannelAdmission: "MarketChannelAdmission";
        }>>;
    }, z.core.$strict>>;
    fetch: z.ZodPrefault<z.ZodObject<{
        allow: z.ZodDefault<z.ZodArray<z.ZodString>>;
        allowPrivate: z.ZodDefault<z.ZodBoolean>;
    }, z.core.$strict>>;
    stalenessBoundSeconds: z.ZodDefault<z.ZodInt>;
}, z.core.$strict>;
export type MarketplaceConfig = z.infer<typeof marketplaceConfig>;
//# sourceMappingURL=config.d.ts.map