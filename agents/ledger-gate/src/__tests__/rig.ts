import { instant } from '@gridpass/core';
import type { AuditReceipt, AuditRecord, DidSigner, Digest, FetchPort, JsonObject } from '@gridpass/core';
import { buildAuthorizationResponse, buildDpopProof } from '@gridpass/exchange';
import { ownNonceSecrets } from '@gridpass/gate';
import { parseCompactJws } from '@gridpass/keys';
import { accountFromPrivateKey, connectChain, createAccountKey, createSender, signAccountClaim } from '@gridpass/ledger';
import type { AccountSigner, Chain, EmbeddedNode, Sender } from '@gridpass/ledger';
import { issueSdJwtVc } from '@gridpass/suite';
import {
  DEVELOPMENT_KEYS,
  NOON,
  createFakeClock,
  createPaperSociety,
  createParty,
  startAnvil,
  openTestStore,
  freePort,
} from '@gridpass/testkit';
import type { FakeClock, PaperSociety } from '@gridpass/testkit';
import { randomBytes } from 'node:crypto';
import { composeLedgerGate, ledgerGateConfig } from '../index.js';
import type { LedgerGateParts } from '../compose.js';
import type { LedgerGate } from '../index.js';

export const CHANNEL = 'multi_class';

/** A ledger gate before a real node, with paper parties. */
export interface Rig {
  readonly node: EmbeddedNode;
  /** Straight to the node, past the gate. */
  readonly chain: Chain;
  readonly gate: LedgerGate;
  readonly society: PaperSociety;
  readonly clock: FakeClock;
  readonly records: AuditRecord[];
  readonly events: { readonly kind?: string }[];
  newAccount(): { readonly signer: AccountSigner; readonly direct: Sender };
  /** The supplier passes the gate with its role; returns its access token. */
  token(options?: { readonly holder?: DidSigner; readonly compact?: string }): Promise<string>;
  /** Calls the gate with a DPoP proof of `holder`. */
  call(
    method: string,
    path: string,
    options?: {
      readonly holder?: DidSigner;
      readonly token?: string;
      readonly json?: JsonObject;
      readonly form?: string;
      readonly bare?: boolean;
    },
  ): Promise<{ readonly status: number; readonly body: JsonObject; readonly text: string }>;
  /** Has an account admitted with a token. */
  admit(
    signer: AccountSigner,
    token: string,
    options?: { readonly holder?: DidSigner; readonly claim?: JsonObject; readonly by?: AccountSigner },
  ): Promise<{ readonly status: number; readonly body: JsonObject }>;
  /** JSON-RPC as a stranger would send it. */
  rpc(
    body: unknown,
    headers?: Record<string, string>,
  ): Promise<{ readonly status: number; readonly json: never; readonly retryAfter?: string }>;
  role(holder?: DidSigner): Promise<{ readonly compact: string; readonly references: Parameters<PaperSociety['status']['mark']>[0] }>;
  stop(): Promise<void>;
}

