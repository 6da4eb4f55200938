// Builds the presentation that a case of verify.json describes, without our own builders where they would refuse to.
import { digestOf, encodeBase64url, utf8 } from '@gridpass/codec';
import type { DidSigner, DisclosureNeeds } from '@gridpass/core';
import { CHANNEL, TENANT, createPaperSociety, received, resignToken, type PaperSociety, type TokenEdit } from '@gridpass/testkit';
import { CIRCUMSTANCES } from './verify-circumstances.js';
import { bind, presentation, vpToken, type Case, type Mutation, type Scene } from './verify-scene.js';

const NEEDS: Readonly<Record<Case['given'], DisclosureNeeds>> = {
  household: [[{ type: 'MeteringPointEntitlement', claims: ['direction'] }]],
  organisation: [[{ type: 'SystemOperatorRole', claims: ['roleCode'] }]],
};

export async function buildScene({ given, mutate }: Case): Promise<Scene> {
  const society = await createPaperSociety();
  await society.challenge();
  const filled = fill(mutate, society);
  const [mediaType, presented] = given === 'household' ? await household(society, filled) : await organisation(society, filled);
  const scene: Scene = {
    society,
    options: {},
    expected: { tenant: TENANT, state: 'state-1', channel: CHANNEL, needs: NEEDS[given] },
    received: received(mediaType, presented),
  };
  const circumstance = mutate.circumstance === undefined ? undefined : CIRCUMSTANCES[mutate.circumstance];
  if (mutate.circumstance !== undefined && circumstance === undefined) throw new Error(`no circumstance ${mutate.circumstance}`);
  return circumstance === undefined ? scene : { ...scene, ...(await circumstance(scene)) };
}

/** Replaces `$name` by the DID of that party and `$name.kid` by its key's name. */
function fill(mutation: Mutation, society: PaperSociety): Mutation {
  const parties: Readonly<Record<string, DidSigner>> = {
    regulator: society.regulator,
    dso: society.dso,
    supplier: society.supplier,
    house: society.house,
    stranger: society.stranger,
  };
  const text = JSON.stringify(mutation).replace(/\$(\w+?)(\.kid)?\b/g, (all, name: string, kid?: string) => {
    const party = parties[name];
    return party === undefined ? all : kid === undefined ? party.did : party.kid;
  });
  return JSON.parse(text) as Mutation;
}

async function household(society: PaperSociety, { credential = {}, proof = {}, disclosures }: Mutation): Promise<['openid4vp', string]> {
  const [jwt = '', ...own] = society.entitlement.compact.split('~').slice(0, -1);
  const added = (disclosures?.add ?? []).map((parts) => encodeBase64url(utf8(JSON.stringify(parts))));
  const digests = disclosures?.referenced === true ? [...digestsOf(jwt), ...added.map((text) => digestOf(text))] : undefined;
  const payload: TokenEdit = {
    ...credential.payload,
    set: { ...(digests === undefined ? {} : { _sd: digests }), ...credential.payload?.set },
  };
  const signed = await resignToken(jwt, society.dso, { ...credential, payload });
  return ['openid4vp', vpToken(await bind([signed, ...own, ...added, ''].join('~'), society.house, proof))];
}

const digestsOf = (jwt: string): readonly string[] =>
  (JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString()) as { readonly _sd: readonly string[] })._sd;
async function organisation(society: PaperSociety, { credential = {}, proof = {} }: Mutation): Promise<['vp+jwt', string]> {
  const signed = await resignToken(society.dsoRole.compact, society.regulator, credential);
  return ['vp+jwt', await resignToken(await presentation(society, [signed]), society.dso, proof)];
}
