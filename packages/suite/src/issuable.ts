import { InputError, type CredentialFormat } from '@gridpass/core';
import { isLifeOf } from './envelope.js';
import type { CredentialInput } from './types.js';

/** Names that the envelope of either format uses; a claim of that name could be taken for it. */
export const RESERVED_NAMES: ReadonlySet<string> = new Set([
  'iss',
  'sub',
  'aud',
  'exp',
  'nbf',
  'iat',
  'jti',
  'cnf',
  'vct',
  'vct#integrity',
  'status',
  'authority',
  '_sd',
  '_sd_alg',
  '...',
  'id',
  'type',
  '@context',
  '@id',
  '@type',
  'issuer',
  'subject',
]);

/** Refuses, as a mistake inside the house, an input that our own readers would not accept. */
export function assertIssuable(format: CredentialFormat, input: CredentialInput): void {
  const fail = (message: string): never => {
    throw new InputError('REQUEST_MALFORMED', message);
  };
  if (!isLifeOf(input.type, input.validFrom, input.validUntil)) fail(`validity of ${input.type} is empty or longer than its type allows`);
  if (input.issuedAt >= input.validUntil) fail('a credential cannot be issued after its end');
  const reserved = Object.keys(input.claims).filter((name) => RESERVED_NAMES.has(name));
  if (reserved.length > 0) fail(`reserved claim names: ${reserved.join(', ')}`);
  const kinds = input.status
    .map((reference) => (reference.kind === 'bitstring' ? reference.purpose : reference.kind))
    .sort()
    .join(' ');
  if (format === 'vc+jwt' && kinds !== 'revocation suspension') fail('vc+jwt needs one revocation and one suspension entry');
  if (format === 'dc+sd-jwt' && kinds !== 'token') fail('dc+sd-jwt needs exactly one status list entry');
  if (format === 'dc+sd-jwt' && input.holderKey === undefined) fail('dc+sd-jwt needs the holder key');
}
