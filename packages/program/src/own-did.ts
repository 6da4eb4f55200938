import { canonicalDid } from '@gridpass/codec';
import { ok, refuse } from '@gridpass/core';
import type { Did, JsonObject, Outcome, RequestId, TenantId } from '@gridpass/core';
import { LONGEST_VALIDITY_SECONDS } from '@gridpass/did';
import type { DidLifecycle, LifecycleContext } from '@gridpass/did';
import { z } from 'zod';
import type { KeyRotation } from './key-rotation.js';

const account = z.string().regex(/^0x[0-9a-f]{40}$/u);
const delegateType = z.enum(['sigAuth', 'veriKey']);
/** Which texts name a service, and which addresses it may have, is told by the life cycle. */
const service = { type: z.string(), endpoint: z.string() };
// Nothing is said for ever by leaving something out.
const validSeconds = z.int().min(1).max(LONGEST_VALIDITY_SECONDS);

/** Bodies of verbs, all of them closed: a member that is not read would be a decision nobody made. */
export const DID_VERB_BODIES = {
  rotate: z.strictObject({}),
  'delegates/add': z.strictObject({ account, type: delegateType, validSeconds }),
  'delegates/remove': z.strictObject({ account, type: delegateType }),
  'services/add': z.strictObject({ ...service, validSeconds }),
  'services/remove': z.strictObject(service),
  /** What cannot be taken back names what it ends. */
  deactivate: z.strictObject({ did: z.string() }),
} as const;

/** What a program that speaks for one DID lets its operator do with it. */
export type OwnDidVerb = keyof typeof DID_VERB_BODIES;
export const OWN_DID_VERBS = Object.keys(DID_VERB_BODIES) as readonly OwnDidVerb[];

/** Whose DID it is, and by what its verbs are carried out. */
export interface OwnDidParts {
  readonly tenant: TenantId;
  readonly did: Did;
  readonly rotation: Pick<KeyRotation, 'rotateKey' | 'web' | 'namespaceOf'>;
  /** The verbs on did:ethr; absent where no relayer is configured. */
  readonly lifecycle?: DidLifecycle | undefined;
  /** Told when key or end of the DID changed. */
  readonly onChange?: () => void;
}

/** Carries a verb out; the body is JSON of a stranger until it is parsed here. */
export type OwnDid = (
  verb: OwnDidVerb,
  body: JsonObject,
  by: { readonly actor: string; readonly requestId: RequestId },
) => Promise<Outcome<JsonObject>>;

interface Change {
  readonly did: Did;
  readonly transactions?: readonly string[];
  readonly block?: number;
}

/**
 * The life cycle of the DID a program speaks for: `rotate`, `services/add|remove` and `deactivate` of a did:ethr or of the did:web that it
 * publishes, `delegates/add|remove` of a did:ethr. Refuses REQUEST_MALFORMED for other bodies, CONFLICT where `deactivate` names another
 * DID, POLICY_DENIED for a DID that issues (its issuer's operators change it), DID_METHOD_UNSUPPORTED for a DID that is its own key, NOT_FOUND where no relayer is configured, and what the life cycle refuses.
 */
export function createOwnDid({ tenant, did, rotation, lifecycle, onChange }: OwnDidParts): OwnDid {
  const isWeb = did.startsWith('did:web:');
  const onRegistry = async (act: (lifecycle: DidLifecycle) => Promise<Outcome<Change>>): Promise<Outcome<Change>> => {
    if (!did.startsWith('did:ethr:')) return refuse('DID_METHOD_UNSUPPORTED', 'lifecycle', 'did: not a did:ethr');
    if (lifecycle === undefined)
      return refuse('NOT_FOUND', 'lifecycle', 'did: this program has no relayer for its registry; relayer names one');
    return act(lifecycle);
  };
  const { web } = rotation;

  const carryOut = (verb: OwnDidVerb, body: JsonObject, context: LifecycleContext): Promise<Outcome<Change>> => {
    switch (verb) {
      case 'rotate':
        return withBody(DID_VERB_BODIES[verb], body, () => rotation.rotateKey(context, did));
      case 'delegates/add':
        return withBody(DID_VERB_BODIES[verb], body, (delegate) => onRegistry((verbs) => verbs.addDelegate(context, did, delegate)));
      case 'delegates/remove':
        return withBody(DID_VERB_BODIES[verb], body, (delegate) => onRegistry((verbs) => verbs.removeDelegate(context, did, delegate)));
      case 'services/add':
        return withBody(DID_VERB_BODIES[verb], body, (added) =>
          isWeb ? web.addService(context, did, added) : onRegistry((verbs) => verbs.addService(context, did, added)),
        );
      case 'services/remove':
        return withBody(DID_VERB_BODIES[verb], body, (removed) =>
          isWeb ? web.removeService(context, did, removed) : onRegistry((verbs) => verbs.removeService(context, did, removed)),
        );
      case 'deactivate':
        return withBody(DID_VERB_BODIES[verb], body, async (named) => {
          if (canonicalDid(named.did) !== did) return refuse('CONFLICT', 'lifecycle', 'did: not the one this program speaks for');
          return isWeb ? web.deactivate(context, did) : onRegistry((verbs) => verbs.deactivate(context, did));
        });
    }
  };

  return async (verb, body, { actor, requestId }) => {
    // One DID may serve a whole organisation. What it issues hangs on its keys, and those are a duty of their own, with a log of their own.
    if ((await rotation.namespaceOf(tenant, did)) === 'issuing')
      return refuse(
        'POLICY_DENIED',
        'lifecycle',
        'did: issues credentials; its keys are changed at the issuer, by an operator whose duty is `keys`',
      );
    const changed = await carryOut(verb, body, { tenant, actor, requestId });
    if (!changed.ok) return changed;
    if (verb === 'rotate' || verb === 'deactivate') onChange?.();
    const { transactions = [], block, ...rest } = changed.value;
    return ok({ ...rest, transactions: [...transactions], ...(block === undefined ? {} : { block }) });
  };
}

/** All that is wrong is told at once, by name and never by value. */
async function withBody<T>(schema: z.ZodType<T>, json: JsonObject, act: (body: T) => Promise<Outcome<Change>>): Promise<Outcome<Change>> {
  const parsed = schema.safeParse(json);
  if (parsed.success) return act(parsed.data);
  const names = parsed.error.issues.map(({ path, code, ...issue }) =>
    code === 'unrecognized_keys' && 'keys' in issue
      ? `${issue.keys.join(', ')}: not read here`
      : `${path.map(String).join('.') || 'body'}: ${code}`,
  );
  return refuse('REQUEST_MALFORMED', 'body', names.join('; '));
}
