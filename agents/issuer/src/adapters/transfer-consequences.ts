import { ok, refuse } from '@gridpass/core';
import type {
  Application,
  Clock,
  CredentialType,
  Did,
  DidResolverPort,
  DidTransfer,
  IssuanceRepository,
  IssuedRecord,
  Outcome,
  RequestId,
  TenantId,
} from '@gridpass/core';
import { memberOf } from '@gridpass/codec';
import type { TransferConsequences } from '@gridpass/did';
import type { ActContext, IssuerEngine } from '@gridpass/issue';
import { listsKey } from '@gridpass/keys';

/** What the consequences work with. */
export interface ConsequenceParts {
  readonly engine: Pick<IssuerEngine, 'hold' | 'release' | 'revoke' | 'revokeCopy' | 'submitApplication' | 'approve'>;
  readonly repository: Pick<IssuanceRepository, 'findIssued' | 'readApplication'>;
  readonly resolver: DidResolverPort;
  readonly clock: Clock;
  /** The tenants of this program with what each may issue, and the DID of each. */
  readonly tenants: readonly { readonly tenant: TenantId; readonly mayIssue: readonly CredentialType[]; readonly did: Did }[];
}

const WHOLE_PPM = 1_000_000;
const DAY = 86_400;

/**
 * What a new owner means for a device's credentials (domain catalogue, D4): the old DeviceOwnership is revoked and a new one
 * applied for with the tenant that witnessed the old one; DeviceCommissioning is suspended until its issuer confirms. Each
 * change is an act of the credential's own issuer, in whose log it stands as the tenant's, for no operator of it asked.
 */
