import { canonicalJson } from '@gridpass/codec';
import type { AuditRecord } from '@gridpass/core';

/** The one spelling of a record that is hashed and stored (RFC 8785). */
export function toEntry(record: AuditRecord): string {
  const { kind, requestId, at, action, effect, code, reasons, actor, evidence } = record;
  return canonicalJson({
    kind,
    requestId,
    at,
    action,
    reasons: [...reasons],
    evidence,
    ...(effect === undefined ? {} : { effect }),
    ...(code === undefined ? {} : { code }),
    ...(actor === undefined ? {} : { actor }),
  });
}
