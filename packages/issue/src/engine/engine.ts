import { Fault, isNamedBy, ok, refuse } from '@gridpass/core';
import type {
  Application,
  ApplicationState,
  AuthorityReference,
  CredentialFilter,
  CredentialHandle,
  Digest,
  IssuedRecord,
  Outcome,
  Page,
  Paged,
  TenantAuthority,
  TenantId,
} from '@gridpass/core';
import { ENTITLING_TYPES } from '@gridpass/trust';
import { checkRetired, importRegister } from '../register/import-register.js';
import type { RegisterImport, RegisterReport } from '../register/import-register.js';
import { createActs } from './acts.js';
import { orFault } from './attempt.js';
import { createApplications } from './applications.js';
import type { Applications } from './applications.js';
import { createCascade } from './cascade.js';
import type { Cascade } from './cascade.js';
import { createConsequences } from './consequences.js';
import type { Consequences } from './consequences.js';
import { checkDuty } from './duty.js';
import { createIssuance } from './issuance.js';
import type { Issuance } from './issuance.js';
import { createLapse } from './lapse.js';
import type { Lapse } from './lapse.js';
import { createLifecycle } from './lifecycle.js';
import { createOffers } from './offers.js';
import { createOwnOffers } from './own-offers.js';
import type { OwnOffers } from './own-offers.js';
import type { Offers } from './offers.js';
import { createPrerequisiteWatch } from './watch.js';
import type { PrerequisiteWatch } from './watch.js';
import { createPreview } from './preview.js';
import type { Preview } from './preview.js';
import { createPurge } from './purge.js';
import type { Purge } from './purge.js';
import type { Lifecycle } from './lifecycle.js';
import type { ActContext, EngineParts, IssuerTenant, Operator } from './parts.js';
import { boundPage } from './parts.js';
import { issuerOf } from './willing.js';

/** The issuing of one program: several tenants over one store. Every method names the tenant and reaches no other's rows. */
export interface IssuerEngine
  extends Applications, Issuance, Lifecycle, Offers, OwnOffers, Cascade, Purge, Lapse, Consequences, PrerequisiteWatch, Preview {
  readonly tenants: readonly IssuerTenant[];
  /**
   * Imports a register of parties, and tells what that leaves to decide, null where a fault kept it from being told; duty `import`.
   * CONFLICT where a whole register came without too many entries: its rows are taken over, and none is retired.
   */
  importRegister(
    request: Omit<RegisterImport, 'operator'>,
    operator: Operator,
  ): Promise<Outcome<RegisterReport & { readonly consequences: number | null }>>;
  /** Names the credential that entitles the tenant; it is proven and must be about the tenant. Idempotent. */
  adoptAuthority(tenant: TenantId, authority: AuthorityReference, context: ActContext): Promise<Outcome<TenantAuthority>>;
  listAuthorities(tenant: TenantId): Promise<readonly TenantAuthority[]>;
  readApplication(tenant: TenantId, applicationId: string): Promise<Outcome<Application>>;
  listApplications(
    tenant: TenantId,
    state: ApplicationState | undefined,
    page: Page,
    operator: Operator,
  ): Promise<Outcome<Paged<Application>>>;
  listCredentials(tenant: TenantId, filter: CredentialFilter, page: Page, operator: Operator): Promise<Outcome<Paged<IssuedRecord>>>;
  findCredentials(tenant: TenantId, handle: CredentialHandle, operator: Operator): Promise<Outcome<readonly IssuedRecord[]>>;
  /** The public text of an organisation's credential, for those who check what the organisation issues. */
  readDocument(tenant: TenantId, digest: Digest): Promise<Outcome<string>>;
  /** Where in the tenant's audit log the issuance of a credential stands; NOT_FOUND for what the tenant did not issue. */
  findIssuanceEntry(tenant: TenantId, digest: Digest): Promise<Outcome<number>>;
  /** Brings acts and news that an earlier run left behind to their places. Call at start and now and then. */
  recover(): Promise<{ readonly acts: number; readonly news: number }>;
  /** Writes down the refusals that were counted and not summed up yet. Call when the program stops, before its log closes. */
  flushRefusals(): Promise<void>;
}

