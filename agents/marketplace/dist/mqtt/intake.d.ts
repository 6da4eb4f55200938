import { type ConversationParts } from './conversation.js';
/** What the intake asks of the rest of the marketplace, and its bounds. */
export interface IntakeParts extends ConversationParts {
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
 * MQTT 3.1.1 has of saying no to a publication (3.3.5). Throws Fault PORT_BUSY when the port is taken.
 */
export declare function listenForReadings(parts: IntakeParts, address: {
    readonly host: string;
    readonly port: number;
}): Promise<Intake>;
//# sourceMappingURL=intake.d.ts.map