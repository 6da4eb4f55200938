import { AbstractIdentifierProvider } from '@veramo/did-manager';
import { EthrDIDProvider } from '@veramo/did-provider-ethr';
import { JwkDIDProvider } from '@veramo/did-provider-jwk';
import { KeyDIDProvider } from '@veramo/did-provider-key';
import { WebDIDProvider } from '@veramo/did-provider-web';
import type { DIDDocument, IAgentContext, IIdentifier, IKey, IKeyManager, IService } from '@veramo/core-types';
import { InputError, assertOk } from '@gridpass/core';
import type { Did, FetchPort, JsonObject, PublicJwk, SignatureAlgorithm } from '@gridpass/core';
import {
  createChainProvider,
  parseDid,
  toDidEthr,
  toDidJwk,
  toDidKey,
  toDidPeer,
  toDidPeer2,
  toMultikey,
  verificationMethodOf,
} from '@gridpass/did';
import type { EthrChain } from '@gridpass/did';
import { algorithmOfType, publicJwkOf } from './key-types.js';
import { endpointOf } from './service-endpoint.js';

type Context = IAgentContext<IKeyManager>;
type CreateArguments = { readonly kms?: string; readonly alias?: string; readonly options?: unknown };
type Created = Omit<IIdentifier, 'provider'>;

interface Method {
  /** Which key is made where the caller names none. */
  readonly defaultType: 'Secp256r1' | 'Secp256k1' | 'Ed25519';
  readonly algorithms: readonly SignatureAlgorithm[];
  readonly toDid: (key: PublicJwk, alias: string | undefined, services: readonly JsonObject[]) => Did;
  /** Whether services stand in the DID itself and so are given when it is made. */
  readonly takesServices?: true;
}

/**
 * A Veramo provider whose `create` is ours and whose life cycle is Veramo's. Creating is ours because Veramo's did:key makes an
 * Ed25519 key when asked for P-256, its did:jwk drops leading zeros of coordinates, and its did:ethr leaves out the chain unless
 * the provider's name holds it: each DID here is one that our resolver reads back to the very key.
 */
class CheckedProvider extends AbstractIdentifierProvider {
  readonly #inner: AbstractIdentifierProvider;
  readonly #method: Method;
  readonly #defaultKms: string;

  constructor(parts: { readonly inner: AbstractIdentifierProvider; readonly method: Method; readonly defaultKms: string }) {
    super();
    this.#inner = parts.inner;
    this.#method = parts.method;
    this.#defaultKms = parts.defaultKms;
  }

  override async createIdentifier(args: CreateArguments, context: Context): Promise<Created> {
    const services = readServices(args.options);
    if (services.length > 0 && this.#method.takesServices !== true)
      throw new InputError('REQUEST_MALFORMED', 'options: services are added to a DID of this method after it was made');
    const key = await this.#obtainKey(args, context);
    const publicJwk = assertOk(publicJwkOf(key));
    const did = this.#method.toDid(
      publicJwk,
      args.alias,
      services.map(({ json }) => json),
    );
    verificationMethodOf(did, publicJwk); // throws where the DID is not made from the key
    return { did, controllerKeyId: key.kid, keys: [key], services: services.map(({ service }) => service) };
  }

  async #obtainKey({ kms = this.#defaultKms, options }: CreateArguments, context: Context): Promise<IKey> {
    const asked = readOptions(options);
    if (asked.keyRef !== undefined) {
      const key = await context.agent.keyManagerGet({ kid: asked.keyRef });
      this.#assertType(key.type);
      return key;
    }
    const type = asked.type ?? this.#method.defaultType;
    this.#assertType(type);
    const named = asked.kid === undefined ? {} : { kid: asked.kid };
    return asked.privateKeyHex === undefined
      ? context.agent.keyManagerCreate({ kms, type, ...named })
      : context.agent.keyManagerImport({ kms, type, privateKeyHex: asked.privateKeyHex, ...named });
  }

  #assertType(type: string): void {
    if (!this.#method.algorithms.includes(algorithmOfType(type))) {
      throw new InputError('ALGORITHM_NOT_ALLOWED', `a DID of this method is not made from a key of type ${type}`);
    }
  }

  override async updateIdentifier(
    args: { did: string; document: Partial<DIDDocument>; options?: Record<string, unknown> },
    context: Context,
  ): Promise<IIdentifier> {
    if (this.#inner.updateIdentifier === undefined)
      throw new InputError('REQUEST_MALFORMED', 'DIDs of this method have no document to replace');
    return this.#inner.updateIdentifier(args, context);
  }

  override async deleteIdentifier(identifier: IIdentifier, context: Context): Promise<boolean> {
    return this.#inner.deleteIdentifier(identifier, context);
  }

  override async addKey(
    args: { identifier: IIdentifier; key: IKey; options?: Record<string, unknown> },
    context: Context,
  ): Promise<unknown> {
    return this.#inner.addKey(args, context);
  }

  override async removeKey(
    args: { identifier: IIdentifier; kid: string; options?: Record<string, unknown> },
    context: Context,
  ): Promise<unknown> {
    return this.#inner.removeKey(args, context);
  }

  override async addService(
    args: { identifier: IIdentifier; service: IService; options?: Record<string, unknown> },
    context: Context,
  ): Promise<unknown> {
    endpointOf(args.service); // throws where it may not be published
    return this.#inner.addService(args, context);
  }

  override async removeService(
    args: { identifier: IIdentifier; id: string; options?: Record<string, unknown> },
    context: Context,
  ): Promise<unknown> {
    return this.#inner.removeService(args, context);
  }
}

