import { AbstractDIDStore } from '@veramo/did-manager';
import type { IIdentifier } from '@veramo/core-types';
import { InputError, assertOk } from '@gridpass/core';
import type { Clock, Did, DidNamespace, DidRepository, StoredDid, StoredService } from '@gridpass/core';
import { parseDid } from '@gridpass/did';
import type { TenantKeys } from '@gridpass/keys';
import { toManagedKey } from './key-types.js';
import { endpointOf } from './service-endpoint.js';
import { KMS_NAME } from './vault-kms.js';

/** Where the DIDs of one tenant lie whose keys are of one namespace. */
export interface DidStoreParts {
  readonly repository: DidRepository;
  readonly keys: TenantKeys<DidNamespace>;
  readonly clock: Clock;
}

/** Veramo's list of managed DIDs, on our repository; a DID whose keys are of another namespace is not among them. */
export class RepositoryDidStore extends AbstractDIDStore {
  readonly #parts: DidStoreParts;

  constructor(parts: DidStoreParts) {
    super();
    this.#parts = parts;
  }

  override async importDID(identifier: IIdentifier): Promise<boolean> {
    const { repository, keys, clock } = this.#parts;
    const { tenant } = keys;
    const did = assertOk(parseDid(identifier.did));
    const known = await this.#ownOr(did, 'CONFLICT');
    const [firstKey] = identifier.keys;
    const controllerKeyId = identifier.controllerKeyId ?? firstKey?.kid;
    if (controllerKeyId === undefined) throw new InputError('REQUEST_MALFORMED', 'a managed DID has at least one key');
    assertOk(
      await repository.saveDid({
        tenant,
        did,
        keyNamespace: keys.namespace,
        controllerKeyId,
        alias: identifier.alias ?? '',
        provider: identifier.provider,
        keyIds: identifier.keys.map((key) => key.kid),
        services: identifier.services.map((service) => toService(service, known)),
        createdAt: known?.createdAt ?? clock.now(),
      }),
    );
    return true;
  }

  override async getDID(query: { readonly did: string } | { readonly alias: string }): Promise<IIdentifier> {
    const { repository, keys } = this.#parts;
    const stored =
      'did' in query
        ? await repository.readDid(keys.tenant, assertOk(parseDid(query.did)))
        : await repository.readDidByAlias(keys.tenant, query.alias);
    if (stored?.keyNamespace !== keys.namespace) throw new InputError('NOT_FOUND', 'no such DID is managed here');
    return this.#toIdentifier(stored);
  }

  override async deleteDID({ did }: { readonly did: string }): Promise<boolean> {
    const own = await this.#ownOr(assertOk(parseDid(did)), 'NOT_FOUND');
    return own !== undefined && this.#parts.repository.deleteDid(own.tenant, own.did);
  }

  override async listDIDs(query: { readonly alias?: string; readonly provider?: string }): Promise<IIdentifier[]> {
    const stored = await this.#parts.repository.listDids(this.#parts.keys.tenant);
    const wanted = stored.filter(
      (did) =>
        did.keyNamespace === this.#parts.keys.namespace &&
        (query.alias === undefined || did.alias === query.alias) &&
        (query.provider === undefined || did.provider === query.provider),
    );
    return Promise.all(wanted.map((did) => this.#toIdentifier(did)));
  }

  /** Undefined where there is none; throws InputError where it is another namespace's. */
  async #ownOr(did: Did, code: 'CONFLICT' | 'NOT_FOUND'): Promise<StoredDid | undefined> {
    const { repository, keys } = this.#parts;
    const stored = await repository.readDid(keys.tenant, did);
    if (stored !== undefined && stored.keyNamespace !== keys.namespace) throw new InputError(code, 'no such DID is managed here');
    return stored;
  }

  async #toIdentifier(stored: StoredDid): Promise<IIdentifier> {
    const keys = await Promise.all(stored.keyIds.map((keyId) => this.#parts.keys.findKey(keyId)));
    return {
      did: stored.did,
      provider: stored.provider,
      controllerKeyId: stored.controllerKeyId,
      ...(stored.alias === '' ? {} : { alias: stored.alias }),
      keys: keys.flatMap((key) => (key === undefined ? [] : [toManagedKey(key, KMS_NAME)])),
      services: stored.services.map(({ id, type, endpoint }) => ({ id, type, serviceEndpoint: endpoint })),
    };
  }
}

/**
 * Veramo knows no end of a service: one that is there already keeps the end it has, and its address too, whatever rule it came under.
 * Throws InputError for a new one with an address that no document here may have.
 */
function toService(service: IIdentifier['services'][number], known: StoredDid | undefined): StoredService {
  const { id, type, serviceEndpoint } = service;
  const same = known?.services.find((one) => one.id === id && one.type === type && one.endpoint === serviceEndpoint);
  return same ?? { id, type, endpoint: endpointOf(service) };
}
