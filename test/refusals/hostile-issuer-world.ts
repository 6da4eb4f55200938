// A running issuer of four tenants that hostile requests are sent to, and something of one tenant that is there to be had.
import { assertOk } from '@gridpass/core';
import type { JsonObject, JsonValue } from '@gridpass/core';
import type { DidOperations } from '@gridpass/program';
import { parseVcJwt } from '@gridpass/suite';
import { CLAIMS } from '@gridpass/testkit';
import { startIssuer, type RunningIssuer } from '../../agents/issuer/src/__tests__/running-issuer.js';

export const ACCREDITATION: JsonObject = CLAIMS.RegulatorAccreditation;

/** A ledger that nobody may get through to. */
const reached = (): never => {
  throw new Error('reached the ledger');
};
const UNREACHABLE = {
  lifecycle: new Proxy({}, { get: () => reached }),
  rotation: { rotateKey: reached, refresh: async () => undefined },
  transfersWith: () => ({ recover: async () => ({ unfinished: [] }) }),
  listDids: reached,
  ledgerStatus: reached,
  rebuildLedger: reached,
} as unknown as DidOperations;

/** An application of the tenant `root`, issued, with its credential's digest and its list. */
export interface Victim {
  readonly applicationId: string;
  readonly offerUri: string;
  readonly digest: string;
  readonly listId: string;
}

/** An issuer without a ledger that anybody could get through to. */
export const startUnreachable = (): Promise<RunningIssuer> => startIssuer({ operations: UNREACHABLE });

/** Issues the credential that the requests are after. */
export async function issueVictim(running: RunningIssuer): Promise<Victim> {
  const { regulator } = running.identities;
  const offer = await running.offer('root', 'RegulatorAccreditation', ACCREDITATION, { subject: regulator?.signer.did ?? '' });
  const redeemed = await running.redeem(offer.offerUri, regulator?.signer);
  if (!redeemed.ok) throw new Error(redeemed.refusal.code);
  // Two were issued, in two formats; only the one for organisations has a public document.
  const compact = redeemed.value.credentials.find(({ format }) => format === 'vc+jwt')?.compact ?? '';
  const [, payload = ''] = compact.split('.');
  const listId = /\/t\/root\/status\/([\w-]+)/.exec(Buffer.from(payload, 'base64url').toString())?.[1] ?? '';
  return { applicationId: offer.applicationId, offerUri: offer.offerUri, digest: assertOk(parseVcJwt(compact)).content.digest, listId };
}

export const textOf = (value: JsonValue | undefined): string => (typeof value === 'string' ? value : '');