/** Builds the engine. Starts nothing by itself; the program calls `recover` at start and `deliverNews` now and then. */
export function createIssuerEngine(parts: EngineParts): IssuerEngine {
  const { repository, settings } = parts;
  const acts = createActs(parts);
  const cascade = createCascade(parts, acts);
  const lifecycle = createLifecycle(parts, acts, cascade.carryOn);
  const consequences = createConsequences(parts, acts, lifecycle);
  return {
    tenants: parts.tenants,
    ...createApplications(parts, acts),
    ...createIssuance(parts, acts),
    ...lifecycle,
    ...consequences,
    deliverNews: cascade.deliverNews,
    listPending: cascade.listPending,
    ...createOffers(parts, acts),
    ...createOwnOffers(parts, acts),
    ...createPreview(parts, acts),
    ...createPurge(parts, acts),
    ...createLapse(parts, acts),
    ...createPrerequisiteWatch(parts, acts, cascade.carryOn),
    importRegister: async (request, operator) => {
      const issuer = issuerOf(parts, request.tenant);
      if (!issuer.ok) return issuer;
      const allowed = checkDuty(operator, 'import');
      if (!allowed.ok) return allowed;
      const report = await importRegister(parts, { ...request, operator: operator.name });
      const retired = checkRetired(report);
      if (!retired.ok) return retired;
      // The import is done and in the log: a fault in what is asked afterwards does not take its report away.
      const open = await orFault(() => consequences.listConsequences(request.tenant, { ...operator, duties: ['read'] }));
      return ok({ ...report, consequences: open instanceof Fault || !open.ok ? null : open.value.length });
    },
    adoptAuthority: (tenant, authority, context) => adoptAuthority(parts, tenant, authority, context),
    listAuthorities: (tenant) => repository.listAuthorities(tenant),
    readApplication: async (tenant, applicationId) => {
      const application = await repository.readApplication(tenant, applicationId);
      return application === undefined ? refuse('NOT_FOUND', 'application', 'no such application') : ok(application);
    },
    listApplications: async (tenant, state, page, operator) => {
      const allowed = checkDuty(operator, 'read');
      return allowed.ok ? ok(await repository.listApplications(tenant, state, boundPage(page, settings.maxPage))) : allowed;
    },
    listCredentials: async (tenant, filter, page, operator) => {
      const allowed = checkDuty(operator, 'read');
      return allowed.ok ? ok(await repository.listIssued(tenant, filter, boundPage(page, settings.maxPage))) : allowed;
    },
    findCredentials: async (tenant, handle, operator) => {
      const allowed = checkDuty(operator, 'read');
      return allowed.ok ? ok(await repository.findIssued(tenant, handle)) : allowed;
    },
    readDocument: async (tenant, digest) => {
      const [record] = await repository.findIssued(tenant, { kind: 'digest', digest });
      return record?.document === undefined ? refuse('NOT_FOUND', 'document', 'no public document of that digest') : ok(record.document);
    },
    findIssuanceEntry: async (tenant, digest) => {
      const index = await repository.findIssuanceEntry(tenant, digest);
      return index === undefined ? refuse('NOT_FOUND', 'issuance', 'no entry of that digest') : ok(index);
    },
    recover: async () => {
      let recovered = 0;
      for (const { tenant } of parts.tenants) recovered += await acts.recover(tenant);
      return { acts: recovered, news: await cascade.deliverNews() };
    },
    flushRefusals: () => acts.close(),
  };

  async function adoptAuthority(
    engine: EngineParts,
    tenant: TenantId,
    authority: AuthorityReference,
    context: ActContext,
  ): Promise<Outcome<TenantAuthority>> {
    const allowed = checkDuty(context.operator, 'decide');
    if (!allowed.ok) return allowed;
    const link = await engine.proveAuthority(authority);
    if (!link.ok) return link;
    const { did } = await engine.signerOf(tenant);
    const { content } = link.value;
    if (!ENTITLING_TYPES.includes(content.type))
      return refuse('NOT_ENTITLED', 'authority', `a ${content.type} entitles to nothing; one of ${ENTITLING_TYPES.join(', ')}`);
    if (content.subject !== did || !isNamedBy(content, authority.digest)) {
      return refuse('NOT_ENTITLED', 'authority', 'the credential is about somebody else');
    }
    await acts.record(tenant, {
      action: 'adopt-authority',
      actor: context.operator.name,
      requestId: context.requestId,
      evidence: { authority: content.digest, type: content.type },
    });
    const adopted = { uri: authority.uri, digest: content.digest };
    await repository.saveAuthority(tenant, adopted, engine.clock.now());
    return ok(adopted);
  }
}
