import { assertNever, refuse } from '@gridpass/core';
import { parseReading } from './reading.js';
/** Reads, decides and stores one reading; it is durable when this answers. `new` the first time, `known` when it came before. */
export async function keepReading({ tenant, gate, market }, query) {
    const { grantId, device, requestId, at } = query;
    const reading = parseReading(query.body, at);
    if (!reading.ok)
        return reading;
    const resource = { meteringPointHash: reading.value.meteringPointHash };
    const use = await gate.use({ grantId, channel: 'telemetry', action: 'report', resource, requestId, at });
    switch (use.kind) {
        case 'refused':
            return { ok: false, refusal: use.refusal };
        case 'denied':
            return refuse('POLICY_DENIED', 'reading', use.reasons.join(', '));
        case 'permitted':
            return market.keepReading(tenant, { ...reading.value, device, receivedAt: at, decisionLeaf: use.recorded.receipt.leafHash });
        default:
            return assertNever(use);
    }
}
//# sourceMappingURL=keep-reading.js.map