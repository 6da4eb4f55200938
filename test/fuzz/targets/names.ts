import { isJsonObject, parseJson } from '@gridpass/codec';
import { IDENTIFIER_SCHEMES, instant } from '@gridpass/core';
import {
  buildDidWebDocument,
  didWebUrlOf,
  parseDid,
  parseDidDocument,
  parseDidUrl,
  parseMultikey,
  toDidJwk,
  toDidKey,
  toDidPeer,
} from '@gridpass/did';
import { parseIdentifier, sameIdentifier } from '@gridpass/identifiers';
import type { PaperSociety } from '@gridpass/testkit';
import { assertRule, labelOf, textOf, toInput, type Target } from '../target.js';

/** Names: DIDs and their URLs, DID documents, keys as text, identifiers of the energy field. */
export function nameTargets(society: PaperSociety): readonly Target[] {
  return [did(society), didUrl(society), didDocument(society), multikey(society), identifier()];
}

const didsOf = ({ house }: PaperSociety): readonly string[] => [
  'did:web:example.com%3A3000:users:one',
  'did:ethr:0x539:0xf3beac30c498d9e26865f34fcaa57dbb935b0d74',
  toDidJwk(house.publicJwk),
  toDidKey(house.publicJwk),
  toDidPeer(house.publicJwk),
];

function did(society: PaperSociety): Target {
  return {
    name: 'did',
    shape: 'text',
    seeds: didsOf(society).map(toInput),
    run: (input) => {
      const parsed = parseDid(textOf(input));
      if (parsed.ok) {
        const again = parseDid(parsed.value);
        assertRule(again.ok && again.value === parsed.value, 'a parsed DID is its own canonical form');
        assertRule(/^[!-~]+$/.test(parsed.value) && !/[#?/\\]/.test(parsed.value), 'visible ASCII without path, query or fragment');
        if (parsed.value.startsWith('did:web:'))
          assertRule(isPublicName(didWebUrlOf(parsed.value)), 'a did:web leads to one https address');
      }
      return labelOf(parsed);
    },
  };
}

function isPublicName(url: string | URL): boolean {
  const address = new URL(url);
  return ['https:', 'http:'].includes(address.protocol) && address.username === '' && address.hash === '' && address.search === '';
}

function didUrl(society: PaperSociety): Target {
  return {
    name: 'did-url',
    shape: 'text',
    seeds: didsOf(society).map((text) => toInput(`${text}#key-1`)),
    run: (input) => {
      const text = textOf(input);
      const parsed = parseDidUrl(text);
      if (parsed.ok) assertRule(`${parsed.value.did}#${parsed.value.fragment}` === parsed.value.url, 'DID, number sign, fragment');
      return labelOf(parsed);
    },
  };
}

function didDocument({ dso }: PaperSociety): Target {
  const document = buildDidWebDocument({ did: dso.did, keys: [dso.publicJwk] });
  const id = dso.did;
  return {
    name: 'did-document',
    shape: 'json',
    seeds: [toInput(document)],
    run: (input) => {
      const json = parseJson(input);
      if (!json.ok || !isJsonObject(json.value)) return 'not JSON';
      const parsed = parseDidDocument(id, json.value, { at: instant(0) });
      if (parsed.ok) {
        const ids = parsed.value.keys.map((key) => key.id);
        assertRule(new Set(ids).size === ids.length, 'no two keys of one name');
        assertRule(
          ids.every((name) => name.startsWith(`${id}#`)),
          'every key is named under the DID',
        );
      }
      return labelOf(parsed);
    },
  };
}

function multikey({ house }: PaperSociety): Target {
  return {
    name: 'multikey',
    shape: 'text',
    seeds: [toInput(toDidKey(house.publicJwk).slice('did:key:'.length))],
    run: (input) => labelOf(parseMultikey(textOf(input))),
  };
}

const VALID: readonly string[] = ['eic 10X1001A1001A38Y', 'gln 9436465792104', 'gsrn 123456789012345675', 'lei 5493001KJTIIGC8Y1R12', 'malo 41373559241', 'cups ES1234123456789012JY', 'emaid NN123ABCDEFGHI-T', 'evse DE*ICE*E45B*78C', 'obis 1-0:1.8.0*255']; // prettier-ignore

function identifier(): Target {
  return {
    name: 'identifier',
    shape: 'text',
    seeds: VALID.map(toInput),
    run: (input) => {
      const [name = '', ...rest] = textOf(input).split(' ');
      const scheme = IDENTIFIER_SCHEMES.find((known) => known === name);
      if (scheme === undefined) return 'another scheme';
      const parsed = parseIdentifier(scheme, rest.join(' '));
      if (parsed.ok) {
        const again = parseIdentifier(scheme, parsed.value.value);
        assertRule(again.ok && sameIdentifier(again.value, parsed.value), 'a parsed identifier is its own canonical form');
      }
      return `${scheme} ${labelOf(parsed)}`;
    },
  };
}
