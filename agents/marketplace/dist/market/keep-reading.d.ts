import { type Did, type Instant, type JsonValue, type MarketRepository, type Outcome, type RequestId, type TenantId } from '@gridpass/core';
import type { Gate } from '@gridpass/gate';
/** What keeping a reading needs. */
export interface ReadingParts {
    readonly tenant: TenantId;
    readonly gate: Pick<Gate, 'use'>;
    readonly market: Pick<MarketRepository, 'keepReading'>;
}
/** Reads, decides and stores one reading; it is durable when this answers. `new` the first time, `known` when it came before. */
export declare function keepReading({ tenant, gate, market }: ReadingParts, query: {
    readonly grantId: string;
    readonly device: Did;
    readonly body: JsonValue;
    readonly requestId: RequestId;
    readonly at: Instant;
}): Promise<Outcome<'new' | 'known'>>;
//# sourceMappingURL=keep-reading.d.ts.map