import { Pool } from 'undici';
import { Fault } from '@gridpass/core';
import type { JsonValue } from '@gridpass/core';
import type { HoldPlace, NodeAnswer, NodePort, PassPort } from '../rpc/node-port.js';

/** More than the places at the node: who may ask does not wait for a connection behind others. */
const CONNECTIONS = 1_024;

/** Asks the node over HTTP on kept connections; answers are bounded in size and time. The URL is configuration. */
export function createNodeClient(settings: {
  readonly rpcUrl: string;
  /** How long an answer may take. */
  readonly timeoutMs: number;
  /** How long after that the node is still listened to, so that it is known when its work has ended; then it is left. */
  readonly lateMs: number;
  readonly maxAnswerBytes: number;
  /** Whether the node stops working on a call whose connection is closed; then that is how a call is called off. */
  readonly stopsWhenLeft: boolean;
}): {
  readonly node: NodePort;
  readonly pass: PassPort;
  readonly close: () => Promise<void>;
} {
  const { origin, pathname, search, username, password } = new URL(settings.rpcUrl);
  const headers = {
    'content-type': 'application/json',
    ...(username === '' ? {} : { authorization: basicOf(username, password) }),
  };
  // No pipelining: a slow call would hold up the ones behind it.
  const pool = new Pool(origin, { connections: CONNECTIONS, pipelining: 1, headersTimeout: 0, bodyTimeout: 0, keepAliveTimeout: 4_000 });

  const post = (body: string, left?: AbortSignal, hold?: HoldPlace): Promise<Buffer> =>
    new Promise((resolve, reject) => {
      const chunks: Buffer[] = [];
      let length = 0;
      let status = 0;
      let abort: ((cause: Error) => void) | undefined;
      let over = false;
      let late = false;
      // One deadline for the whole answer, however slowly it trickles in, and for the wait before it.
      const stop = (detail: string): void => {
        finish();
        const cause = unavailable(detail);
        reject(cause);
        abort?.(cause);
      };
      // Whoever asked is answered in time; the node may go on, and its work is counted until it has ended.
      const onLate = (): void => {
        if (settings.stopsWhenLeft || hold === undefined || abort === undefined) return stop('does not answer in time');
        hold(
          new Promise((ended) => {
            onEnd = ended;
          }),
        );
        reject(unavailable('does not answer in time'));
        // What comes now is for nobody: it is counted and not kept.
        late = true;
        chunks.length = 0;
        deadline = setTimeout(() => stop('does not end in time'), settings.lateMs);
      };
      let onEnd = (): void => undefined;
      let deadline = setTimeout(onLate, settings.timeoutMs);
      const onLeft = (): void => stop('was not waited for');
      const finish = (): void => {
        over = true;
        clearTimeout(deadline);
        left?.removeEventListener('abort', onLeft);
        onEnd();
      };
      if (settings.stopsWhenLeft) left?.addEventListener('abort', onLeft);
      pool.dispatch(
        { path: `${pathname}${search}`, method: 'POST', headers, body },
        {
          onConnect: (cut: (cause?: Error) => void) => {
            abort = cut;
            // What was given up while it waited for a connection is not asked any more.
            if (over) cut();
          },
          onHeaders: (code: number) => {
            status = code;
            return true;
          },
          onData: (chunk: Buffer) => {
            length += chunk.length;
            if (length > settings.maxAnswerBytes) abort?.(unavailable('answers with more than this gate passes on'));
            else if (!late) chunks.push(chunk);
            return true;
          },
          onComplete: () => {
            finish();
            const [only] = chunks;
            if (status !== 200) reject(unavailable(`answers with status ${status}`));
            else resolve(chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks));
          },
          onError: (cause: Error) => {
            finish();
            reject(cause instanceof Fault ? cause : unavailable('does not answer', cause));
          },
        },
      );
    });

  const node: NodePort = async (calls, left, hold) => {
    // Ids are ours: what a client named its call never reaches the node.
    const single = calls.length === 1;
    const items = calls.map(({ method, params }, id) => ({ jsonrpc: '2.0', id, method, params }));
    const answers = readAnswers((await post(JSON.stringify(single ? items[0] : items), left, hold)).toString('utf8'), single);
    if (answers === undefined) throw unavailable('answers with something that is no JSON-RPC');
    return calls.map((_, id) => {
      const answer = answers.get(id);
      if (answer === undefined) throw unavailable('left a call unanswered');
      return answer;
    });
  };
  const pass: PassPort = async ({ method, params }, left, hold) => {
    const bytes = await post(JSON.stringify({ jsonrpc: '2.0', id: 0, method, params }), left, hold);
    const result = resultBytesOf(bytes);
    if (result !== undefined) return { result };
    const answer = readAnswers(bytes.toString('utf8'), true)?.get(0);
    if (answer === undefined) throw unavailable('answers with something that is no JSON-RPC');
    return answer.error === undefined ? { result: Buffer.from(JSON.stringify(answer.result)) } : answer;
  };
  return { node, pass, close: () => pool.destroy() };
}

function unavailable(detail: string, cause?: unknown): Fault {
  return new Fault('CHAIN_UNAVAILABLE', `the node ${detail}`, cause === undefined ? {} : { cause });
}

function basicOf(username: string, password: string): string {
  return `Basic ${Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64')}`;
}

const HEAD = Buffer.from('{"jsonrpc":"2.0","id":0,"result":');

/**
 * The result as the node wrote it, where an answer has the one form that nodes write: the client reads it, so nobody need here. What
 * has another form is read. The node is the operator's; one that writes broken JSON is seen by the client instead of by us.
 */
function resultBytesOf(answer: Buffer): Buffer | undefined {
  let end = answer.length;
  while (end > HEAD.length && (answer[end - 1] ?? 0) <= 0x20) end -= 1;
  const known = end > HEAD.length + 1 && answer[end - 1] === 0x7d && HEAD.compare(answer, 0, HEAD.length) === 0;
  return known ? answer.subarray(HEAD.length, end - 1) : undefined;
}

function readAnswers(text: string, single: boolean): ReadonlyMap<number, NodeAnswer> | undefined {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  const items: unknown[] = single ? [json] : Array.isArray(json) ? json : [];
  const answers = new Map<number, NodeAnswer>();
  for (const item of items) {
    if (typeof item !== 'object' || item === null || !('id' in item) || typeof item.id !== 'number') return undefined;
    if ('error' in item && isNodeError(item.error)) answers.set(item.id, { error: item.error });
    else if ('result' in item) answers.set(item.id, { result: item.result as JsonValue });
    else return undefined;
  }
  return answers;
}

function isNodeError(error: unknown): error is { readonly code: number; readonly message: string; readonly data?: JsonValue } {
  return (
    typeof error === 'object' &&
    error !== null &&
    'code' in error &&
    typeof error.code === 'number' &&
    'message' in error &&
    typeof error.message === 'string'
  );
}