export async function startRig(over: JsonObject = {}, more: Partial<LedgerGateParts> = {}): Promise<Rig> {
  const [node, store, society] = await Promise.all([startAnvil({ genesisTime: NOON - 60 }), openTestStore(), createPaperSociety()]);
  await store.migrate();
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const clock = createFakeClock(instant(NOON + 60));
  const records: AuditRecord[] = [];
  const events: { kind?: string }[] = [];
  const audit = {
    appendRecord: async (_tenant: unknown, record: AuditRecord): Promise<AuditReceipt> => {
      records.push(record);
      const leafHash = randomBytes(32).toString('base64url') as Digest;
      return { origin: 'log.example', index: records.length - 1, leafHash, treeSize: records.length, rootHash: leafHash };
    },
  };
  const fetch: FetchPort = {
    fetchDocument: async () => {
      throw new Error('nothing is fetched in this test');
    },
  };
  const config = ledgerGateConfig.parse({
    tenant: 'ledger',
    http: { port },
    publicOrigin: origin,
    chain: { rpcUrl: node.rpcUrl, chainId: node.chainId },
    accountKeyFile: '-',
    database: { kind: 'pglite', directory: '-' },
    keyEncryptionKeys: [{ id: 'k', file: '-' }],
    anchors: [{ did: society.regulator.did, mayIssue: ['RegulatorAccreditation'] }],
    fetch: { allow: [] },
    recheckSeconds: 3600,
    ...over,
  });
  const gate = await composeLedgerGate(config, {
    store,
    audit,
    fetch,
    clock,
    resolver: society.resolver,
    status: society.status,
    authority: society.authority,
    signer: createParty('ledger'),
    nonceSecrets: ownNonceSecrets(),
    anchors: [{ did: society.regulator.did, mayIssue: ['RegulatorAccreditation'] }],
    account: accountFromPrivateKey(DEVELOPMENT_KEYS[1]),
    deployer: accountFromPrivateKey(DEVELOPMENT_KEYS[0]),
    log: (event) => events.push(event),
    ...more,
  });
  const chain = connectChain({ rpcUrl: node.rpcUrl, chainId: node.chainId });

  let nonce: string | undefined;
  const send: Rig['call'] = async (method, path, { holder = society.supplier, token, json, form, bare } = {}) => {
    const proof =
      bare === true
        ? undefined
        : await buildDpopProof({
            signer: holder,
            method,
            url: `${origin}${path.split('?')[0]}`,
            at: clock.now(),
            ...(token === undefined ? {} : { accessToken: token }),
            ...(nonce === undefined ? {} : { nonce }),
          });
    const type = json === undefined ? (form === undefined ? undefined : 'application/x-www-form-urlencoded') : 'application/json';
    const body = form ?? (json === undefined ? undefined : JSON.stringify(json));
    const response = await globalThis.fetch(`${origin}${path}`, {
      method,
      headers: {
        ...(proof === undefined ? {} : { DPoP: proof }),
        ...(token === undefined ? {} : { Authorization: `DPoP ${token}` }),
        ...(type === undefined ? {} : { 'Content-Type': type }),
      },
      ...(body === undefined ? {} : { body }),
    });
    nonce = response.headers.get('dpop-nonce') ?? nonce;
    const text = await response.text();
    return { status: response.status, body: text.startsWith('{') ? (JSON.parse(text) as JsonObject) : {}, text };
  };
  const call: Rig['call'] = async (method, path, options = {}) => {
    const reply = await send(method, path, options);
    return reply.body['code'] === 'DPOP_NONCE_REQUIRED' ? send(method, path, options) : reply;
  };
  const role: Rig['role'] = async (holder = society.supplier) => {
    const input = society.input('MarketPartyRole', society.regulator, holder.did, {
      authority: society.authority.publish(society.accreditation.compact),
      holderKey: holder.publicJwk,
    });
    return { compact: (await issueSdJwtVc(input)).compact, references: input.status };
  };
  return {
    node,
    chain,
    gate,
    society,
    clock,
    records,
    events,
    call,
    role,
    newAccount: () => {
      const signer = accountFromPrivateKey(createAccountKey());
      return { signer, direct: createSender(chain, signer) };
    },
    token: async ({ holder = society.supplier, compact } = {}) => {
      const opened = await call('POST', '/.gridpass/requests', { holder, json: { channel: CHANNEL } });
      const state = textOf(opened.body['state']);
      const object = parseCompactJws((await call('GET', `/.gridpass/requests/${state}`, { bare: true })).text);
      if (!object.ok) throw new Error(`no request object: ${opened.text}`);
      const answer = await society.answer([{ compact: compact ?? (await role(holder)).compact, disclose: [] }], {
        holder,
        nonce: textOf(object.value.payload['nonce']),
        audience: textOf(object.value.payload['client_id']),
        at: clock.now(),
      });
      const form = buildAuthorizationResponse({ state, vpToken: JSON.parse(new TextDecoder().decode(answer.bytes)) });
      const presented = await call('POST', `/.gridpass/responses/${state}`, { bare: true, form });
      const redeemed = await call('POST', '/.gridpass/token', { holder, json: { response_code: presented.body['response_code'] ?? '' } });
      if (redeemed.status !== 200) throw new Error(`no token: ${presented.text} ${redeemed.text}`);
      return textOf(redeemed.body['access_token']);
    },
    admit: async (signer, token, { holder = society.supplier, claim = {}, by = signer } = {}) => {
      const shown = await call('GET', `/admissions/${CHANNEL}/claim?account=${signer.account}`, { holder, token });
      const signed = { ...(shown.body['claim'] as JsonObject), ...claim } as unknown as Parameters<typeof signAccountClaim>[0];
      return call('POST', `/admissions/${CHANNEL}`, {
        holder,
        token,
        json: { account: signer.account, signature: await signAccountClaim(signed, by) },
      });
    },
    rpc: async (body, headers = {}) => {
      const response = await globalThis.fetch(gate.rpcUrl, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      });
      const retryAfter = response.headers.get('retry-after');
      const json = JSON.parse(await response.text()) as never;
      return { status: response.status, json, ...(retryAfter === null ? {} : { retryAfter }) };
    },
    stop: async () => {
      await gate.close();
      chain.close();
      await Promise.all([node.stop(), store.close()]);
    },
  };
}

function textOf(value: unknown): string {
  if (typeof value !== 'string') throw new Error('a text was expected');
  return value;
}
