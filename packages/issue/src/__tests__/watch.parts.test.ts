import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { canonicalJson } from '@gridpass/codec';
import { Fault, ok, refuse } from '@gridpass/core';
import type { Digest, StatusPort } from '@gridpass/core';
import type { Store } from '@gridpass/store';
import type { IssuedCredential } from '@gridpass/suite';
import { openTestStore } from '@gridpass/testkit';
import { byDigest, codeOf } from './engine-rig.js';
import { commission } from './commission.js';
import { createReplicas } from './two-replicas.js';
import { DSO, MAKER, context, createSigners, createWorld, operator, toHeld } from './world.js';
import type { World } from './world.js';

const RECHECK = 30;

describe('what rests on a credential of another program', () => {
  const stores: Store[] = [];
  let [there, here]: World[] = [];
  /** What lists of the other program say instead, where a test wants it otherwise. */
  let answer: StatusPort['checkStatus'] | undefined;

  beforeAll(async () => {
    stores.push(await openTestStore(), await openTestStore());
    const [one, two] = stores;
    const signers = createSigners();
    there = createWorld(one!, {}, signers);
    const own: { status?: StatusPort } = {};
    const status: StatusPort = {
      checkStatus: (query) => {
        if (query.issuer !== signers.maker.did) return own.status!.checkStatus(query);
        return (answer ?? there!.statusFake.status.checkStatus)(query);
      },
    };
    here = createWorld(two!, { status }, signers);
    own.status = here.statusFake.status;
    await here.accredit();
  });
  beforeEach(() => {
    answer = undefined;
  });
  afterAll(async () => {
    for (const store of stores) await store.close();
  });

  const watch = async () => here!.engine.watchPrerequisites();
  const later = async (seconds = RECHECK) => {
    here!.clock.advance(seconds);
    return watch();
  };
  const stateOf = async ({ digest }: IssuedCredential) => {
    const found = await here!.engine.findCredentials(DSO, byDigest(digest), operator);
    return found.ok ? found.value[0]!.state : found.refusal.code;
  };
  const act = (verb: 'revoke' | 'suspend' | 'resume', digest: Digest) => there!.engine[verb](MAKER, byDigest(digest), 'because', context());
  const shown = async () => {
    const listed = await here!.engine.listPrerequisites(DSO, operator);
    return listed.ok ? listed.value : [];
  };

  it('is asked about at the very second of the bound and not before, and is out where it was revoked', async () => {
    const { identity, resting, grant } = await commission(there!, here!);
    await act('revoke', identity.digest);
    expect(await later(RECHECK - 1)).toMatchObject({ asked: 0 });
    expect(await stateOf(resting)).toBe('active');
    expect(await later(1)).toMatchObject({ asked: 1, changed: 1, untold: [] });
    expect(await stateOf(resting)).toBe('revoked');
    const acts = here!.audit.records.map(({ action }) => action);
    expect(acts.slice(-2)).toEqual(['prerequisite', 'cascade']);
    expect(await here!.engine.listPending(DSO, operator)).toEqual(ok([]));
    // Final: it is asked about no more, and nothing is had on it.
    expect(await later()).toMatchObject({ asked: 0 });
    expect(codeOf(await grant())).toBe('PREREQUISITE_MISSING');
  });

  it('is suspended while that is, and stands again only when nothing else holds it', async () => {
    const { identity, resting } = await commission(there!, here!);
    await act('suspend', identity.digest);
    await later();
    expect([await stateOf(resting), (await shown()).map(({ state }) => state)]).toEqual(['suspended', ['suspended']]);
    await here!.engine.suspend(DSO, byDigest(resting.digest), 'by hand', context());
    await act('resume', identity.digest);
    await later();
    expect(await stateOf(resting)).toBe('suspended');
    await here!.engine.resume(DSO, byDigest(resting.digest), 'by hand', context());
    expect([await stateOf(resting), await shown()]).toEqual(['active', []]);
  });

  it.each<readonly [string, () => StatusPort['checkStatus'], string]>([
    ['that is not to be had', () => async () => Promise.reject(new Fault('STATUS_UNAVAILABLE', 'down')), 'STATUS_UNAVAILABLE'],
    ['that is too old', () => async () => Promise.reject(new Fault('STATUS_STALE', 'old')), 'STATUS_STALE'],
    ['that is none of its issuer', () => async () => refuse('PROOF_INVALID', 'status', 'another key'), 'PROOF_INVALID'],
  ])('is not lost by a list %s: that is shown, and nothing new is issued on it', async (_what, answers, code) => {
    const { identity, resting, grant } = await commission(there!, here!);
    answer = answers();
    expect(await later()).toMatchObject({ changed: 0, untold: [{ tenant: DSO, code }] });
    const since = here!.clock.now();
    await later();
    expect(await stateOf(resting)).toBe('active');
    const row = (await shown()).find(({ digest }) => digest === identity.digest);
    expect(row).toMatchObject({ state: 'valid', failingSince: since, problem: code });
    const denied = await grant().then(codeOf, (error: unknown) => (error as Fault).code);
    expect([code, 'PREREQUISITE_MISSING']).toContain(denied);
    // What happened meanwhile is found out once the list is there again.
    await act('revoke', identity.digest);
    answer = undefined;
    await later();
    expect(await stateOf(resting)).toBe('revoked');
  });

  it('stands again for what is issued next, where it was suspended as the last that rested on it ended', async () => {
    const { identity, resting, grant } = await commission(there!, here!);
    await act('suspend', identity.digest);
    await later();
    await here!.engine.revoke(DSO, byDigest(resting.digest), 'because', context());
    await act('resume', identity.digest);
    await later();
    expect(codeOf(await grant())).toBe('ok');
  });

  it('is told apart from others of its list of which nothing can be told', async () => {
    const [odd, plain] = [await commission(there!, here!), await commission(there!, here!)];
    const [oddEntry, plainEntry] = [odd, plain].map(({ identity }) => canonicalJson(toHeld(identity).status));
    for (const entry of [oddEntry, plainEntry]) {
      // Whichever of the two comes first.
      answer = (query) =>
        canonicalJson(query.references) === entry
          ? Promise.resolve(refuse('STATUS_LIST_INVALID', 'status', 'an entry without a meaning'))
          : there!.statusFake.status.checkStatus(query);
      const other = entry === oddEntry ? plain : odd;
      await act('suspend', other.identity.digest);
      await later();
      expect(await stateOf(other.resting)).toBe('suspended');
      await act('resume', other.identity.digest);
      answer = undefined;
      await later();
      expect(await stateOf(other.resting)).toBe('active');
    }
  });

  it('is not asked about for what rests on nothing that stands', async () => {
    const { identity, resting } = await commission(there!, here!);
    const asked: string[] = [];
    answer = (query) => {
      asked.push(canonicalJson(query.references));
      return there!.statusFake.status.checkStatus(query);
    };
    await later();
    const entry = canonicalJson(toHeld(identity).status);
    expect(asked).toContain(entry);
    await here!.engine.revoke(DSO, byDigest(resting.digest), 'because', context());
    asked.length = 0;
    await later();
    expect(asked).not.toContain(entry);
  });
});

