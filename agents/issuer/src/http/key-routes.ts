import type Router from '@koa/router';
import { refuse } from '@gridpass/core';
import type { Did, JsonObject, Outcome, PublicJwk, StoredDid } from '@gridpass/core';
import type { Changed, DidLifecycle, LifecycleContext } from '@gridpass/did';
import { parseDid } from '@gridpass/did';
import { parsePublicJwk } from '@gridpass/keys';
import { DID_VERB_BODIES } from '@gridpass/program';
import type { Context } from 'koa';
import { z } from 'zod';
import { unwrap } from './answer.js';
import { contextFor } from './did-routes.js';
import { readJson } from './read.js';
import type { KeyRouteParts, TenantRuntime } from './tenant-runtime.js';

const did = z.string().min(1).max(2_048);
const { account, validSeconds } = DID_VERB_BODIES['delegates/add'].shape;
const use = z.enum(['authentication', 'assertion']);
const publicJwk = z.record(z.string(), z.string());

/** The bodies, all of them closed: what is not read here is refused. */
const BODIES = {
  create: z.strictObject({
    alias: z
      .string()
      .regex(/^[a-z0-9](?:[a-z0-9.-]{0,61}[a-z0-9])?$/u)
      .optional(),
  }),
  addDelegate: DID_VERB_BODIES['delegates/add'].extend({ did }),
  removeDelegate: DID_VERB_BODIES['delegates/remove'].extend({ did }),
  addKey: z.strictObject({ did, publicJwk, use, validSeconds }),
  removeKey: z.strictObject({ did, publicJwk, use }),
  addService: DID_VERB_BODIES['services/add'].extend({ did }),
  removeService: DID_VERB_BODIES['services/remove'].extend({ did }),
  changeOwner: z.strictObject({ did, newOwner: account }),
  deactivate: z.strictObject({ did, own: z.boolean().optional() }),
} as const;

/**
 * Verbs on the DIDs of a tenant but rotation, by an operator of that very tenant whose duty is `keys`. They refuse ADMIN_TOKEN_INVALID,
 * POLICY_DENIED, REQUEST_MALFORMED, DID_MALFORMED, and what `DidLifecycle` refuses: NOT_FOUND for every DID the tenant does not manage.
 * Services and the end are for did:ethr and for the did:web that is published here; all else needs a registry.
 */
