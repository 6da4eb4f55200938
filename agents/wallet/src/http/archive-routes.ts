import type Router from '@koa/router';
import type { Context } from 'koa';
import type { Clock } from '@gridpass/core';
import { createRateLimiter } from '@gridpass/gate';
import type { RateLimit } from '@gridpass/gate';
import type { WalletRuntime } from '../wallet-runtime.js';
import { unwrap } from './answer.js';
import { readJson, requireText } from './body.js';

interface ArchiveParts {
  readonly wallets: ReadonlyMap<string, WalletRuntime>;
  readonly clock: Clock;
  readonly maxBodyBytes: number;
}

type Handler = (wallet: WalletRuntime, ctx: Context) => Promise<void>;

/** Tries at an archive, for each wallet. A wallet that is told to come again in five seconds, and does, is let through. */
const TRIES: RateLimit = { burst: 10, perMinute: 12 };

/** Adds the routes by which a wallet is moved. Each try counts, whatever it brings and whatever becomes of it, before its body is read. */
export function addArchiveRoutes(router: Router, parts: ArchiveParts, owned: (handler: Handler) => (ctx: Context) => Promise<void>): void {
  // Each wallet has its whole share: no other wallet's tries count against it.
  const size = Math.max(1, parts.wallets.size);
  const tries = createRateLimiter(TRIES, { burst: TRIES.burst * size, perMinute: TRIES.perMinute * size }, size);
  const countTry = ({ config }: WalletRuntime): void => void unwrap(tries.take(config.tenant, parts.clock.now()));

  router.post(
    '/wallets/:tenant/export',
    owned(async (wallet, ctx) => {
      countTry(wallet);
      const passphrase = requireText(await readJson(ctx, parts.maxBodyBytes), 'passphrase');
      ctx.body = { archive: unwrap(await wallet.holder.exportArchive(passphrase)) };
    }),
  );
  router.post(
    '/wallets/:tenant/import',
    owned(async (wallet, ctx) => {
      countTry(wallet);
      const body = await readJson(ctx, parts.maxBodyBytes);
      const [archive, passphrase] = [requireText(body, 'archive'), requireText(body, 'passphrase')];
      ctx.body = unwrap(await wallet.holder.importArchive(archive, passphrase));
      wallet.client.forgetTokens();
    }),
  );
}
