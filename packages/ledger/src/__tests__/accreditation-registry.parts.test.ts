import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ZeroAddress } from 'ethers';
import type { Instant } from '@gridpass/core';
import { instant } from '@gridpass/core';
import { createAccreditationLedger } from '../index.js';
import type { AccreditationLedger, AccreditationTerms, Account } from '../index.js';
import { createWorld, newBytes32, newReceipt, outcomeOf } from './world.js';
import type { World } from './world.js';

let world: World;
let governance: AccreditationLedger;
let now: Instant;
beforeAll(async () => {
  world = await createWorld();
  governance = createAccreditationLedger(world.chain, world.contracts.AccreditationRegistry, world.asAdmin);
  now = await world.now();
});
afterAll(async () => {
  await world.stop();
});

const person = (): { account: Account; ledger: AccreditationLedger } => {
  const { account, sender } = world.stranger();
  return { account, ledger: createAccreditationLedger(world.chain, world.contracts.AccreditationRegistry, sender) };
};
const terms = (holder: Account, over: Partial<AccreditationTerms> = {}): AccreditationTerms => ({
  holder,
  roles: ['A50', 'A49'],
  notBefore: now,
  notAfter: instant(now + 10_000),
  depth: 3,
  credential: newReceipt(),
  ...over,
});
const id = (outcome: { value?: string | undefined }): string => outcome.value!;

/** A regulator of Denmark and a TSO below it. */
async function denmark(): Promise<{ regulator: ReturnType<typeof person>; tso: ReturnType<typeof person>; root: string; child: string }> {
  const [regulator, tso] = [person(), person()];
  const root = id(await governance.accreditRoot(terms(regulator.account), ['DK']));
  const child = id(await regulator.ledger.accredit(root, terms(tso.account, { roles: ['A50'], depth: 2 }), ['DK1']));
  return { regulator, tso, root, child };
}
const asks = (accreditation: string, holder: Account, over: object = {}) =>
  governance.mayAttest({ accreditation, holder, role: 'A50', own: ['DK', 'DK1'], below: [], at: instant(now + 1), ...over });

