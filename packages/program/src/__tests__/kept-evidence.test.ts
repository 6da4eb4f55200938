import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { commitmentOf, decisionKeyOf, type DecisionEvidence } from '@gridpass/audit';
import { encodeBase64url } from '@gridpass/codec';
import { instant, tenantId } from '@gridpass/core';
import { NOON, createFakeClock, openTestStore, type FakeClock } from '@gridpass/testkit';
import type { Store } from '@gridpass/store';
import { createClosers } from '../closers.js';
import { openEvidence, rewrapKeptEvidence } from '../kept-evidence.js';

const DAY = 86_400;
const KEKS = [{ id: 'one', bytes: new Uint8Array(32).fill(1) }];
const [here, there] = [tenantId('market'), tenantId('other')];
const evidenceAt = (at: number, requestId: string): DecisionEvidence => ({
  channel: 'behind_the_meter',
  timeZone: 'Europe/Oslo',
  key: encodeBase64url(decisionKeyOf(new Uint8Array(32).fill(7), requestId)),
  facts: [{ kind: 'value', path: 'CustomerStatus.active', value: true }],
  principal: 'did:jwk:anna-of-the-third-floor',
  action: 'use',
  resource: { powerW: 4711 },
  at: instant(at),
});

describe('kept evidence', () => {
  let store: Store;
  let clock: FakeClock;
  const closers = createClosers();
  const open = (keepDays: number, tenant = here, keks = KEKS) => openEvidence({ store, keks, clock }, { tenant, keepDays }, closers);
  const linesOf = async (kept: { exportEvidence(): AsyncIterable<string> }): Promise<readonly Record<string, unknown>[]> => {
    const lines: Record<string, unknown>[] = [];
    for await (const line of kept.exportEvidence()) lines.push(JSON.parse(line) as Record<string, unknown>);
    return lines;
  };

  beforeEach(async () => {
    [store, clock] = [await openTestStore(), createFakeClock(NOON)];
    await store.migrate();
  });
  afterEach(async () => {
    await closers.close();
    await store.close();
  });

  it('says nothing of a person at rest, and is what was kept when it is read', async () => {
    const kept = await open(30);
    const evidence = evidenceAt(NOON, 'r-1');
    await kept.keepEvidence?.(evidence);
    // A second time is the same evidence.
    await kept.keepEvidence?.(evidence);
    const rows = await store.db.selectFrom('decision_evidence').selectAll().execute();
    expect(rows).toHaveLength(1);
    const raw = rows.map((row) => `${JSON.stringify(row)}${Buffer.from(row.sealed ?? []).toString('latin1')}`).join('');
    expect(raw).not.toMatch(/anna-of|CustomerStatus|4711/);
    expect(raw).not.toContain(evidence.key);
    expect(await linesOf(kept)).toEqual([{ type: 'evidence', ...evidence }]);
    expect(await linesOf(await open(30, there))).toEqual([]);
  });

  it('keeps nothing where nothing is to be kept', async () => {
    expect((await open(0)).keepEvidence).toBeUndefined();
  });

  it('is erased with its data key once its days are over, to the second, and says that there was something', async () => {
    const kept = await open(2);
    const [old, young] = [evidenceAt(NOON, 'r-1'), evidenceAt(NOON + 1, 'r-2')];
    await kept.keepEvidence?.(young);
    await kept.keepEvidence?.(old);
    clock.advance(2 * DAY);
    expect((await linesOf(await open(2))).map(({ type }) => type)).toEqual(['evidence', 'evidence']);
    clock.advance(1);
    const again = await open(2);
    expect(await linesOf(again)).toEqual([
      { type: 'erased', input: commitmentOf(old), erasedAt: NOON + 2 * DAY + 1 },
      { type: 'evidence', ...young },
    ]);
    const rows = await store.db.selectFrom('decision_evidence').selectAll().where('erased_at', 'is not', null).execute();
    expect(rows).toEqual([expect.objectContaining({ sealed: null, wrapped_data_key: null, kek_id: null })]);
    // What is erased does not come back.
    await again.keepEvidence?.(old);
    expect((await linesOf(again)).map(({ type }) => type)).toEqual(['erased', 'evidence']);
  });

  it('is all erased at the next start after it was switched off, of this tenant alone', async () => {
    const [kept, others] = [await open(30), await open(30, there)];
    // More than one page, so that the last of them is seen to go.
    for (let i = 0; i < 401; i += 1) await kept.keepEvidence?.(evidenceAt(NOON + 2 * DAY, `r-${i}`));
    await others.keepEvidence?.(evidenceAt(NOON, 'r-1'));
    const lines = await linesOf(await open(0));
    expect(lines).toHaveLength(401);
    expect(new Set(lines.map(({ type }) => type))).toEqual(new Set(['erased']));
    expect((await linesOf(others)).map(({ type }) => type)).toEqual(['evidence']);
  });

  it('that was touched or put in the place of other evidence is told as unreadable, and the rest is read', async () => {
    const kept = await open(30);
    const [one, two, three] = [evidenceAt(NOON, 'r-1'), evidenceAt(NOON + 1, 'r-2'), evidenceAt(NOON + 2, 'r-3')];
    for (const evidence of [one, two, three]) await kept.keepEvidence?.(evidence);
    const rows = await store.db.selectFrom('decision_evidence').selectAll().orderBy('decided_at').execute();
    const touched = rows[0]?.sealed?.map((byte, index) => (index === 20 ? byte ^ 1 : byte)) ?? null;
    await store.db
      .updateTable('decision_evidence')
      .set({ sealed: touched })
      .where('input', '=', commitmentOf(one) ?? '')
      .execute();
    const { sealed = null, wrapped_data_key = null } = rows[2] ?? {};
    await store.db
      .updateTable('decision_evidence')
      .set({ sealed, wrapped_data_key })
      .where('input', '=', commitmentOf(two) ?? '')
      .execute();
    expect(await linesOf(kept)).toEqual([
      { type: 'unreadable', input: commitmentOf(one) },
      { type: 'unreadable', input: commitmentOf(two) },
      { type: 'evidence', ...three },
    ]);
  });

  it('follows a new key-encryption key, also past evidence that does not open', async () => {
    const kept = await open(30);
    for (const id of ['r-1', 'r-2']) await kept.keepEvidence?.(evidenceAt(NOON, id));
    await store.db
      .updateTable('decision_evidence')
      .set({ wrapped_data_key: new Uint8Array(60) })
      .where('input', '=', commitmentOf(evidenceAt(NOON, 'r-1')) ?? '')
      .execute();
    const next = [{ id: 'two', bytes: new Uint8Array(32).fill(2) }];
    expect(await rewrapKeptEvidence({ store, keks: [...next, ...KEKS] })).toBe(1);
    expect(await rewrapKeptEvidence({ store, keks: [...next, ...KEKS] })).toBe(0);
    expect((await linesOf(await open(30, here, next))).map(({ type }) => type).sort()).toEqual(['evidence', 'unreadable']);
  });
});