describe('two replicas that watch', () => {
  const { replicas } = createReplicas();

  it('carry a revocation on once', async () => {
    const store = await openTestStore();
    const [one, two] = replicas();
    const there = createWorld(store, {}, one.signers as ReturnType<typeof createSigners>);
    // One memory of status: what the other program says is what this one hears.
    const heard = (world: World): void => {
      const before = world.parts.status.checkStatus;
      (world.parts as { status: StatusPort }).status = {
        checkStatus: (query) => (query.issuer === one.signers['maker']!.did ? there.statusFake.status.checkStatus(query) : before(query)),
      };
    };
    heard(one);
    heard(two);
    const { identity, resting } = await commission(there, one);
    await there.engine.revoke(MAKER, byDigest(identity.digest), 'because', context());
    one.clock.advance(RECHECK);
    two.clock.advance(RECHECK);
    const reports = await Promise.all([one.engine.watchPrerequisites(), two.engine.watchPrerequisites()]);
    expect(reports.reduce((sum, { changed }) => sum + changed, 0)).toBe(1);
    const acts = [...one.audit.records, ...two.audit.records].map(({ action }) => action);
    expect(acts.filter((action) => action === 'prerequisite' || action === 'cascade').sort()).toEqual(['cascade', 'prerequisite']);
    const found = await two.engine.findCredentials(DSO, byDigest(resting.digest), operator);
    expect(found).toMatchObject({ ok: true, value: [{ state: 'revoked' }] });
    await store.close();
  });
});
