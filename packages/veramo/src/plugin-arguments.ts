import { CREDENTIAL_FORMATS, CREDENTIAL_TYPES, InputError, assertOk, instant } from '@gridpass/core';
import type { AuthorityReference, CredentialFormat, CredentialType, JsonValue, Nonce, PublicJwk, StatusReference } from '@gridpass/core';
import { isJsonObject, memberOf, parseHandle } from '@gridpass/codec';
import { parseDid } from '@gridpass/did';
import { parsePublicJwk } from '@gridpass/keys';
import type { CredentialInput } from '@gridpass/suite';
import type { IssueArguments } from './plugin-types.js';

const MAX_STATUS = 4;

/** A mistake of the calling program: an agent's arguments are JSON, possibly from its remote interface, and typed on paper only. */
export function wrongArgument(path: string): InputError {
  return new InputError('REQUEST_MALFORMED', `arguments: ${path}`);
}

/** A text argument. */
export function readText(value: unknown, path: string): string {
  if (typeof value !== 'string' || value === '') throw wrongArgument(path);
  return value;
}

/** A list of texts. */
export function readTexts(value: unknown, path: string): readonly string[] {
  if (!Array.isArray(value)) throw wrongArgument(path);
  return value.map((entry) => readText(entry, path));
}

/** A nonce as a verifier's request holds it. */
export function readNonce(value: unknown): Nonce {
  return readText(value, 'nonce') as Nonce;
}

/** The input of the suite, without issuer and claims, which need the agent and the schemas. */
export function readIssueArguments(args: IssueArguments): {
  readonly format: CredentialFormat;
  readonly input: Omit<CredentialInput, 'issuer' | 'claims' | 'issuedAt'>;
} {
  const format = CREDENTIAL_FORMATS.find((name) => name === args.format);
  const type = CREDENTIAL_TYPES.find((name): name is CredentialType => name === args.type);
  if (format === undefined) throw wrongArgument('format');
  if (type === undefined) throw wrongArgument('type');
  const holderKey: PublicJwk | undefined = args.holderKey === undefined ? undefined : assertOk(parsePublicJwk(args.holderKey));
  const authority = args.authority === undefined ? undefined : readAuthority(args.authority);
  return {
    format,
    input: {
      type,
      subject: assertOk(parseDid(readText(args.subject, 'subject'))),
      validFrom: instant(args.validFrom),
      validUntil: instant(args.validUntil),
      status: readStatus(args.status),
      ...(holderKey === undefined ? {} : { holderKey }),
      ...(authority === undefined ? {} : { authority }),
    },
  };
}

function readAuthority(value: { readonly uri: string; readonly digest: string }): AuthorityReference {
  const digest = parseHandle(readText(value.digest, 'authority.digest'));
  if (digest === undefined) throw wrongArgument('authority.digest');
  return { uri: readText(value.uri, 'authority.uri'), digest };
}

function readStatus(value: JsonValue): readonly StatusReference[] {
  if (!Array.isArray(value) || value.length > MAX_STATUS) throw wrongArgument('status');
  return value.map((entry: JsonValue, position): StatusReference => {
    const path = `status[${String(position)}]`;
    if (!isJsonObject(entry)) throw wrongArgument(path);
    const [kind, purpose, uri, index] = ['kind', 'purpose', 'uri', 'index'].map((name) => memberOf(entry, name));
    if (typeof uri !== 'string' || typeof index !== 'number' || !Number.isSafeInteger(index) || index < 0) throw wrongArgument(path);
    if (kind === 'token') return { kind, uri, index };
    if (kind === 'bitstring' && (purpose === 'revocation' || purpose === 'suspension')) return { kind, purpose, uri, index };
    throw wrongArgument(`${path}.kind`);
  });
}
