// What is watched over real status lists: only the list of that issuer at that address says anything.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { utf8 } from '@gridpass/codec';
import { assertOk, ok } from '@gridpass/core';
import type { FetchPort, StatusPort } from '@gridpass/core';
import { SIGNED_AGE_BOUNDS, createForgetfulSeenLists, createStatusChecker, createStatusIssuer } from '@gridpass/status';
import { createStatusRepository } from '@gridpass/store';
import type { Store } from '@gridpass/store';
import { createFakeClock, openTestStore, resignToken } from '@gridpass/testkit';
import { commission } from './commission.js';
import { byDigest } from './engine-rig.js';
import { DSO, MAKER, context, createSigners, createWorld, operator } from './world.js';

const AT = 'https://maker.example/status/';

describe('a prerequisite whose list is served by another program', () => {
  const stores: Store[] = [];
  beforeAll(async () => {
    stores.push(await openTestStore(), await openTestStore());
  });
  afterAll(async () => {
    for (const store of stores) await store.close();
  });

  it('is revoked by the list at its own address, and by no other of the same issuer', async () => {
    const [one, two] = stores;
    const [signers, clock] = [createSigners(), createFakeClock()];
    const settings = { listSize: 131_072, listLifeSeconds: 3_600, ttlSeconds: 30, resignSeconds: 120 };
    const listUri = (_tenant: string, listId: string): string => `${AT}${listId}`;
    const lists = createStatusIssuer({ repository: createStatusRepository(one!), clock, listUri, settings });
    const there = createWorld(one!, { clock, statusIssuer: lists, status: { checkStatus: async () => ok([]) } }, signers);
    let isElsewhere = false;
    const fetch: FetchPort = {
      fetchDocument: async (url) => {
        const list = assertOk(await lists.publishList(MAKER, url.slice(AT.length), signers.maker));
        const body = isElsewhere ? await resignToken(list.body, signers.maker, { payload: { set: { sub: `${AT}another` } } }) : list.body;
        return ok({ status: 200, mediaType: list.mediaType, bytes: utf8(body) });
      },
    };
    const own: { status?: StatusPort } = {};
    const foreign = createStatusChecker({
      ...{ fetch, clock, resolver: there.parts.resolver, signedAge: SIGNED_AGE_BOUNDS, seen: createForgetfulSeenLists() },
      stalenessBoundSeconds: 10,
    });
    const status: StatusPort = {
      checkStatus: (query) => (query.issuer === signers.maker.did ? foreign : own.status!).checkStatus(query),
    };
    const here = createWorld(two!, { clock, status }, signers);
    own.status = here.statusFake.status;
    await here.accredit();
    const { identity, resting } = await commission(there, here);
    const stateLater = async () => {
      clock.advance(30);
      await here.engine.watchPrerequisites();
      const found = await here.engine.findCredentials(DSO, byDigest(resting.digest), operator);
      return found.ok ? found.value[0]!.state : found.refusal.code;
    };
    expect(await stateLater()).toBe('active');
    await there.engine.revoke(MAKER, byDigest(identity.digest), 'recalled', context());
    isElsewhere = true;
    expect(await stateLater()).toBe('active');
    const shown = assertOk(await here.engine.listPrerequisites(DSO, operator));
    expect(shown).toMatchObject([{ digest: identity.digest, state: 'valid', failingSince: clock.now() }]);
    isElsewhere = false;
    expect(await stateLater()).toBe('revoked');
  });
});
