import { encodeBase64url, encodeMultibase, isJsonObject, parseJson } from '@gridpass/codec';
import type { Did } from '@gridpass/core';
import { NOON } from '@gridpass/testkit';
import { gzipSync, deflateSync } from 'node:zlib';
import { parseListContent } from '../../../packages/status/src/parse-list.js';
import { assertRule, labelOf, textOf, toInput, type Target } from '../target.js';

const URI = 'https://dso.example/status/1';
const ISSUER = 'did:web:dso.example' as Did;
const ENTRIES = 131_072;
const MAX_INFLATED = 1_048_576;

/** Status lists as they stand in a document whose signature has been checked. */
export function listTargets(): readonly Target[] {
  const times = { iss: ISSUER, sub: URI, iat: NOON, exp: NOON + 300, list_version: 3 };
  const token = {
    ...times,
    ttl: 60,
    status_list: { bits: 2, lst: encodeBase64url(new Uint8Array(deflateSync(new Uint8Array(ENTRIES / 4)))) },
  };
  const bitstring = {
    ...times,
    id: URI,
    type: ['VerifiableCredential', 'BitstringStatusListCredential'],
    issuer: ISSUER,
    validFrom: '2026-06-01T00:00:00Z',
    validUntil: '2026-06-01T00:05:00Z',
    credentialSubject: {
      id: `${URI}#list`,
      type: 'BitstringStatusList',
      statusPurpose: 'revocation',
      encodedList: encodeMultibase('u', new Uint8Array(gzipSync(new Uint8Array(ENTRIES / 8)))),
    },
  };
  return [list('token', token), list('bitstring', bitstring)];
}

function list(kind: 'token' | 'bitstring', payload: object): Target {
  return {
    name: `${kind}-status-list`,
    shape: 'json',
    seeds: [toInput(payload)],
    run: async (input) => {
      const json = parseJson(textOf(input));
      if (!json.ok || !isJsonObject(json.value)) return 'not JSON';
      const jws = { header: {}, payload: json.value, signingInput: input, signature: new Uint8Array(64), compact: '' };
      const parsed = await parseListContent(jws, { kind, uri: URI, issuer: ISSUER, maxInflatedBytes: MAX_INFLATED });
      if (parsed.ok) {
        const { size, bits, width, purposes, issuedAt, expiresAt } = parsed.value;
        assertRule((kind === 'token' || size >= ENTRIES) && size * width <= bits.length * 8, 'long enough, and every index has bits');
        assertRule(bits.length <= MAX_INFLATED, 'no larger than its bound');
        // A list of which `validUntil` lies before its signature is over, and no more than that: whoever reads it finds it stale.
        assertRule(Number.isFinite(issuedAt) && (expiresAt === undefined || Number.isFinite(expiresAt)), 'says when it was signed');
        assertRule([json.value['sub'], json.value['id']].includes(URI), 'its address is among its names');
        assertRule(kind === 'token' || purposes.length > 0, 'a bitstring says what it is about');
      }
      return labelOf(parsed);
    },
  };
}