export function createTransferConsequences(parts: ConsequenceParts): TransferConsequences {
  const { engine, repository, resolver, clock, tenants } = parts;
  const causeOf = ({ transferId }: DidTransfer): string => `transfer:${transferId}`;
  /** A rule of the program acts for the tenant, as it does when news cascade. */
  const byRule = (tenant: TenantId, requestId: RequestId): ActContext => ({
    operator: { name: tenant, duties: ['decide', 'status'] },
    requestId,
  });

  /** What tenants of this program issued about a device of one type and have not revoked, with who issued it. */
  async function standing(type: CredentialType, device: Did): Promise<readonly IssuedRecord[]> {
    const found: IssuedRecord[] = [];
    for (const { tenant, mayIssue } of tenants) {
      if (!mayIssue.includes(type)) continue;
      const handle = type === 'DeviceIdentity' ? ({ kind: 'subject', subject: device } as const) : ({ kind: 'device', device } as const);
      found.push(...(await repository.findIssued(tenant, handle)).filter((record) => record.type === type));
    }
    return found;
  }

  const commissionings = async (device: Did): Promise<readonly IssuedRecord[]> =>
    (await standing('DeviceCommissioning', device)).filter(({ state }) => state !== 'revoked');
  /** Never the new owner's: a step that is repeated late must not take back what it gave. */
  const formerOwnerships = async ({ did, toDid }: Pick<DidTransfer, 'did' | 'toDid'>): Promise<readonly IssuedRecord[]> =>
    (await standing('DeviceOwnership', did)).filter(({ subject }) => subject !== toDid);

  async function change(
    records: readonly IssuedRecord[],
    perform: (record: IssuedRecord) => Promise<Outcome<{ readonly changed: number }>>,
  ): Promise<Outcome<number>> {
    let changed = 0;
    for (const record of records) {
      if (record.state === 'revoked') continue;
      const done = await perform(record);
      if (done.ok) changed += done.value.changed;
      // Revoked between the two: final, and stricter than what was asked for.
      else if (done.refusal.code !== 'STATUS_FINAL') return done;
    }
    return ok(changed);
  }

  const concerned = async (transfer: DidTransfer): Promise<readonly IssuedRecord[]> => [
    ...(await commissionings(transfer.did)),
    ...(await formerOwnerships(transfer)),
  ];

  /** The application behind an ownership, which knows its claims; the record alone does not. */
  async function applicationOf(record: IssuedRecord | undefined): Promise<Application | undefined> {
    return record === undefined ? undefined : repository.readApplication(record.tenant, record.applicationId);
  }

  async function checkOwnership(device: Did, owner: TenantId): Promise<Outcome<true>> {
    const records = (await standing('DeviceOwnership', device)).filter(
      ({ state, validUntil }) => state !== 'revoked' && validUntil > clock.now(),
    );
    const did = tenants.find(({ tenant }) => tenant === owner)?.did;
    if (records.length > 0 && !records.some(({ subject }) => subject === did))
      return refuse('DEVICE_NOT_OWNED', 'transfer', 'DeviceOwnership: of somebody else');
    if (records.some(({ subject, state }) => subject !== did || state === 'suspended'))
      return refuse('DEVICE_NOT_TRANSFERABLE', 'transfer', 'DeviceOwnership: shared, or suspended');
    for (const record of records) {
      const claims = (await applicationOf(record))?.claims ?? {};
      if (memberOf(claims, 'transferable') !== true || memberOf(claims, 'sharePpm') !== WHOLE_PPM)
        return refuse('DEVICE_NOT_TRANSFERABLE', 'transfer', 'DeviceOwnership: not transferable, or of a share');
    }
    return ok(true);
  }

  return {
    checkDevice: async (device, owner) => {
      const births = await standing('DeviceIdentity', device);
      if (births.length > 0 && births.every(({ state }) => state === 'revoked'))
        return refuse('DEVICE_REVOKED', 'transfer', 'DeviceIdentity: revoked');
      const owned = await checkOwnership(device, owner);
      if (!owned.ok) return owned;
      const by = [...new Set((await commissionings(device)).map(({ tenant }) => tenant))];
      // Each would have to confirm, and both cannot have the device in their grid.
      if (by.length > 1) return refuse('DEVICE_NOT_TRANSFERABLE', 'transfer', 'DeviceCommissioning: by more than one operator');
      return ok({ confirmer: by[0] ?? '' });
    },
    hasStanding: async (device) =>
      [...(await commissionings(device)), ...(await standing('DeviceOwnership', device))].some(({ state }) => state !== 'revoked'),
    suspend: async (transfer, requestId) =>
      change(await concerned(transfer), ({ tenant, digest }) =>
        engine.hold(tenant, { kind: 'digest', digest }, causeOf(transfer), byRule(tenant, requestId)),
      ),
    restore: async (transfer, requestId) =>
      change(await concerned(transfer), ({ tenant, digest }) =>
        engine.release(tenant, { kind: 'digest', digest }, causeOf(transfer), byRule(tenant, requestId)),
      ),
    handOver: async (transfer, requestId) => {
      const former = await formerOwnerships(transfer);
      const revoked = await change(former, ({ tenant, digest }) =>
        engine.revoke(tenant, { kind: 'digest', digest }, causeOf(transfer), byRule(tenant, requestId)),
      );
      if (!revoked.ok) return revoked;
      const newest = [...former].sort((a, b) => b.issuedAt - a.issuedAt)[0];
      const application = await applicationOf(newest);
      if (application === undefined) return ok({ witness: '', applicationId: '' });
      const { delegatee: _delegatee, ...claims } = application.claims;
      const { tenant: witness } = application;
      const submitted = await engine.submitApplication(witness, {
        applicant: transfer.toDid,
        type: 'DeviceOwnership',
        // What the former owner lent to whom ends with the ownership.
        claims: { ...claims, acquired: Math.floor(transfer.acceptedAt / DAY) },
        subject: transfer.toDid,
        evidence: application.evidence,
        requestId,
      });
      // The device is the new owner's whatever comes of the paper: an operator of the witness sees to it then.
      if (!submitted.ok) return ok({ witness, applicationId: '' });
      const { applicationId } = submitted.value;
      await engine.approve(witness, applicationId, causeOf(transfer), byRule(witness, requestId));
      return ok({ witness, applicationId });
    },
    confirm: async (transfer, context) => {
      const document = await resolver.resolveDid(transfer.did, { fresh: true });
      if (!document.ok) return document;
      const at = clock.now();
      const isOwn = (thumbprint: IssuedRecord['holderThumbprint']): boolean =>
        listsKey(document.value, { thumbprint, use: 'authentication', at });
      const act: ActContext = { operator: { name: context.actor, duties: ['status'] }, requestId: context.requestId };
      const records = (await commissionings(transfer.did)).filter(({ tenant }) => tenant === context.tenant);
      // A copy that the former owner's wallet holds is no word about the new one.
      return change(records, ({ tenant, digest, holderThumbprint }) => {
        const handle = { kind: 'digest', digest } as const;
        return isOwn(holderThumbprint) || transfer.state === 'failed'
          ? engine.release(tenant, handle, causeOf(transfer), act)
          : engine.revokeCopy(tenant, handle, causeOf(transfer), act);
      });
    },
  };
}