export function addKeyRoutes(router: Router, parts: KeyRouteParts, tenantOf: (ctx: Context) => TenantRuntime): void {
  const { maxBodyBytes } = parts;
  const base = '/t/:tenant/admin';

  const onRegistry = (act: (lifecycle: DidLifecycle, which: Did) => Promise<Outcome<Changed>>) => async (which: Did) => {
    if (parts.lifecycle !== undefined) return act(parts.lifecycle, which);
    return which.startsWith('did:ethr:')
      ? refuse('NOT_FOUND', 'lifecycle', 'did: this program has no relayer for its registry; relayer names one')
      : refuse('DID_METHOD_UNSUPPORTED', 'lifecycle', 'did: not a did:ethr');
  };
  /** By method: a did:web by the store that its document is made from, as long as it is served here. */
  const byMethod =
    (
      { signer }: TenantRuntime,
      onWeb: (web: KeyRouteParts['web'], which: Did) => Promise<Outcome<{ readonly did: Did }>>,
      onEthr: (lifecycle: DidLifecycle, which: Did) => Promise<Outcome<Changed>>,
    ) =>
    async (which: Did): Promise<Outcome<AnyChange>> => {
      if (!which.startsWith('did:web:')) return onRegistry(onEthr)(which);
      return which === signer.did
        ? onWeb(parts.web, which)
        : refuse('NOT_FOUND', 'lifecycle', "did: not the tenant's, whose document is served here");
    };

  /** A verb whose body is read only after the operator may use it. */
  const verb = <T>(
    path: string,
    schema: z.ZodType<T>,
    act: (body: T, context: LifecycleContext, runtime: TenantRuntime) => Promise<JsonObject>,
    status = 200,
  ): void => {
    router.post(`${base}${path}`, async (ctx) => {
      const { runtime, context } = contextFor(ctx, tenantOf, 'keys');
      const body = parseBody(schema, await readJson(ctx, maxBodyBytes));
      ctx.body = await act(body, context, runtime);
      ctx.status = status;
    });
  };

  router.get(`${base}/dids`, async (ctx) => {
    const { runtime } = contextFor(ctx, tenantOf, 'read');
    ctx.body = { rows: (await parts.listDids(runtime.tenant)).map((row) => toDidView(row, runtime)) };
  });
  verb(
    '/dids',
    BODIES.create,
    async ({ alias }, context, runtime) => {
      if (parts.lifecycle === undefined)
        return unwrap(refuse('NOT_FOUND', 'lifecycle', 'this program has no relayer for a registry; relayer names one'));
      return toDidView(unwrap(await parts.lifecycle.createDid(context, alias ?? '')), runtime);
    },
    201,
  );
  verb('/did/delegates/add', BODIES.addDelegate, async (body, context) =>
    changeOf(
      body,
      onRegistry((lifecycle, which) => lifecycle.addDelegate(context, which, body)),
    ),
  );
  verb('/did/delegates/remove', BODIES.removeDelegate, async (body, context) =>
    changeOf(
      body,
      onRegistry((lifecycle, which) => lifecycle.removeDelegate(context, which, body)),
    ),
  );
  verb('/did/keys/add', BODIES.addKey, async (body, context) =>
    changeOf(
      body,
      onRegistry((lifecycle, which) => lifecycle.addKey(context, which, { ...body, publicJwk: keyOf(body.publicJwk) })),
    ),
  );
  verb('/did/keys/remove', BODIES.removeKey, async (body, context) =>
    changeOf(
      body,
      onRegistry((lifecycle, which) => lifecycle.removeKey(context, which, { ...body, publicJwk: keyOf(body.publicJwk) })),
    ),
  );
  verb('/did/services/add', BODIES.addService, async (body, context, runtime) =>
    changeOf(
      body,
      byMethod(
        runtime,
        (web, which) => web.addService(context, which, body),
        (lifecycle, which) => lifecycle.addService(context, which, body),
      ),
    ),
  );
  verb('/did/services/remove', BODIES.removeService, async (body, context, runtime) =>
    changeOf(
      body,
      byMethod(
        runtime,
        (web, which) => web.removeService(context, which, body),
        (lifecycle, which) => lifecycle.removeService(context, which, body),
      ),
    ),
  );
  verb('/did/owner', BODIES.changeOwner, async (body, context, { signer }) =>
    changeOf(body, async (which) => {
      // Whoever owned it would issue in this tenant's name.
      if (which === signer.did) return refuse('CONFLICT', 'lifecycle', "did: the tenant's own, which stays its own");
      return onRegistry(async (lifecycle) => {
        // In one step nobody would suspend or revoke what the device holds.
        const free = await parts.checkFree(which);
        return free.ok ? lifecycle.changeOwner(context, which, body.newOwner) : free;
      })(which);
    }),
  );
  verb('/did/deactivate', BODIES.deactivate, async (body, context, runtime) =>
    changeOf(body, async (which) => {
      // All that was ever issued under it falls with it: that is said, and never the default of a DID that was mistaken for another.
      if ((which === runtime.signer.did) !== (body.own === true))
        return refuse('CONFLICT', 'lifecycle', 'own: says whether this is the DID that the tenant issues under');
      return byMethod(
        runtime,
        (web) => web.deactivate(context, which),
        (lifecycle) => lifecycle.deactivate(context, which),
      )(which);
    }),
  );
}

/** What a verb did; a did:web has neither transactions nor a block. */
type AnyChange = Pick<Changed, 'did'> & Partial<Changed>;

/** All that is wrong is told at once, by name and never by value. */
function parseBody<T>(schema: z.ZodType<T>, json: JsonObject): T {
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const names = parsed.error.issues.map(({ path, code }) => `${path.map(String).join('.') || 'body'}: ${code}`);
  return unwrap(refuse('REQUEST_MALFORMED', 'body', names.join('; ')));
}

async function changeOf(body: { readonly did: string }, act: (which: Did) => Promise<Outcome<AnyChange>>): Promise<JsonObject> {
  return toChangeView(unwrap(await act(unwrap(parseDid(body.did)))));
}

/** A private key that somebody sends is refused here and named nowhere. */
function keyOf(members: Readonly<Record<string, string>>): PublicJwk {
  const key = parsePublicJwk({ ...members });
  return key.ok ? key.value : unwrap(refuse('REQUEST_MALFORMED', 'body', key.refusal.detail));
}

function toChangeView({ did: which, transactions = [], block }: AnyChange): JsonObject {
  return { did: which, transactions: [...transactions], ...(block === undefined ? {} : { block }) };
}

function toDidView({ did: which, alias, provider, createdAt, deactivatedAt }: StoredDid, { signer }: TenantRuntime): JsonObject {
  return { did: which, alias, provider, createdAt, own: which === signer.did, ...(deactivatedAt === undefined ? {} : { deactivatedAt }) };
}
