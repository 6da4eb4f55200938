import { type Challenge, type Clock, type MarketRepository, type TenantId } from '@gridpass/core';
import type { Gate } from '@gridpass/gate';
/** What the intake asks of the rest of the marketplace. */
export interface IntakeParts {
    readonly tenant: TenantId;
    readonly gate: Pick<Gate, 'openChallenge' | 'admit' | 'openSession' | 'use'>;
    /** A signed request object for an open challenge, by value: a device may have no HTTP at all. */
    readonly requestObject: (challenge: Challenge) => Promise<string>;
    readonly market: Pick<MarketRepository, 'keepReading'>;
    readonly clock: Clock;
    readonly maxClients: number;
    readonly maxPacketBytes: number;
}
/** A broker that listens. */
export interface Intake {
    readonly url: string;
    close(): Promise<void>;
}
/**
 * The MQTT 3.1.1 intake. A client that has presented nothing may only ask for a request object and answer it, on topics
 * under its own client id; a permit opens `readings/<clientId>` for as long as the grant stands. A reading is acknowledged
 * after it is stored. What cannot be accepted is told on `gate/<clientId>/result` and ends the connection, the one way
 * MQTT 3.1.1 has of saying no to a publication (3.3.5).
 */
export declare function listenForReadings(parts: IntakeParts, address: {
    readonly host: string;
    readonly port: number;
}): Promise<Intake>;
//# sourceMappingURL=intake.d.ts.map