/**
 * Providers for did:key, did:jwk, did:peer, did:web and, for each chain, `did:ethr:0x<chain>`; `did:ethr` alone means the first chain.
 * They work in any Veramo agent with a key manager; `defaultKms` names the key management to make keys in.
 */
export function createDidProviders(parts: {
  readonly chains: readonly EthrChain[];
  readonly defaultKms: string;
  /** The way to the chains; without it did:ethr is made and read, but not changed. */
  readonly chainFetch?: FetchPort;
}): Record<string, AbstractIdentifierProvider> {
  const { chains, defaultKms, chainFetch } = parts;
  const provider = (inner: AbstractIdentifierProvider, method: Method): CheckedProvider =>
    new CheckedProvider({ inner, method, defaultKms });
  const all: readonly SignatureAlgorithm[] = ['ES256', 'ES256K', 'EdDSA'];
  const ethr = chains.map((chain): readonly [string, AbstractIdentifierProvider] => {
    const { chainId, rpcUrl, registry } = chain;
    const hexId = `0x${chainId.toString(16)}`;
    const provide = chainFetch === undefined ? {} : { provider: createChainProvider(chain, chainFetch) };
    const inner = new EthrDIDProvider({ defaultKms, networks: [{ name: hexId, chainId: hexId, rpcUrl, registry, ...provide }] });
    return [
      `did:ethr:${hexId}`,
      provider(inner, { defaultType: 'Secp256k1', algorithms: ['ES256K'], toDid: (key) => toDidEthr(key, chainId) }),
    ];
  });
  const [first] = ethr;
  return {
    'did:key': provider(new KeyDIDProvider({ defaultKms }), { defaultType: 'Ed25519', algorithms: all, toDid: toDidKey }),
    'did:jwk': provider(new JwkDIDProvider({ defaultKms }), { defaultType: 'Secp256r1', algorithms: all, toDid: toDidJwk }),
    // Like did:key, it cannot change after it was made: another peer, or another address, is another DID.
    'did:peer': provider(new KeyDIDProvider({ defaultKms }), {
      defaultType: 'Ed25519',
      algorithms: all,
      toDid: peerDid,
      takesServices: true,
    }),
    'did:web': provider(new WebDIDProvider({ defaultKms }), { defaultType: 'Secp256r1', algorithms: all, toDid: webDid }),
    ...Object.fromEntries(ethr),
    ...(first === undefined ? {} : { 'did:ethr': first[1] }),
  };
}

function webDid(_key: PublicJwk, alias: string | undefined): Did {
  if (alias === undefined) throw new InputError('REQUEST_MALFORMED', 'did:web needs its host as alias, e.g. dso.example');
  return assertOk(parseDid(`did:web:${alias}`));
}

/** Method 0; with services, Method 2, in which the key authenticates and makes assertions. */
function peerDid(key: PublicJwk, _alias: string | undefined, services: readonly JsonObject[]): Did {
  if (services.length === 0) return toDidPeer(key);
  const multikey = toMultikey(key);
  return toDidPeer2({ keys: (['authentication', 'assertionMethod'] as const).map((use) => ({ use, multikey })), services });
}

/** `services` of the options, `[{ id, type, serviceEndpoint }]` with relative names, as Veramo keeps them and as they stand in a DID. */
function readServices(options: unknown): readonly { readonly json: JsonObject; readonly service: IService }[] {
  const given = member(options, 'services');
  if (given === undefined) return [];
  const list: readonly unknown[] = Array.isArray(given) ? given : [];
  const wrong = (): never => {
    throw new InputError('REQUEST_MALFORMED', 'options: services is a list of {id, type, serviceEndpoint}, the last a text');
  };
  if (list.length === 0) wrong();
  return list.map((entry) => {
    const [id, type, serviceEndpoint] = [text(entry, 'id'), text(entry, 'type'), text(entry, 'serviceEndpoint')];
    if (id === undefined || type === undefined || serviceEndpoint === undefined) return wrong();
    const service = { id, type, serviceEndpoint: endpointOf({ serviceEndpoint }) };
    return { json: service, service };
  });
}

interface KeyOptions {
  readonly keyRef: string | undefined;
  readonly type: string | undefined;
  readonly kid: string | undefined;
  readonly privateKeyHex: string | undefined;
}

/** Veramo's creation options, in their present and their older spelling. */
function readOptions(options: unknown): KeyOptions {
  const key = member(options, 'key');
  return {
    keyRef: text(options, 'keyRef'),
    kid: text(key, 'kid'),
    type: text(key, 'type') ?? text(options, 'keyType'),
    privateKeyHex: text(key, 'privateKeyHex') ?? text(options, 'privateKeyHex'),
  };
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Object.getOwnPropertyDescriptor(value, name)?.value : undefined;
}

function text(value: unknown, name: string): string | undefined {
  const found = member(value, name);
  if (found === undefined || typeof found === 'string') return found;
  throw new InputError('REQUEST_MALFORMED', `options: ${name} is a text`);
}
