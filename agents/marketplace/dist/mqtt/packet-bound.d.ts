import { Transform } from 'node:stream';
/**
 * Passes MQTT bytes on and ends the stream as soon as a packet announces more than `maxBytes` (MQTT 3.1.1, 2.2.3 Remaining
 * Length), so that nobody can make the broker buffer a large one. A malformed length ends it too.
 */
export declare function createPacketBound(maxBytes: number): Transform;
//# sourceMappingURL=packet-bound.d.ts.map