import { EventEmitter } from 'node:events';
import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, randomUUID, sign, verify } from 'node:crypto';
import {
  Agent,
  ConsoleLogger,
  DependencyManager,
  InjectionSymbols,
  Kms,
  LogLevel,
  RecordNotFoundError,
  W3cCredentialsModule,
} from '@credo-ts/core';
import { OpenId4VcModule } from '@credo-ts/openid4vc';
import { freshFetch } from './_fetch.js';

/**
 * Credo 0.6 as it comes from npm, on Node 20 without native parts: the host gives it a store and a key service, as every host of
 * Credo has to; both are kept in memory here. Nothing of Credo itself is changed.
 */
export async function openCredoWallet() {
  const dependencies = new DependencyManager();
  dependencies.registerInstance(InjectionSymbols.StorageService, new MemoryStorage());
  const agent = new Agent(
    {
      config: { allowInsecureHttpUrls: true, autoUpdateStorageOnStartup: true, logger: new ConsoleLogger(LogLevel.off) },
      dependencies: { FileSystem: NoFiles as never, EventEmitterClass: EventEmitter, fetch: freshFetch, WebSocketClass: class {} as never },
      modules: {
        kms: new Kms.KeyManagementModule({ backends: [new MemoryKeys() as never], defaultBackend: 'memory' }),
        openid4vc: new OpenId4VcModule({}),
        w3c: new W3cCredentialsModule({}),
      },
    },
    dependencies,
  );
  await agent.initialize();
  return agent;
}

export type CredoWallet = Awaited<ReturnType<typeof openCredoWallet>>;

class NoFiles {
  readonly dataPath = '/nowhere';
  readonly cachePath = '/nowhere';
  readonly tempPath = '/nowhere';
}

interface StoredRecord {
  readonly id: string;
  getTags(): Record<string, unknown>;
}

type RecordClass = (new (...args: never[]) => StoredRecord) & { readonly type: string };

class MemoryStorage {
  readonly supportsCursorPagination = false;
  readonly rows = new Map<string, StoredRecord>();
  async save(_context: unknown, record: StoredRecord): Promise<void> {
    this.rows.set(record.id, record);
  }
  async update(_context: unknown, record: StoredRecord): Promise<void> {
    this.rows.set(record.id, record);
  }
  async delete(_context: unknown, record: StoredRecord): Promise<void> {
    this.rows.delete(record.id);
  }
  async deleteById(_context: unknown, _class: RecordClass, id: string): Promise<void> {
    this.rows.delete(id);
  }
  async getById(_context: unknown, type: RecordClass, id: string): Promise<StoredRecord> {
    const record = this.rows.get(id);
    if (!(record instanceof type)) throw new RecordNotFoundError('no such record', { recordType: type.type });
    return record;
  }
  async getAll(_context: unknown, type: RecordClass): Promise<StoredRecord[]> {
    return [...this.rows.values()].filter((record) => record instanceof type);
  }
  async findByQuery(context: unknown, type: RecordClass, query: Record<string, unknown>): Promise<StoredRecord[]> {
    return (await this.getAll(context, type)).filter((record) => matches(record.getTags(), query));
  }
}

function matches(tags: Record<string, unknown>, query: Record<string, unknown>): boolean {
  return Object.entries(query).every(([name, wanted]) => {
    if (name === '$or') return (wanted as Record<string, unknown>[]).some((part) => matches(tags, part));
    if (name === '$and') return (wanted as Record<string, unknown>[]).every((part) => matches(tags, part));
    if (wanted === undefined) return true;
    const held = tags[name];
    if (Array.isArray(wanted)) return Array.isArray(held) && wanted.every((item) => held.includes(item));
    return held === wanted;
  });
}

/** A key service over node:crypto: P-256 alone. */
class MemoryKeys {
  readonly backend = 'memory';
  readonly keys = new Map<string, JsonWebKey>();
  isOperationSupported(_context: unknown, operation: { operation: string; algorithm?: string; type?: { crv?: string } }): boolean {
    if (operation.operation === 'createKey') return operation.type?.crv === 'P-256';
    if (operation.operation === 'sign' || operation.operation === 'verify') return operation.algorithm === 'ES256';
    return operation.operation === 'randomBytes' || operation.operation === 'deleteKey';
  }
  async getPublicKey(_context: unknown, keyId: string): Promise<unknown> {
    const key = this.keys.get(keyId);
    return key === undefined ? null : toPublic(key, keyId);
  }
  async createKey(_context: unknown, options: { keyId?: string }): Promise<unknown> {
    const keyId = options.keyId ?? randomUUID();
    const jwk = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });
    this.keys.set(keyId, jwk);
    return { keyId, publicJwk: toPublic(jwk, keyId) };
  }
  async deleteKey(_context: unknown, options: { keyId: string }): Promise<boolean> {
    return this.keys.delete(options.keyId);
  }
  async sign(_context: unknown, options: { keyId: string; data: Uint8Array }): Promise<unknown> {
    const key = createPrivateKey({ format: 'jwk', key: this.keys.get(options.keyId) as never });
    return { signature: new Uint8Array(sign('sha256', options.data, { key, dsaEncoding: 'ieee-p1363' })) };
  }
  async verify(
    _context: unknown,
    options: { key: { keyId?: string; publicJwk?: JsonWebKey }; data: Uint8Array; signature: Uint8Array },
  ): Promise<unknown> {
    const jwk = options.key.publicJwk ?? toPublic(this.keys.get(options.key.keyId ?? '') ?? {}, '');
    const key = createPublicKey({ format: 'jwk', key: { kty: jwk.kty, crv: jwk.crv, x: jwk.x, y: jwk.y } as never });
    const verified = verify('sha256', options.data, { key, dsaEncoding: 'ieee-p1363' }, options.signature);
    return verified ? { verified, publicJwk: jwk } : { verified };
  }
  randomBytes(_context: unknown, options: { length: number }): Uint8Array {
    return new Uint8Array(randomBytes(options.length));
  }
}

type JsonWebKey = { kty?: string; crv?: string; x?: string; y?: string; d?: string };

function toPublic(jwk: JsonWebKey, kid: string): JsonWebKey & { kid: string } {
  const { kty, crv, x, y } = jwk;
  return {
    kid,
    ...(kty === undefined ? {} : { kty }),
    ...(crv === undefined ? {} : { crv }),
    ...(x === undefined ? {} : { x }),
    ...(y === undefined ? {} : { y }),
  };
}
