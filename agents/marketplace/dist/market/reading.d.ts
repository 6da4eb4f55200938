import { type Instant, type JsonValue, type Outcome } from '@gridpass/core';
/** What a device sends of one register for one interval. */
export interface ReadingRequest {
    readonly meteringPointHash: string;
    readonly obis: string;
    readonly interval: Instant;
    readonly energyWh: number;
}
/** Reads a meter reading; READING_INVALID names every field that is wrong. The interval is over. */
export declare function parseReading(body: JsonValue, at: Instant): Outcome<ReadingRequest>;
//# sourceMappingURL=reading.d.ts.map