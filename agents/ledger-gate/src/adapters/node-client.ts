import { Agent, request } from 'node:http';
import { Fault } from '@gridpass/core';
import type { JsonValue } from '@gridpass/core';
import type { NodeAnswer, NodePort } from '../rpc/node-port.js';

/** Asks the node over HTTP on kept connections; answers are bounded in size and time. The URL is configuration. */
export function createNodeClient(settings: { readonly rpcUrl: string; readonly timeoutMs: number; readonly maxAnswerBytes: number }): {
  readonly node: NodePort;
  readonly close: () => void;
} {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const unavailable = (detail: string, cause?: unknown): Fault =>
    new Fault('CHAIN_UNAVAILABLE', `the node ${detail}`, cause === undefined ? {} : { cause });

  const post = (body: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const sent = request(
        settings.rpcUrl,
        {
          method: 'POST',
          agent,
          headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
          signal: AbortSignal.timeout(settings.timeoutMs),
        },
        (answer) => {
          const chunks: string[] = [];
          answer.setEncoding('utf8');
          let length = 0;
          answer.on('data', (chunk: string) => {
            length += chunk.length;
            if (length > settings.maxAnswerBytes) sent.destroy(unavailable('answers with more than this gate passes on'));
            else chunks.push(chunk);
          });
          answer.on('end', () => {
            if (answer.statusCode === 200) resolve(chunks.join(''));
            else reject(unavailable(`answers with status ${answer.statusCode ?? 0}`));
          });
          answer.on('error', (cause) => {
            reject(unavailable('broke off', cause));
          });
        },
      );
      sent.on('error', (cause) => {
        reject(cause instanceof Fault ? cause : unavailable('does not answer', cause));
      });
      sent.end(body);
    });

  const node: NodePort = async (calls) => {
    // Ids are ours: what a client named its call never reaches the node.
    const single = calls.length === 1;
    const items = calls.map(({ method, params }, id) => ({ jsonrpc: '2.0', id, method, params }));
    const text = await post(JSON.stringify(single ? items[0] : items));
    const answers = readAnswers(text, single);
    if (answers === undefined) throw unavailable('answers with something that is no JSON-RPC');
    return calls.map((_, id) => {
      const answer = answers.get(id);
      if (answer === undefined) throw unavailable('left a call unanswered');
      return answer;
    });
  };
  return {
    node,
    close: () => {
      agent.destroy();
    },
  };
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
