import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { ok } from '@gridpass/core';
import type { FetchPort } from '@gridpass/core';

/** Starts an HTTP server on a free loopback port. */
export async function listen(
  answer: (request: IncomingMessage, body: string, response: ServerResponse) => Promise<void>,
): Promise<{ origin: string; close(): Promise<void> }> {
  const server: Server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (chunk: string) => {
      body += chunk;
    });
    request.on('end', () => {
      answer(request, body, response).catch((error: unknown) => {
        response.statusCode = 500;
        response.end(String(error));
      });
    });
  });
  // A client on a busy machine would otherwise send into a connection that is just being closed for idleness.
  server.keepAliveTimeout = 120_000;
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    origin: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => {
          resolve();
        });
      }),
  };
}

export function sendJson(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers });
  response.end(JSON.stringify(body));
}

/** The platform's fetch behind our port, for loopback tests. */
export const loopbackFetch: FetchPort = {
  loopbackHttp: true,
  async fetchDocument(url, options) {
    const response = await fetch(url, {
      method: options.method ?? 'GET',
      headers: { accept: options.accept, ...options.headers },
      redirect: 'error',
      ...(options.body === undefined ? {} : { body: new TextDecoder().decode(options.body) }),
    });
    return ok({
      status: response.status,
      mediaType: (response.headers.get('content-type') ?? '').split(';')[0] ?? '',
      bytes: new Uint8Array(await response.arrayBuffer()),
      headers: Object.fromEntries(response.headers),
    });
  },
};
