import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { CREDENTIAL_TYPES, TRADING_CHANNELS } from '@gridpass/core';
import { digestOf } from '@gridpass/codec';
import type { CredentialType, Digest } from '@gridpass/core';
import type { Store } from '@gridpass/store';
import { openTestStore } from '@gridpass/testkit';
import { prerequisiteFor } from '../index.js';
import { REGISTER_COLUMNS } from '../register/parse-row.js';
import { DEFAULT_REGISTER_LIMITS, readRegister } from '../register/read-register.js';
import { isMet } from '../rules/prerequisites.js';
import { CLAIMS, DSO, REGULATOR, context, createWallet, createWorld, operator } from './world.js';
import type { World } from './world.js';

async function* inChunks(bytes: Uint8Array, sizes: readonly number[]): AsyncIterable<Uint8Array> {
  for (let start = 0, turn = 0; start < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    yield bytes.subarray(start, start + size);
    start += size;
  }
}

const header = Buffer.from(`${REGISTER_COLUMNS.join(';')}\n`);
const read = async (bytes: Uint8Array, sizes: readonly number[]) => {
  const lines: string[] = [];
  for await (const { line, entry } of readRegister(inChunks(bytes, sizes), { ...DEFAULT_REGISTER_LIMITS, maxLineBytes: 300 })) {
    lines.push(`${line} ${entry.ok ? JSON.stringify(entry.value) : entry.refusal.code}`);
  }
  return lines;
};

describe('reading a register', () => {
  const field = fc.oneof(
    fc.constantFrom('10X1001A1001A248', '10YDK-1--------W', 'Active', 'X', '"', '""', ''),
    fc.string({ unit: 'binary', maxLength: 12 }),
  );
  const row = fc.array(field, { maxLength: 13 }).map((fields) => fields.join(';'));

  it('gives the same however the bytes arrive, one answer for each line', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(row, { maxLength: 6 }),
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 }),
        async (rows, sizes) => {
          const bytes = new Uint8Array(Buffer.concat([header, Buffer.from(rows.join('\n'))]));
          const whole = await read(bytes, [bytes.length]);
          expect(await read(bytes, sizes)).toEqual(whole);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('never throws after a good header, whatever the bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 2_000 }), async (noise) => {
        await read(new Uint8Array(Buffer.concat([header, noise])), [64]);
      }),
      { numRuns: 200 },
    );
  });
});

describe('prerequisites', () => {
  it('are never lost by holding more', () => {
    const held = fc.subarray([...CREDENTIAL_TYPES]);
    const channel = fc.oneof(fc.constantFrom(...TRADING_CHANNELS), fc.string());
    fc.assert(
      fc.property(fc.constantFrom(...CREDENTIAL_TYPES), channel, held, held, (type, name, some, more) => {
        const rule = prerequisiteFor(type, { channel: name });
        if (isMet(rule, new Set(some))) expect(isMet(rule, new Set<CredentialType>([...some, ...more]))).toBe(true);
      }),
    );
  });

  it('of an unknown channel are met by nothing', () => {
    fc.assert(
      fc.property(
        fc.string().filter((name) => !(TRADING_CHANNELS as readonly string[]).includes(name)),
        (name) => {
          expect(isMet(prerequisiteFor('MarketChannelAdmission', { channel: name }), new Set(CREDENTIAL_TYPES))).toBe(false);
        },
      ),
    );
  });
});

describe('states of a parent and its child', () => {
  let store: Store;
  let world: World;
  let parent: Digest;
  let runs = 0;
  beforeAll(async () => {
    store = await openTestStore();
    world = createWorld(store);
    parent = (await world.accredit()).dso.digest;
  });
  afterAll(() => store.close());

  it('follow a simple model under any sequence of acts, and the status lists agree with the records', async () => {
    const act = fc
      .record({ verb: fc.constantFrom('suspend', 'resume', 'revoke'), who: fc.constantFrom('parent', 'child') })
      .filter(({ verb, who }) => !(verb === 'revoke' && who === 'parent'));
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 8 }), async (acts) => {
        await world.engine.resume(REGULATOR, { kind: 'digest', digest: parent }, 'clean slate', context());
        const issued = await world.grant(
          DSO,
          'MeteringPointEntitlement',
          // A metering point of its own for each run: the child of the run before may still hold its own.
          { ...CLAIMS.entitlement, meteringPointHash: digestOf(`point ${(runs += 1)}`) },
          createWallet(),
        );
        const child = issued.ok ? issued.value[0]!.digest : ('' as Digest);
        const model = { parent: false, child: false, revoked: false };
        for (const { verb, who } of acts) {
          const [tenant, digest] = who === 'parent' ? ([REGULATOR, parent] as const) : ([DSO, child] as const);
          await world.engine[verb](tenant, { kind: 'digest', digest }, 'model', context());
          if (verb === 'revoke') model.revoked = true;
          else model[who] = verb === 'suspend';
          const found = await world.engine.findCredentials(DSO, { kind: 'digest', digest: child }, operator);
          const record = found.ok ? found.value[0] : undefined;
          const expected = model.revoked ? 'revoked' : model.parent || model.child ? 'suspended' : 'active';
          expect(record?.state).toBe(expected);
          const standing = await world.parts.status.checkStatus({
            references: record!.status,
            issuer: record!.issuer,
            at: world.clock.now(),
          });
          expect(standing.ok ? 'active' : standing.refusal.code.toLowerCase()).toBe(expected);
        }
      }),
      { numRuns: 12 },
    );
  });
});
