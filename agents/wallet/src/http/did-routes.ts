import type Router from '@koa/router';
import { randomToken } from '@gridpass/codec';
import { tenantId } from '@gridpass/core';
import type { Clock, DidRepository, RequestId } from '@gridpass/core';
import { publishDidWeb, type DidLifecycle } from '@gridpass/did';
import { answerLines, createOwnDid, type KeyRotation, type OwnDid } from '@gridpass/program';
import type { Context } from 'koa';
import type { WalletRuntime } from '../wallet-runtime.js';
import { unwrap } from './answer.js';
import { paramOf, readJson, refused } from './body.js';

type Owned = (handler: (wallet: WalletRuntime, ctx: Context) => Promise<void>) => (ctx: Context) => Promise<void>;

const ROUTES = [
  ['post', 'rotate', 'rotate'],
  ['post', 'services', 'services/add'],
  ['delete', 'services', 'services/remove'],
  ['post', 'delegates', 'delegates/add'],
  ['delete', 'delegates', 'delegates/remove'],
  ['post', 'deactivate', 'deactivate'],
] as const;

/**
 * The DID of an organisation: its did:web document for everybody, and a new key when its owner asks. What was issued to the old
 * key goes on answering with it; what is received from then on is bound to the new one. The verbs and their bodies: `createOwnDid`.
 */
export function addDidRoutes(
  router: Router,
  parts: {
    readonly wallets: ReadonlyMap<string, WalletRuntime>;
    readonly rotation: KeyRotation | undefined;
    /** The verbs on did:ethr; absent where no relayer is configured. */
    readonly lifecycle: DidLifecycle | undefined;
    readonly dids: Pick<DidRepository, 'readDid'>;
    readonly clock: Clock;
    readonly maxBodyBytes: number;
  },
  owned: Owned,
): void {
  const { rotation, lifecycle } = parts;
  /** What the owner who asks may do with the wallet's DID. */
  const openOwn = ({ config, identity, client }: WalletRuntime): OwnDid => {
    if (identity === undefined || rotation === undefined) throw refused('NOT_FOUND', 'did');
    // Tokens are bound to the face that drew them: the next call shows what there is now.
    const onChange = (): void => client.forgetTokens();
    return createOwnDid({ tenant: tenantId(config.tenant), did: identity.did, rotation, lifecycle, onChange });
  };

  router.get('/t/:tenant/did.json', async (ctx) => {
    const { config, identity } = parts.wallets.get(paramOf(ctx, 'tenant')) ?? {};
    if (config === undefined || identity === undefined) throw refused('NOT_FOUND', 'did');
    ctx.body = unwrap(await publishDidWeb({ repository: parts.dids, clock: parts.clock }, tenantId(config.tenant), identity));
    ctx.set('Cache-Control', 'public, max-age=60');
    ctx.type = 'application/did+json';
  });
  router.get(
    '/wallets/:tenant/log',
    owned(async ({ exportLog }, ctx) => {
      if (exportLog === undefined) throw refused('NOT_FOUND', 'log');
      answerLines(ctx, exportLog());
    }),
  );
  for (const [method, path, verb] of ROUTES) {
    router[method](
      `/wallets/:tenant/did/${path}`,
      owned(async (wallet, ctx) => {
        const own = openOwn(wallet);
        // A rotation says nothing more than that.
        const body = verb === 'rotate' ? {} : await readJson(ctx, parts.maxBodyBytes);
        ctx.body = unwrap(await own(verb, body, { actor: 'owner', requestId: randomToken() as RequestId }));
      }),
    );
  }
}