describe('AccreditationRegistry', () => {
  it('lets the holder attest within its roles, area and time', async () => {
    const { tso, regulator, child } = await denmark();
    expect(await asks(child, tso.account)).toBe(true);
    expect(await asks(child, tso.account, { below: ['grid-7'] })).toBe(true);
    expect(await asks(child, tso.account, { role: 'A49' })).toBe(false);
    expect(await asks(child, regulator.account)).toBe(false);
    expect(await asks(child, tso.account, { own: ['DK', 'DK2'] })).toBe(false);
    expect(await asks(child, tso.account, { own: ['SE', 'DK1'] })).toBe(false);
    expect(await asks(child, tso.account, { at: instant(now - 1) })).toBe(false);
    expect(await asks(child, tso.account, { at: instant(now + 10_000) })).toBe(false);
    expect(await asks(newBytes32(), tso.account)).toBe(false);
  });

  it('refuses to pass on more than is held, in each dimension', async () => {
    const { regulator, root } = await denmark();
    const attempt = async (over: Partial<AccreditationTerms>, below: string[] = []): Promise<string | undefined> =>
      (await regulator.ledger.accredit(root, terms(person().account, { roles: ['A50'], depth: 1, ...over }), below)).refusal?.detail;
    expect(await attempt({ roles: ['A50', 'A08'] })).toBe('AccreditationRolesExceeded');
    expect(await attempt({ roles: [] })).toBe('AccreditationNoRoles');
    expect(await attempt({ notBefore: instant(now - 1) })).toBe('AccreditationTimeExceeded');
    expect(await attempt({ notAfter: instant(now + 10_001) })).toBe('AccreditationTimeExceeded');
    expect(await attempt({ notBefore: instant(now + 5), notAfter: instant(now + 5) })).toBe('AccreditationTimeExceeded');
    expect(await attempt({ depth: 3 })).toBe('AccreditationDepthExceeded');
    expect(await attempt({ holder: ZeroAddress as Account })).toBe('AccreditationZeroHolder');
    expect(
      await attempt(
        {},
        Array.from({ length: 9 }, () => 'x'),
      ),
    ).toBe('AccreditationAreaTooDeep');
    expect(await attempt({})).toBeUndefined();
  });

  it('ends everything below a revoked accreditation at once, and only from then on', async () => {
    const { regulator, tso, root, child } = await denmark();
    const dso = person();
    const leaf = id(await tso.ledger.accredit(child, terms(dso.account, { roles: ['A50'], depth: 0 }), ['grid-7']));
    const own = ['DK', 'DK1', 'grid-7'];
    await world.pass(10);
    expect(await asks(leaf, dso.account, { own, at: await world.now() })).toBe(true);
    expect(await dso.ledger.accredit(leaf, terms(person().account, { roles: ['A50'], depth: 0 }), [])).toMatchObject({
      refusal: { detail: 'AccreditationDepthExceeded' },
    });
    expect(await governance.revoke(root)).toMatchObject({ ok: true });
    const after = await world.now();
    expect(await asks(leaf, dso.account, { own, at: after })).toBe(false);
    expect(await asks(child, tso.account, { at: after })).toBe(false);
    // What was attested before stays attested by somebody entitled then.
    expect(await asks(leaf, dso.account, { own, at: instant(after - 5) })).toBe(true);
    expect(await tso.ledger.accredit(child, terms(person().account, { roles: ['A50'], depth: 0 }), [])).toMatchObject({
      refusal: { detail: 'AccreditationInvalid' },
    });
    expect(await governance.revoke(root)).toMatchObject({ refusal: { detail: 'AccreditationAlreadyRevoked' } });
    expect(await regulator.ledger.revoke(leaf)).toMatchObject({ ok: true });
  });

  it('is changed by nobody but those above', async () => {
    const { tso, root, child } = await denmark();
    const stranger = person();
    expect(await stranger.ledger.accredit(child, terms(stranger.account, { roles: ['A50'], depth: 0 }), [])).toMatchObject({
      refusal: { detail: 'AccreditationNotHolder' },
    });
    expect(await stranger.ledger.accredit(newBytes32(), terms(stranger.account), [])).toMatchObject({
      refusal: { detail: 'AccreditationUnknown' },
    });
    expect(await stranger.ledger.accreditRoot(terms(stranger.account), [])).toMatchObject({
      refusal: { detail: 'AccessControlUnauthorizedAccount' },
    });
    expect(await stranger.ledger.revoke(child)).toMatchObject({ refusal: { detail: 'AccreditationNotAbove' } });
    expect(await tso.ledger.revoke(child)).toMatchObject({ refusal: { detail: 'AccreditationNotAbove' } });
    expect(await tso.ledger.revoke(root)).toMatchObject({ refusal: { detail: 'AccreditationNotAbove' } });
    expect(await stranger.ledger.revoke(newBytes32())).toMatchObject({ refusal: { detail: 'AccreditationUnknown' } });
  });

  it('bounds the depth of a root and keeps no accreditation twice', async () => {
    const { account } = person();
    expect(await governance.accreditRoot(terms(account, { depth: 9 }), [])).toMatchObject({
      refusal: { detail: 'AccreditationDepthExceeded' },
    });
    const same = terms(account);
    expect(await governance.accreditRoot(same, [])).toMatchObject({ ok: true });
    expect(await governance.accreditRoot(same, [])).toMatchObject({ refusal: { detail: 'AccreditationExists' } });
  });

  it('follows the longest path there can be', async () => {
    let holder = person();
    let current = id(await governance.accreditRoot(terms(holder.account, { depth: 8 }), []));
    for (let depth = 7; depth >= 0; depth -= 1) {
      const next = person();
      current = id(await holder.ledger.accredit(current, terms(next.account, { depth }), []));
      holder = next;
    }
    expect(await asks(current, holder.account, { own: [] })).toBe(true);
    expect((await world.ask('AccreditationRegistry', 'accreditationOf', [current]))[0]).toMatchObject({ 1: holder.account });
    await expect(world.ask('AccreditationRegistry', 'accreditationOf', [newBytes32()])).rejects.toThrow();
    expect(await outcomeOf(world.tell(world.asGate, 'AccreditationRegistry', 'revoke', [current]))).toBe('AccreditationNotAbove');
  });
});
