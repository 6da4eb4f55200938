import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { tenantId } from '@gridpass/core';
import { createSigner, generatePrivateJwk } from '@gridpass/keys';
import { createAuditRepository } from '@gridpass/store';
import type { Store } from '@gridpass/store';
import { openTestStore } from '@gridpass/testkit';
import fc from 'fast-check';
import { checkLogExport, createAuditLog, createForgetfulCheckpoints } from '../index.js';
import { linesOf, recordOf } from './records.js';

const signer = createSigner(generatePrivateJwk('EdDSA'));
const { publicJwk } = signer;

describe('checkLogExport', () => {
  let store: Store;
  let lines: string[];
  beforeAll(async () => {
    store = await openTestStore();
    const log = createAuditLog({
      checkpoints: createForgetfulCheckpoints(),
      repository: createAuditRepository(store),
      signer,
      origin: 'o',
    });
    const tenant = tenantId('t');
    for (let n = 0; n < 23; n += 1) {
      await log.appendRecord(tenant, recordOf(n));
      if (n === 9) await log.checkpoint(tenant);
    }
    lines = await linesOf(log.exportLog(tenant));
  });
  afterAll(() => store.close());

  const refused = async (altered: readonly string[]): Promise<void> => {
    fc.pre(altered.join('\n') !== lines.join('\n'));
    expect((await checkLogExport(altered, { publicJwk })).ok).toBe(false);
  };
  // Checkpoints between the entries are extra witnesses: leaving one out changes no entry.
  const entry = fc.nat().map((n) => {
    const places = lines.flatMap((line, i) => (line.includes('"type":"entry"') ? [i] : []));
    return places[n % places.length] ?? 1;
  });

  it('finds any altered character', () =>
    fc.assert(
      fc.asyncProperty(fc.nat(), fc.nat(), fc.integer({ min: 32, max: 126 }), async (l, c, code) => {
        const at = l % lines.length;
        const line = lines[at] ?? '';
        const place = c % line.length;
        await refused(lines.with(at, line.slice(0, place) + String.fromCharCode(code) + line.slice(place + 1)));
      }),
      { numRuns: 300 },
    ));

  it('finds a dropped entry', () => fc.assert(fc.asyncProperty(entry, (at) => refused(lines.toSpliced(at, 1)))));
  it('finds a repeated entry', () =>
    fc.assert(fc.asyncProperty(entry, entry, (from, to) => refused(lines.toSpliced(to, 0, lines[from] ?? '')))));
  it("finds two entries changing places, also under each other's number", () =>
    fc.assert(
      fc.asyncProperty(entry, entry, fc.boolean(), async (a, b, renumber) => {
        const as = (line: string, other: string): string =>
          renumber ? line.replace(/"index":\d+/, /"index":\d+/.exec(other)?.[0] ?? '') : line;
        const [x = '', y = ''] = [lines[a], lines[b]];
        await refused(lines.with(a, as(y, x)).with(b, as(x, y)));
      }),
    ));
  it('finds the end cut off', () => fc.assert(fc.asyncProperty(fc.nat(), (n) => refused(lines.slice(0, n % lines.length)))));
});
