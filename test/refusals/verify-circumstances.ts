// The circumstances of verify.json, by name: what is shown, by whom, when, and what was revoked or rotated meanwhile.
import { digestOf } from '@gridpass/codec';
import { instant, type DidSigner, type JsonValue, type Received } from '@gridpass/core';
import { createSigner, generatePrivateJwk } from '@gridpass/keys';
import { issueSdJwtVc, issueVcJwt } from '@gridpass/suite';
import { NOON, TENANT, received, resignToken } from '@gridpass/testkit';
import type { Expected } from '@gridpass/verify';
import { DAY, area, asDevice, bind, mark, presentation, role, text, vpToken, type Scene } from './verify-scene.js';

type Circumstance = (scene: Scene) => Partial<Scene> | Promise<Partial<Scene>>;

const at = (scene: Scene, seconds: number): Partial<Scene> => ({ received: { ...scene.received, at: instant(NOON + seconds) } });
const another = (): DidSigner['sign'] => createSigner(generatePrivateJwk('ES256')).sign;

/** By the name that a case gives. */
export const CIRCUMSTANCES: Readonly<Record<string, Circumstance>> = {
  'bytes that are not UTF-8': ({ received: was }) => ({ received: { ...was, bytes: Uint8Array.of(0x7b, 0xff, 0x7d) } }),
  'a media type nobody documents': ({ received: was }) => ({ received: { ...was, mediaType: 'ldp_vp' as Received['mediaType'] } }),
  'an empty vp_token': () => text('openid4vp', '{}'),
  'a vp_token with an empty list': () => text('openid4vp', '{"c0":[]}'),
  'a vp_token with a member twice': ({ society }) =>
    text('openid4vp', `{"c0":["${society.entitlement.compact}"],"c0":["${society.entitlement.compact}"]}`),
  'a vp_token of objects': () => text('openid4vp', '{"c0":[{}]}'),
  'a vp_token that is a list': () => text('openid4vp', '[]'),
  'a bare JWT in the vp_token': ({ society }) => text('openid4vp', vpToken(society.dsoRole.compact)),
  'nine credentials': ({ society }) =>
    text('openid4vp', JSON.stringify({ c0: Array.from({ length: 9 }, () => society.entitlement.compact) })),
  'a credential without key binding': ({ society }) => text('openid4vp', vpToken(society.entitlement.compact)),
  'an empty presentation': async ({ society }) => text('vp+jwt', await presentation(society, [])),
  'a presentation inside a presentation': async ({ society }) =>
    text('vp+jwt', await presentation(society, [await presentation(society, [society.dsoRole.compact])])),
  'an SD-JWT enveloped in a vp+jwt': async ({ society }) => {
    const vp = await presentation(society, [society.dsoRole.compact]);
    const enveloped = [
      {
        '@context': 'https://www.w3.org/ns/credentials/v2',
        id: `data:application/dc+sd-jwt,${society.entitlement.compact}`,
        type: 'EnvelopedVerifiableCredential',
      },
    ];
    return text('vp+jwt', await resignToken(vp, society.dso, { payload: { set: { verifiableCredential: enveloped } } }));
  },
  'a credential presented as a presentation': ({ society }) => text('vp+jwt', society.dsoRole.compact),
  'a forged credential beside a good one': async ({ society }) => {
    const forged = await resignToken(
      society.dsoRole.compact,
      { ...society.regulator, sign: another() },
      { payload: { set: { jti: 'urn:uuid:1', id: 'urn:uuid:1' } } },
    );
    return text('vp+jwt', await presentation(society, [society.dsoRole.compact, forged]));
  },
  'the issuer signature of somebody else': async ({ society }) =>
    text(
      'vp+jwt',
      await presentation(society, [await resignToken(society.dsoRole.compact, { ...society.regulator, sign: another() }, {})]),
    ),
  'the holder signature of somebody else': async ({ society }) => {
    const vp = await presentation(society, [society.dsoRole.compact]);
    return text('vp+jwt', await resignToken(vp, { ...society.dso, sign: another() }, {}));
  },
  'the key binding of somebody else': async ({ society }) =>
    text('openid4vp', vpToken(await bind(society.entitlement.compact, { ...society.house, sign: another() }))),
  'a key binding taken from fewer disclosures': async ({ society }) => {
    const less = society.entitlement.compact.split('~').slice(0, -2).join('~') + '~';
    const bound = await bind(less, society.house);
    return text('openid4vp', vpToken(society.entitlement.compact + bound.slice(bound.lastIndexOf('~') + 1)));
  },
  'a stolen credential': async ({ society }) => {
    const { bytes } = await society.present(society.stranger, [society.dsoRole.compact]);
    return { received: { ...received('vp+jwt', ''), bytes } };
  },
  'a credential of another key beside': async ({ society }) => {
    const other = await issueSdJwtVc(
      society.input('CustomerStatus', society.supplier, society.house.did, {
        holderKey: society.stranger.publicJwk,
        authority: society.authority.publish(society.supplierRole.compact),
      }),
    );
    return text(
      'openid4vp',
      JSON.stringify({ a: [await bind(society.entitlement.compact, society.house)], b: [await bind(other.compact, society.stranger)] }),
    );
  },
  'a credential about another subject beside': async ({ society }) => {
    const other = await issueSdJwtVc(
      society.input('CustomerStatus', society.supplier, society.stranger.did, {
        holderKey: society.house.publicJwk,
        authority: society.authority.publish(society.supplierRole.compact),
      }),
    );
    return text(
      'openid4vp',
      JSON.stringify({ a: [await bind(society.entitlement.compact, society.house)], b: [await bind(other.compact, society.house)] }),
    );
  },
  'the same credential twice': async ({ society }) =>
    text(
      'openid4vp',
      JSON.stringify({
        a: [await bind(society.entitlement.compact, society.house)],
        b: [await bind(society.entitlement.compact, society.house)],
      }),
    ),
  'a credential that was not asked for alone': async ({ society }) =>
    text('openid4vp', vpToken(await bind(society.customer.compact, society.house), 'CustomerStatus')),
  'a credential that was not asked for beside': async ({ society }) =>
    text(
      'openid4vp',
      JSON.stringify({
        MeteringPointEntitlement: [await bind(society.entitlement.compact, society.house)],
        CustomerStatus: [await bind(society.customer.compact, society.house)],
      }),
    ),
  'an answer under an id that is none of the query': async ({ society }) =>
    text('openid4vp', vpToken(await bind(society.entitlement.compact, society.house), 'MeteringPointEntitlement_2')),
  'two answers under the ids of each other': async (scene) => {
    const { received: shown, expected } = await asDevice(scene, scene.society.meter);
    const { DeviceCommissioning, CustomerStatus } = JSON.parse(new TextDecoder().decode(shown?.bytes)) as Record<string, JsonValue>;
    const swapped = { DeviceCommissioning: CustomerStatus, CustomerStatus: DeviceCommissioning };
    return { ...text('openid4vp', JSON.stringify(swapped)), ...(expected === undefined ? {} : { expected }) };
  },
  'the id of another alternative, which asks for less': async (scene) => ({
    ...text('openid4vp', vpToken(await bind(scene.society.entitlement.compact, scene.society.house))),
    expected: {
      ...scene.expected,
      // The first is MeteringPointEntitlement, the second MeteringPointEntitlement_2.
      needs: [[{ type: 'MeteringPointEntitlement', claims: ['notAClaim'] }], [{ type: 'MeteringPointEntitlement', claims: ['direction'] }]],
    },
  }),
  'two answers to one query': async ({ society }) =>
    text(
      'openid4vp',
      JSON.stringify({ a: [await bind(society.entitlement.compact, society.house), await bind(society.customer.compact, society.house)] }),
    ),
  'a role that was not asked for beside': async ({ society }) => {
    const other = await issueVcJwt(
      society.input('MarketPartyRole', society.regulator, society.dso.did, {
        authority: society.authority.publish(society.accreditation.compact),
      }),
    );
    return text('vp+jwt', await presentation(society, [society.dsoRole.compact, other.compact]));
  },
  "a device's commissioning, and unasked a status that calls its DID a customer": async (scene) => ({
    ...(await asDevice(scene, scene.society.house)),
    expected: { ...scene.expected, needs: [[{ type: 'DeviceCommissioning', claims: ['deviceDid'] }]] },
  }),
  'a household that is called by the DID of its meter': (scene) => asDevice(scene, scene.society.house),
  'a meter that is called a customer, by its own key': (scene) => asDevice(scene, scene.society.meter),
  'two alternatives at once': async (scene) => ({
    ...(await asDevice(scene, scene.society.meter)),
    expected: {
      ...scene.expected,
      needs: [[{ type: 'DeviceCommissioning', claims: ['deviceDid'] }], [{ type: 'CustomerStatus', claims: ['active'] }]],
    },
  }),
  'a claim withheld': async ({ society }) =>
    text('openid4vp', vpToken(await bind(`${society.entitlement.compact.split('~')[0] ?? ''}~`, society.house))),
  'a channel that needs nothing': (scene) => ({ expected: { ...scene.expected, needs: [] } }),
  'one alternative that needs nothing': (scene) => ({ expected: { ...scene.expected, needs: [[]] } }),
  'a method that is not on the list': () => ({ options: { methods: ['jwk'] } }),
  'an algorithm that is not on the list': () => ({ options: { algorithms: ['EdDSA'] } }),
  'an issuer DID that does not resolve': ({ society }) => (society.resolver.refuseDid(society.regulator.did, 'DID_NOT_FOUND'), {}),
  'an issuer DID that was deactivated': ({ society }) => (society.resolver.refuseDid(society.regulator.did, 'DID_DEACTIVATED'), {}),
  'a DID the resolver finds malformed': ({ society }) => (society.resolver.refuseDid(society.regulator.did, 'DID_MALFORMED'), {}),
  'an issuer key that was withdrawn': ({ society }) => (society.resolver.withdrawKey(society.regulator.did, society.regulator.kid), {}),
  'an issuer key for key agreement only': ({ society }) => (
    society.resolver.publishKey(society.regulator.did, society.regulator.kid, society.regulator.publicJwk, []),
    {}
  ),
  'an issuer key for authentication only': ({ society }) => (
    society.resolver.publishKey(society.regulator.did, society.regulator.kid, society.regulator.publicJwk, ['authentication']),
    {}
  ),
  'a holder key for assertion only': ({ society }) => (
    society.resolver.publishKey(society.dso.did, society.dso.kid, society.dso.publicJwk, ['assertionMethod']),
    {}
  ),
  'an issuer whose key is of another algorithm now': ({ society }) => (
    society.resolver.publishKey(society.regulator.did, society.regulator.kid, createSigner(generatePrivateJwk('EdDSA')).publicJwk),
    {}
  ),
  'an issuer that rotated its key away': ({ society }) => (
    society.resolver.publishKey(society.regulator.did, society.regulator.kid, createSigner(generatePrivateJwk('ES256')).publicJwk),
    {}
  ),
  'another session': (scene) => ({ expected: { ...scene.expected, state: 'state-2' } }),
  'another tenant': (scene) => ({ expected: { ...scene.expected, tenant: 'other' as Expected['tenant'] } }),
  'another channel': (scene) => ({ expected: { ...scene.expected, channel: 'multi_class' } }),
  'a challenge that was used': async (scene) => {
    await scene.society.challenges.consumeChallenge({ tenant: TENANT, state: 'state-1', nonce: 'nonce-1' as never, at: NOON });
    return {};
  },
  'after the challenge ended': (scene) => at(scene, 301),
  'after the proof grew old': async (scene) => (await scene.society.challenge({ at: instant(NOON + 100) }), at(scene, 121)),
  'before the proof was made': (scene) => at(scene, -1),
  'when the credential ended, to the second': async ({ society }) => {
    const end = instant(NOON + 100 * DAY);
    await society.challenge({ at: end });
    return { received: await society.present(society.dso, [society.dsoRole.compact], { at: end }) };
  },
  'a second before the credential begins': async ({ society }) => {
    const early = instant(NOON - 50 * DAY - 1);
    await society.challenge({ at: early });
    return { received: await society.present(society.dso, [society.dsoRole.compact], { at: early }) };
  },
  'a presentation that ended': async ({ society }) => ({
    received: { ...(await society.present(society.dso, [society.dsoRole.compact], { lifeSeconds: 10 })), at: instant(NOON + 10) },
  }),
  'a revoked credential': ({ society }) => mark(society, 'dsoRole', 'revoked'),
  'a suspended credential': ({ society }) => mark(society, 'dsoRole', 'suspended'),
  'a list that is not authentic': () => ({
    options: {
      status: {
        checkStatus: async () => ({ ok: false, refusal: { kind: 'refusal', code: 'STATUS_LIST_INVALID', stage: 'current', detail: '' } }),
      },
    },
  }),
  'a revoked accreditation of the issuer': ({ society }) => mark(society, 'accreditation', 'revoked'),
  'a suspended accreditation of the issuer': ({ society }) => mark(society, 'accreditation', 'suspended'),
  'another root': ({ society }) => ({ options: { anchors: [{ did: society.stranger.did, mayIssue: ['RegulatorAccreditation'] }] } }),
  'a chain one link longer than allowed': () => ({
    options: { limits: { maxDepth: 0, maxCredentials: 8, presentationMaxAgeSeconds: 120, clockSkewSeconds: 0 } },
  }),
  'an authority that is gone': async ({ society }) => {
    const orphan = await issueVcJwt(
      society.input('SystemOperatorRole', society.regulator, society.dso.did, {
        authority: { uri: 'https://authority.example/none', digest: digestOf('none') },
      }),
    );
    return { received: await society.present(society.dso, [orphan.compact]) };
  },
  'no authority': async ({ society }) => {
    const orphan = await issueVcJwt(society.input('SystemOperatorRole', society.regulator, society.dso.did));
    return { received: await society.present(society.dso, [orphan.compact]) };
  },
  'a self-issued role': async ({ society }) => {
    const own = await issueVcJwt(
      society.input('SystemOperatorRole', society.dso, society.dso.did, { authority: society.authority.publish(society.dsoRole.compact) }),
    );
    return { received: await society.present(society.dso, [own.compact]) };
  },
  'a role for another area': async ({ society }) => area(society, ['10YDE-EON------1']),
  'a role without this type': async ({ society }) => role(society, { mayIssue: ['CustomerStatus'] }),
  'two issuers that accredit each other': async ({ society }) => {
    // A's role by B, B's accreditation by A: neither leads to a root.
    const upper = await issueVcJwt(
      society.input('RegulatorAccreditation', society.dso, society.regulator.did, {
        issuedAt: instant(NOON - 80 * DAY),
        validFrom: instant(NOON - 80 * DAY),
        authority: society.authority.publish(society.accreditation.compact),
      }),
    );
    const middle = await issueVcJwt(
      society.input('SystemOperatorRole', society.regulator, society.dso.did, {
        issuedAt: instant(NOON - 60 * DAY),
        validFrom: instant(NOON - 60 * DAY),
        authority: society.authority.publish(upper.compact),
      }),
    );
    const lower = await issueSdJwtVc(
      society.input('MeteringPointEntitlement', society.dso, society.house.did, {
        holderKey: society.house.publicJwk,
        authority: society.authority.publish(middle.compact),
      }),
    );
    return {
      ...text('openid4vp', vpToken(await bind(lower.compact, society.house))),
      options: { anchors: [{ did: society.stranger.did, mayIssue: ['RegulatorAccreditation'] }] },
    };
  },
};
