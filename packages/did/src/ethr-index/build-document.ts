import type { DIDDocument, Service, VerificationMethod } from 'did-resolver';
import type { EthrEvent } from '@gridpass/core';
import { encodeMultibase } from '@gridpass/codec';
import { decodeEvent, utf8Of } from './decode-event.js';
import type { DecodedEvent } from './decode-event.js';

/** The subject of a document: `controllerKey` is the key of a DID in public-key form, `address` its account with checksum. */
export interface DocumentSubject {
  readonly did: string;
  readonly address: string;
  readonly controllerKey?: string;
  readonly chainId: number;
}

/** A document as of one block and one moment. */
export interface BuiltDocument {
  readonly didDocument: DIDDocument;
  readonly deactivated: boolean;
  /** The last change in it. */
  readonly version: { readonly block: number; readonly time: number } | undefined;
  /** The first change after it. */
  readonly next: { readonly block: number; readonly time: number } | undefined;
  /** Without new events the document stays as it is up to and including this second. */
  readonly goodUntil: number;
}

const NULL_ADDRESS = `0x${'00'.repeat(20)}`;
const ATTRIBUTE_NAME = /^did\/(pub|svc)\/(\w+)(\/(\w+))?(\/(\w+))?$/;
const RECOVERY = 'EcdsaSecp256k1RecoveryMethod2020';
const SECP256K1 = 'EcdsaSecp256k1VerificationKey2019';
const ATTRIBUTE_TYPE: ReadonlyMap<string, string> = new Map([
  ['sigAuth', 'SignatureAuthentication2018'],
  ['veriKey', 'VerificationKey2018'],
  ['enc', 'KeyAgreementKey2019'],
]);
const KEY_TYPE: ReadonlyMap<string, string> = new Map([
  ['Secp256k1VerificationKey2018', SECP256K1],
  ['Secp256k1SignatureAuthentication2018', SECP256K1],
  ['Ed25519SignatureAuthentication2018', 'Ed25519VerificationKey2018'],
  ['RSAVerificationKey2018', 'RSAVerificationKey2018'],
  ['Ed25519VerificationKey2018', 'Ed25519VerificationKey2018'],
  ['X25519KeyAgreementKey2019', 'X25519KeyAgreementKey2019'],
]);

/**
 * The document of did:ethr from the whole history of an identity in the order of the chain: the same, member for member, as
 * `ethr-did-resolver` 11.0.4 builds, its odd sides included (did:ethr method, "CRUD Operation Definitions: Read").
 * `included` says which events the document knows; `now` which of them are over. Undefined where an entry cannot be read.
 */
export function buildDocument(
  subject: DocumentSubject,
  history: readonly EthrEvent[],
  view: {
    readonly included: (event: EthrEvent) => boolean;
    readonly now: number;
  },
): BuiltDocument | undefined {
  const draft = new Draft(subject, view.now);
  let version: EthrEvent | undefined;
  let next: EthrEvent | undefined;
  for (const event of history) {
    if (!view.included(event)) {
      next ??= event;
      continue;
    }
    version = event;
    const decoded = decodeEvent(event);
    if (decoded === undefined || !draft.add(decoded)) return undefined;
    // The library looks no further than a deactivation, not even for the next version.
    if (draft.deactivated) break;
  }
  return {
    didDocument: draft.toDocument(),
    deactivated: draft.deactivated,
    goodUntil: draft.goodUntil,
    version: version && { block: version.block, time: version.time },
    next: next && { block: next.block, time: next.time },
  };
}

class Draft {
  readonly #subject: DocumentSubject;
  readonly #now: number;
  #controller: string;
  #delegates = 0;
  #serviceCount = 0;
  // Keyed by what was said, not by when: the same statement again takes the place of the first, under a new number.
  readonly #authentication = new Map<string, string>();
  readonly #assertion = new Map<string, string>();
  readonly #keyAgreement = new Map<string, string>();
  readonly #methods = new Map<string, VerificationMethod>();
  readonly #services = new Map<string, Service>();
  deactivated = false;
  goodUntil = Number.MAX_SAFE_INTEGER;

  constructor(subject: DocumentSubject, now: number) {
    this.#subject = subject;
    this.#now = now;
    this.#controller = subject.address;
  }

  /** False where the event makes the document unreadable. */
  add(event: DecodedEvent): boolean {
    if (event.kind === 'owner') {
      this.#controller = event.owner;
      this.deactivated = event.owner === NULL_ADDRESS;
      return true;
    }
    if (event.validTo === 0 || event.validTo < this.#now) {
      this.#end(event);
      return true;
    }
    this.goodUntil = Math.min(this.goodUntil, event.validTo);
    if (event.kind === 'delegate') {
      this.#addDelegate(event);
      return true;
    }
    return this.#addAttribute(event);
  }

