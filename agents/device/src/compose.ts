import {
  Fault,
  SIGNATURE_ALGORITHMS,
  refuse,
  tenantId,
  type Clock,
  type DidResolverPort,
  type DidSigner,
  type FetchPort,
  type HeldCredential,
  type JsonObject,
  type Outcome,
  type StatusPort,
} from '@gridpass/core';
import { memberOf } from '@gridpass/codec';
import {
  createGateClient,
  createArchiveTurns,
  createHolder,
  lendKey,
  type FindIssuerKey,
  type Holder,
  type IssuerTrust,
  type ResourceAnswer,
} from '@gridpass/hold';
import { openStatusChecker, readCertificates } from '@gridpass/program';
import type { StatusBounds } from '@gridpass/program';
import { createSchemas, type Schemas } from '@gridpass/schema';
import { createWalletRepository, type Store } from '@gridpass/store';
import { isFaultCode, isRefusalCode } from './adapters/codes.js';
import { openMqttSession, type MqttSession } from './adapters/mqtt-session.js';
import type { DeviceConfig } from './config.js';

/** What a device is wired to. */
export interface DeviceParts {
  readonly store: Store;
  readonly signer: DidSigner;
  readonly keyId: string;
  readonly resolver: DidResolverPort;
  readonly fetch: FetchPort;
  readonly clock: Clock;
  readonly issuerTrust: IssuerTrust;
  /** How keys of issuers are found; without it only those of today count. */
  readonly findIssuerKey?: FindIssuerKey;
  /** Shared with other programs of the same process; the device's own unless given. */
  readonly schemas?: Schemas;
  readonly status?: StatusPort;
}

/** A headless device with a DID, a key and credentials of its own. */
export interface Device {
  readonly did: DidSigner['did'];
  readonly holder: Holder;
  /** Redeems an offer, e.g. of its birth identity or its commissioning. */
  receiveOffer(offerUri: string, options?: { readonly txCode?: string }): Promise<Outcome<readonly HeldCredential[]>>;
  /** Presents itself over MQTT, on the connection that then carries its readings. */
  connect(): Promise<Outcome<MqttSession>>;
  /** Sends one reading over MQTT, presenting itself first where that is needed. */
  report(reading: JsonObject): Promise<Outcome<true>>;
  /** The same over HTTP, for networks that let nothing else through: what the marketplace did not take is refused with its code. */
  reportOverHttp(reading: JsonObject): Promise<Outcome<true>>;
  close(): Promise<void>;
}

/** Wires a device. Its key was made before, by the caller's vault, and is the key of its DID. */
export function composeDevice(
  config: Pick<DeviceConfig, 'tenant' | 'market'> & Partial<Pick<DeviceConfig, 'renewalSeconds'>> & StatusBounds,
  parts: DeviceParts,
): Device {
  const { store, signer, resolver, fetch, clock } = parts;
  if (!SIGNATURE_ALGORITHMS.includes(signer.alg)) throw new TypeError('the device key has no algorithm of ours');
  const holder = createHolder({
    tenant: tenantId(config.tenant),
    identity: { kind: 'single', did: signer.did, kid: signer.kid, keyId: parts.keyId, keys: lendKey(signer, parts.keyId) },
    repository: createWalletRepository(store),
    resolver,
    fetch,
    clock,
    schemas: parts.schemas ?? createSchemas(),
    status: parts.status ?? openStatusChecker(parts, config),
    issuerTrust: parts.issuerTrust,
    ...(parts.findIssuerKey === undefined ? {} : { findIssuerKey: parts.findIssuerKey }),
    unregisteredVerifiers: 'answerUnregistered',
    clockSkewSeconds: 5,
    ...(config.renewalSeconds === undefined ? {} : { renewalSeconds: config.renewalSeconds }),
    archives: createArchiveTurns(),
  });
  const client = createGateClient({ holder, fetch, clock });
  const { url, mqttUrl, caFile } = config.market;
  const ca = caFile === undefined ? undefined : readCertificates('market.caFile', caFile);
  let session: MqttSession | undefined;

  async function connect(): Promise<Outcome<MqttSession>> {
    if (session?.isOpen() === true && session.expiresAt > clock.now()) return { ok: true, value: session };
    await session?.close();
    session = undefined;
    const opened = await openMqttSession(mqttUrl, holder, new URL(url).origin, ca);
    if (opened.ok) session = opened.value;
    return opened;
  }

  return {
    did: signer.did,
    holder,
    receiveOffer: (offerUri, options) => holder.receiveOffer(offerUri, options),
    connect,
    async report(reading) {
      const opened = await connect();
      if (!opened.ok) return opened;
      let taken = false;
      try {
        const reported = await opened.value.report(reading);
        taken = reported.ok;
        return reported;
      } finally {
        // A refusal or a fault ended the connection; the next reading presents itself anew.
        if (!taken && session === opened.value) session = undefined;
      }
    },
    async reportOverHttp(reading) {
      const answer = await client.accessResource({
        url: `${config.market.url.replace(/\/$/, '')}/readings`,
        method: 'POST',
        body: reading,
      });
      return answer.ok ? toVerdict(answer.value) : answer;
    },
    close: async () => {
      await session?.close();
      session = undefined;
    },
  };
}

/** The other side's own code where it gave one; throws Fault where it could not tell. */
function toVerdict({ status, json }: ResourceAnswer): Outcome<true> {
  if (status >= 200 && status < 300) return { ok: true, value: true };
  const code = json === undefined ? undefined : memberOf(json, 'code');
  const reasons = json === undefined ? undefined : memberOf(json, 'reasons');
  if (isFaultCode(code) || status >= 500)
    throw new Fault(isFaultCode(code) ? code : 'REMOTE_UNAVAILABLE', 'the marketplace could not tell');
  return refuse(
    isRefusalCode(code) ? code : 'REQUEST_MALFORMED',
    'device',
    Array.isArray(reasons) ? reasons.join(', ') : `status ${status}`,
  );
}
