import { memberOf, parseJson } from '@gridpass/codec';
import type { JsonObject, Nonce } from '@gridpass/core';
import { parseCompactJws } from '@gridpass/keys';
import { parseSdJwtVc, parseVcJwt, parseVpJwt, presentSdJwtVc } from '@gridpass/suite';
import { AUDIENCE, NOON, type PaperSociety } from '@gridpass/testkit';
import { Parsed } from '@gridpass/verify';
import { assertRule, labelOf, textOf, toInput, type Target } from '../target.js';

/** Signed texts that come from strangers: a JWS, the credentials and presentations made of it, and an OpenID4VP answer. */
export async function tokenTargets(society: PaperSociety): Promise<readonly Target[]> {
  const vp = textOf((await society.present(society.dso, [society.dsoRole.compact])).bytes);
  const bound = await presentSdJwtVc({
    compact: society.entitlement.compact,
    disclose: ['direction', 'exportLimitW'],
    holder: society.house,
    audience: AUDIENCE,
    nonce: 'nonce-1' as Nonce,
    at: NOON,
  });
  const answer = textOf((await society.answer([{ compact: society.customer.compact, disclose: ['customerKind'] }])).bytes);
  return [jws(society), vcJwt(society), sdJwt(society, bound), keyBinding(bound), vpJwt(vp), vpToken(answer, vp)];
}

function jws(society: PaperSociety): Target {
  return {
    name: 'jws',
    shape: 'jws',
    seeds: [society.dsoRole.compact, society.accreditation.compact].map(toInput),
    run: (input) => {
      const text = textOf(input);
      const parsed = parseCompactJws(text);
      if (parsed.ok) {
        const { signingInput, signature, header } = parsed.value;
        assertRule(`${textOf(signingInput)}.${Buffer.from(signature).toString('base64url')}` === text, 'one text for one JWS');
        assertRule(!Object.hasOwn(header, 'crit') && !Object.hasOwn(header, 'jwk'), 'no extension and no key in the header');
      }
      return labelOf(parsed);
    },
  };
}

function vcJwt(society: PaperSociety): Target {
  return {
    name: 'vc-jwt',
    shape: 'jws',
    seeds: [society.dsoRole.compact, society.supplierRole.compact].map(toInput),
    run: (input) => {
      const parsed = parseVcJwt(textOf(input));
      if (parsed.ok) {
        const { content, jws: signed } = parsed.value;
        assertRule(memberOf(signed.payload, 'issuer') === content.issuer, 'the issuer is the one of the document');
        assertRule([undefined, content.issuer].includes(memberOf(signed.payload, 'iss') as never), 'and no other is said to have signed');
        assertRule(memberOf(subjectOf(signed.payload), 'id') === content.subject, 'the subject is the one of the document');
        assertRule(content.validFrom < content.validUntil, 'a life has a length');
        assertRule(content.status.length > 0, 'a status is named');
      }
      return labelOf(parsed);
    },
  };
}

const subjectOf = (payload: JsonObject): JsonObject => memberOf(payload, 'credentialSubject') as JsonObject;

function sdJwt(society: PaperSociety, bound: string): Target {
  return {
    name: 'sd-jwt',
    shape: 'sd-jwt',
    seeds: [society.entitlement.compact, society.commissioning.compact, bound].map(toInput),
    run: (input) => {
      const parsed = parseSdJwtVc(textOf(input));
      if (parsed.ok) {
        const { content, jws: signed, disclosures } = parsed.value;
        assertRule(memberOf(signed.payload, 'iss') === content.issuer, 'the issuer is the one who is said to have signed');
        assertRule(
          disclosures.every(({ name }) => name !== undefined && Object.hasOwn(content.claims, name)),
          'each disclosure became its claim',
        );
        assertRule(!disclosures.some(({ name }) => name !== undefined && Object.hasOwn(signed.payload, name)), 'no disclosure overrides');
        assertRule(!['_sd', '...', 'iss', 'cnf', 'status'].some((name) => Object.hasOwn(content.claims, name)), 'no envelope among claims');
      }
      return labelOf(parsed);
    },
  };
}

/** The key binding JWT alone, behind a credential that is well-formed. */
function keyBinding(bound: string): Target {
  const end = bound.lastIndexOf('~') + 1;
  return {
    name: 'key-binding',
    shape: 'jws',
    seeds: [toInput(bound.slice(end))],
    run: (input) => {
      const parsed = parseSdJwtVc(bound.slice(0, end) + textOf(input));
      if (parsed.ok && parsed.value.keyBinding !== undefined) {
        const { audience, times } = parsed.value.keyBinding;
        assertRule(typeof audience === 'string' && Number.isFinite(times.issuedAt?.up), 'audience is one text and the time is a number');
      }
      return labelOf(parsed);
    },
  };
}

function vpJwt(vp: string): Target {
  return {
    name: 'vp-jwt',
    shape: 'jws',
    seeds: [toInput(vp)],
    run: (input) => {
      const parsed = parseVpJwt(textOf(input));
      if (parsed.ok) {
        const { claimedHolder, kid, times, credentials } = parsed.value;
        assertRule(kid.startsWith(`${claimedHolder}#`), 'the key is one of the holder');
        assertRule(Number.isFinite(times.expiresAt?.down) && credentials.length > 0, 'it ends and holds something');
      }
      return labelOf(parsed);
    },
  };
}

function vpToken(answer: string, vp: string): Target {
  const asReceived = (bytes: Uint8Array, mediaType: 'openid4vp' | 'vp+jwt') =>
    ({ transport: 'http', mediaType, bytes, requestId: 'fuzz', at: NOON }) as Parameters<typeof Parsed.parse>[0];
  return {
    name: 'vp-token',
    shape: 'json',
    seeds: [answer, JSON.stringify({ a: [vp] })].map(toInput),
    run: (input) => {
      const parsed = Parsed.parse(asReceived(input, 'openid4vp'), { maxCredentials: 8 });
      if (parsed.ok) {
        assertRule(parseJson(textOf(input)).ok, 'it is JSON by every reading');
        assertRule(parsed.value.presentation.credentials.length <= 8, 'no more than the bound');
      }
      return labelOf(parsed);
    },
  };
}