  #addDelegate(event: DecodedEvent & { kind: 'delegate' }): void {
    const { did, chainId } = this.#subject;
    this.#delegates += 1;
    const { delegateType } = event;
    if (delegateType !== 'sigAuth' && delegateType !== 'veriKey') return;
    const key = statementOf(event);
    const id = `${did}#delegate-${String(this.#delegates)}`;
    if (delegateType === 'sigAuth') this.#authentication.set(key, id);
    this.#methods.set(key, { id, type: RECOVERY, controller: did, blockchainAccountId: `eip155:${String(chainId)}:${event.delegate}` });
    this.#assertion.set(key, id);
  }

  #addAttribute(event: DecodedEvent & { kind: 'attribute' }): boolean {
    const match = ATTRIBUTE_NAME.exec(event.name);
    if (match === null) return true;
    const [, section, algorithm = '', , purpose, , encoding] = match;
    return section === 'svc' ? this.#addService(event, algorithm) : this.#addKey(event, algorithm, { purpose, encoding });
  }

  #addService(event: DecodedEvent & { kind: 'attribute' }, type: string): boolean {
    this.#serviceCount += 1;
    const text = utf8Of(event.value);
    if (text === undefined) return false;
    const id = `${this.#subject.did}#service-${String(this.#serviceCount)}`;
    this.#services.set(statementOf(event), { id, type, serviceEndpoint: jsonOr(text) });
    return true;
  }

  #addKey(
    event: DecodedEvent & { kind: 'attribute' },
    algorithm: string,
    said: { readonly purpose: string | undefined; readonly encoding: string | undefined },
  ): boolean {
    const { did } = this.#subject;
    this.#delegates += 1;
    const key = statementOf(event);
    const id = `${did}#delegate-${String(this.#delegates)}`;
    const purpose = ATTRIBUTE_TYPE.get(said.purpose ?? '') ?? said.purpose;
    const material = keyMaterial(event.value, said.encoding);
    if (material === undefined) return false;
    this.#methods.set(key, { id, type: KEY_TYPE.get(`${algorithm}${String(purpose)}`) ?? algorithm, controller: did, ...material });
    if (said.purpose === 'enc') {
      this.#keyAgreement.set(key, id);
    } else {
      if (said.purpose === 'sigAuth') this.#authentication.set(key, id);
      this.#assertion.set(key, id);
    }
    return true;
  }

  /** What is over keeps its number, so that the numbers of the others do not move. */
  #end(event: DecodedEvent & { kind: 'delegate' | 'attribute' }): void {
    if (event.kind === 'delegate' || event.name.startsWith('did/pub/')) this.#delegates += 1;
    else if (event.name.startsWith('did/svc/')) this.#serviceCount += 1;
    const key = statementOf(event);
    // Not the key agreement: the library leaves it, pointing at nothing.
    for (const entries of [this.#authentication, this.#assertion, this.#methods, this.#services]) entries.delete(key);
  }

  toDocument(): DIDDocument {
    const { did, address, controllerKey, chainId } = this.#subject;
    const base = { '@context': [...CONTEXTS], id: did };
    if (this.deactivated) return { ...base, verificationMethod: [], authentication: [], assertionMethod: [] };
    const own: VerificationMethod[] = [
      { id: `${did}#controller`, type: RECOVERY, controller: did, blockchainAccountId: `eip155:${String(chainId)}:${this.#controller}` },
    ];
    if (controllerKey !== undefined && this.#controller === address) {
      own.push({ id: `${did}#controllerKey`, type: SECP256K1, controller: did, publicKeyHex: controllerKey.slice(2) });
    }
    const ids = own.map((method) => method.id);
    return {
      ...base,
      verificationMethod: [...own, ...this.#methods.values()],
      authentication: [...ids, ...this.#authentication.values()],
      assertionMethod: [...ids, ...this.#assertion.values()],
      ...(this.#services.size === 0 ? {} : { service: [...this.#services.values()] }),
      ...(this.#keyAgreement.size === 0 ? {} : { keyAgreement: [...this.#keyAgreement.values()] }),
    };
  }
}

const CONTEXTS = [
  'https://www.w3.org/ns/did/v1',
  'https://w3id.org/security/suites/secp256k1recovery-2020/v2',
  'https://w3id.org/security/v3-unstable',
] as const;

/** What makes two events the same statement for the library. */
function statementOf(event: DecodedEvent & { kind: 'delegate' | 'attribute' }): string {
  return event.kind === 'delegate'
    ? `DIDDelegateChanged-${event.delegateType === '' ? 'undefined' : event.delegateType}-${event.delegate}`
    : `DIDAttributeChanged-${event.name}-0x${hexOf(event.value)}`;
}

function keyMaterial(value: Uint8Array, encoding: string | undefined): Readonly<Record<string, string>> | undefined {
  switch (encoding) {
    case undefined:
    case 'hex':
      return { publicKeyHex: hexOf(value) };
    case 'base64':
      return { publicKeyBase64: Buffer.from(value).toString('base64') };
    case 'base58':
      return { publicKeyBase58: encodeMultibase('z', value).slice(1) };
    case 'pem': {
      const publicKeyPem = utf8Of(value);
      return publicKeyPem === undefined ? undefined : { publicKeyPem };
    }
    default:
      return { value: hexOf(value) };
  }
}

function jsonOr(text: string): Service['serviceEndpoint'] {
  try {
    // Whatever the owner wrote stands as it is, as with the library.
    return JSON.parse(text) as Service['serviceEndpoint'];
  } catch {
    return text;
  }
}

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
