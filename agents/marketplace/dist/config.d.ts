import { z } from 'zod';
/** Everything a marketplace reads at start. */
export declare const marketplaceConfig: z.ZodObject<{
    tenant: z.ZodString;
    http: z.ZodObject<{
        host: z.ZodDefault<z.ZodString>;
        port: z.ZodInt;
    }, z.core.$strict>;
    mqtt: z.ZodObject<{
        host: z.ZodDefault<z.ZodString>;
        port: z.ZodInt;
        maxClients: z.ZodDefault<z.ZodInt>;
        maxPacketBytes: z.ZodDefault<z.ZodInt>;
    }, z.core.$strict>;
    publicOrigin: z.ZodString;
    database: z.ZodDiscriminatedUnion<[z.ZodObject<{
        kind: z.ZodLiteral<"postgres">;
        url: z.ZodString;
    }, z.core.$strict>, z.ZodObject<{
        kind: z.ZodLiteral<"pglite">;
        directory: z.ZodString;
    }, z.core.$strict>], "kind">;
    keyEncryptionKeys: z.ZodArray<z.ZodObject<{
        id: z.ZodString;
        file: z.ZodString;
    }, z.core.$strict>>;
    anchors: z.ZodArray<z.ZodObject<{
        did: z.ZodString;
        mayIssue: z.ZodArray<z.ZodString>;
    }, z.core.$strict>>;
    chains: z.ZodArray<z.ZodObject<{
        chainId: z.ZodInt;
        rpcUrl: z.ZodURL;
        registry: z.ZodString;
    }, z.core.$strict>>;
    fetch: z.ZodObject<{
        allow: z.ZodArray<z.ZodString>;
        allowPrivate: z.ZodDefault<z.ZodBoolean>;
    }, z.core.$strict>;
    operatorTokenDigest: z.ZodString;
    stalenessBoundSeconds: z.ZodDefault<z.ZodInt>;
    tokenLifeSeconds: z.ZodDefault<z.ZodInt>;
    bindTo: z.ZodDefault<z.ZodEnum<{
        holder: "holder";
        session: "session";
    }>>;
    zones: z.ZodRecord<z.ZodString, z.ZodObject<{
        jurisdiction: z.ZodString;
    }, z.core.$strict>>;
    maxOpenOrders: z.ZodDefault<z.ZodInt>;
}, z.core.$strict>;
export type MarketplaceConfig = z.infer<typeof marketplaceConfig>;
//# sourceMappingURL=config.d.ts.map