// An operator could offer the DID the tenant issues under to another tenant, who would then have issued in its name.
import Router from '@koa/router';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { digestOf } from '@gridpass/codec';
import { instant, ok, refuse, tenantId } from '@gridpass/core';
import type { AnchoredHead, AuditReceipt, Did, Outcome, RequestId } from '@gridpass/core';
import { listen } from '@gridpass/program';
import { createParty } from '@gridpass/testkit';
import Koa from 'koa';
import { createRotationGuard } from '../adapters/rotation-guard.js';
import { createErrorMapper } from '../http/answer.js';
import type { TenantRuntime } from '../http/tenant-runtime.js';
import { addTransferRoutes } from '../http/transfer-routes.js';

const TOKEN = 'operator-token-of-the-dso';

describe('before a key goes', () => {
  const acts: unknown[] = [];
  const context = { tenant: tenantId('dso'), actor: 'ops', requestId: 'r' as RequestId };
  const ethr = 'did:ethr:0x1:0xab' as Did;
  const guard = (anchorNow?: () => Promise<Outcome<readonly AnchoredHead[]>>) =>
    createRotationGuard({
      anchorNow,
      recover: async () => undefined,
      clock: { now: () => instant(100) },
      audit: {
        appendRecord: async (_tenant, { action, evidence }) => {
          acts.push({ action, evidence });
          return {} as AuditReceipt;
        },
      },
    });

  it.each([
    ['the program anchors nowhere', ethr, undefined, 'CONFLICT'],
    ['nobody can show the past of the DID', 'did:web:dso.example' as Did, async () => ok([]), 'CONFLICT'],
    ['the log is in disorder', ethr, async () => refuse('LOG_INCONSISTENT', 'anchor', ''), 'LOG_INCONSISTENT'],
  ] as const)('it is refused where %s, and goes on in an emergency that the log tells', async (_what, did, anchorNow, code) => {
    acts.length = 0;
    expect(await guard(anchorNow)(context, did, false)).toMatchObject({ ok: false, refusal: { code } });
    expect(acts).toEqual([]);
    expect(await guard(anchorNow)(context, did, true)).toEqual(ok(true));
    expect(acts).toEqual([{ action: 'did.rotate.emergency', evidence: { did, emergency: true, notAnchored: code } }]);
  });

  it('what was anchored is no emergency, also where one was called', async () => {
    acts.length = 0;
    expect(await guard(async () => ok([]))(context, ethr, true)).toEqual(ok(true));
    expect(acts).toEqual([]);
  });
});

describe('the routes on DIDs', () => {
  const offered: string[] = [];
  const signer = createParty('dso');
  let server: Awaited<ReturnType<typeof listen>>;

  beforeAll(async () => {
    const router = new Router();
    const parts = {
      maxBodyBytes: 4_096,
      tenants: new Map([['other', { tenant: tenantId('other'), signer: createParty('other') }]]),
      transfers: {
        offer: async (_context: unknown, { did }: { readonly did: string }) => {
          offered.push(did);
          return { ok: false, refusal: { kind: 'refusal', code: 'NOT_FOUND', stage: 'transfer', detail: '' } };
        },
      },
    } as unknown as Parameters<typeof addTransferRoutes>[1];
    const runtime = {
      tenant: tenantId('dso'),
      signer,
      config: { tenant: 'dso', operators: [{ name: 'ops', tokenDigest: digestOf(TOKEN), duties: ['keys'] }] },
    } as unknown as TenantRuntime;
    addTransferRoutes(router, parts, () => runtime);
    const app = new Koa();
    app.use(createErrorMapper(() => undefined));
    app.use(router.routes() as Koa.Middleware);
    const answer = app.callback();
    server = await listen((request, response) => void answer(request, response), { host: '127.0.0.1', port: 0 });
  });
  afterAll(() => server.close());

  const offer = async (did: string): Promise<unknown> => {
    const response = await fetch(`http://127.0.0.1:${server.port}/t/dso/admin/did/transfers`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${TOKEN}` },
      body: JSON.stringify({ did, to: 'other' }),
    });
    return ((await response.json()) as { readonly code?: unknown }).code;
  };

  it('never give away the DID a tenant issues under', async () => {
    expect(await offer(signer.did)).toBe('CONFLICT');
    expect(offered).toEqual([]);
    expect(await offer('did:web:meter.example')).toBe('NOT_FOUND');
    expect(offered).toEqual(['did:web:meter.example']);
  });
});
