import {
  canonicalJson,
  decodeBase64url,
  decodeCbor,
  decodeMultibase,
  decodeUtf8,
  encodeBase64url,
  encodeCbor,
  encodeMultibase,
  parseJson,
} from '@gridpass/codec';
import type { JsonValue } from '@gridpass/core';
import { isDeepStrictEqual } from 'node:util';
import { assertRule, labelOf, textOf, toInput, type Target } from '../target.js';

/** Bytes and text, below everything else. The runtime's own readers are the peers. */
export function codecTargets(): readonly Target[] {
  return [json(), cbor(), utf8(), base64url(), multibase()];
}

function json(): Target {
  return {
    name: 'json',
    shape: 'json',
    seeds: ['{"a":[1,2.5,-3e2,"x\\u00e9",true,null],"b":{"c":"d"}}', '[]', '"text"', '12'].map(toInput),
    run: (input) => {
      const parsed = parseJson(input, { maxBytes: 65_536 });
      if (parsed.ok) {
        const peer = JSON.parse(textOf(input)) as JsonValue;
        assertRule(isDeepStrictEqual(peer, parsed.value), 'read as the runtime reads it');
        const again = parseJson(canonicalJson(parsed.value));
        assertRule(again.ok && canonicalJson(again.value) === canonicalJson(parsed.value), 'one canonical text');
      }
      return labelOf(parsed);
    },
  };
}

function cbor(): Target {
  const seeds = [{ a: 1, b: [1, -2, 'x'], c: new Uint8Array([1, 2]) }, ['text', 1_000_000, true, null]];
  return {
    name: 'cbor',
    shape: 'bytes',
    seeds: seeds.map((seed) => encodeCbor(seed)),
    run: (input) => {
      const decoded = decodeCbor(input, { maxBytes: 4_096 });
      if (decoded.ok) assertRule(Buffer.compare(encodeCbor(decoded.value), input) === 0, 'one spelling for one value');
      return labelOf(decoded);
    },
  };
}

function utf8(): Target {
  return {
    name: 'utf-8',
    shape: 'bytes',
    seeds: [toInput('aé€😀')],
    run: (input) => {
      const decoded = decodeUtf8(input);
      if (decoded.ok) assertRule(Buffer.compare(Buffer.from(decoded.value), input) === 0, 'one text for these bytes');
      return labelOf(decoded);
    },
  };
}

function base64url(): Target {
  return {
    name: 'base64url',
    shape: 'text',
    seeds: ['', 'AQ', 'AQI', 'AQID', '_-8'].map(toInput),
    run: (input) => {
      const decoded = decodeBase64url(textOf(input));
      if (decoded.ok) assertRule(encodeBase64url(decoded.value) === textOf(input), 'one spelling for one value');
      return labelOf(decoded);
    },
  };
}

function multibase(): Target {
  const bytes = new Uint8Array([237, 1, 5, 6, 7, 0, 0]);
  return {
    name: 'multibase',
    shape: 'text',
    seeds: [encodeMultibase('z', bytes), encodeMultibase('u', bytes)].map(toInput),
    run: (input) => labelOf(decodeMultibase(textOf(input))),
  };
}
