import type { IncomingMessage } from 'node:http';
import type { Context } from 'koa';

/** What is found out about a request while it is answered, for the one line that its program writes about it. */
export interface RequestNotes {
  requestId?: string;
  /** A configured tenant; never what a client calls one. */
  tenant?: string;
  /** A role such as `operator`, or `key:` and the thumbprint of a key that was proven; never a name. */
  actor?: string;
  /** The pattern of the route, such as `/channels/:channel/orders`; never the path, which may name somebody. */
  route?: string;
  code?: string;
  /** The class of an unexpected error, without its message. */
  cause?: string;
  /** For people who run the program, where the program's refusals are not about people. */
  detail?: string;
}

/** What was found out so far, and when an error mapper is done with the request. */
export interface CollectedNotes {
  readonly notes: RequestNotes;
  readonly answered: Promise<void>;
}

const collected = new WeakMap<IncomingMessage, { readonly notes: RequestNotes; readonly done: () => void }>();

/** From here on what is found out about the request is written into the notes that this returns. */
export function collectNotes(request: IncomingMessage): CollectedNotes {
  const notes: RequestNotes = {};
  let done = (): void => undefined;
  const answered = new Promise<void>((resolve) => {
    done = resolve;
  });
  collected.set(request, { notes, done });
  return { notes, answered };
}

/** Notes something about a request. False where nobody collects: whoever has something to tell then tells it himself. */
export function noteRequest(request: IncomingMessage, notes: RequestNotes): boolean {
  const known = collected.get(request);
  if (known === undefined) return false;
  Object.assign(known.notes, notes);
  return true;
}

/** What a request is called that no route was found for. */
export const UNMATCHED = 'unmatched';

/** The pattern of the route that answers, as the router has it: middleware of the router is matched too, but has no method. */
export function routeOf(ctx: Context): string | undefined {
  const matched: unknown = 'matched' in ctx ? ctx['matched'] : undefined;
  const layers: readonly unknown[] = Array.isArray(matched) ? matched : [];
  const found = layers.findLast((layer) => isLayer(layer) && layer.methods.includes(ctx.method));
  return isLayer(found) && typeof found.path === 'string' ? found.path : undefined;
}

function isLayer(layer: unknown): layer is { readonly methods: readonly unknown[]; readonly path: unknown } {
  return typeof layer === 'object' && layer !== null && 'methods' in layer && Array.isArray(layer.methods) && 'path' in layer;
}

/** Notes the name of the request and its route once it is answered. */
export function noteAnswered(ctx: Context, more: RequestNotes = {}): boolean {
  const requestId: unknown = ctx.state['requestId'];
  const route = routeOf(ctx);
  const noted = noteRequest(ctx.req, {
    ...(typeof requestId === 'string' ? { requestId } : {}),
    ...(route === undefined ? {} : { route }),
    ...more,
  });
  collected.get(ctx.req)?.done();
  return noted;
}
