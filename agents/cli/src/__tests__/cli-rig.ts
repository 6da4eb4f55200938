import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach } from '@jest/globals';
import { runCli } from '../index.js';

interface Run {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** The command line, and an issuer that says what a test tells it to. */
export interface CliRig {
  run(...args: readonly string[]): Promise<Run>;
  directory: string;
  url: string;
  /** Variables of the commands to come; none unless a test sets them. */
  env: Readonly<Record<string, string>>;
  /** Empty answers with 200 unless a test says otherwise. */
  answer: (request: IncomingMessage, body: string, response: ServerResponse) => void;
  /** What reached the issuer in this test. */
  asked: { readonly method: string; readonly path: string; readonly token: string; readonly body: string }[];
}

/** Call it inside a describe. */
export function createCliRig(): CliRig {
  let server: Server;

  const run: CliRig['run'] = async (...args) => {
    let [out, err] = ['', ''];
    const code = await runCli(args, {
      out: (text) => {
        out += text;
      },
      err: (text) => {
        err += text;
      },
      drawsOver: false,
      env: rig.env,
      directory: rig.directory,
    });
    return { code, out, err };
  };

  const rig: CliRig = { run, directory: '', url: '', env: {}, answer: () => undefined, asked: [] };

  beforeAll(async () => {
    rig.directory = await mkdtemp(join(tmpdir(), 'gridpass-cli-'));
    server = createServer((request, response) => {
      let body = '';
      request
        .setEncoding('utf8')
        .on('data', (chunk: string) => {
          body += chunk;
        })
        .on('end', () => {
          rig.asked.push({ method: request.method ?? '', path: request.url ?? '', token: request.headers.authorization ?? '', body });
          rig.answer(request, body, response);
        });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
    const address = server.address();
    rig.url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
    await writeFile(join(rig.directory, 'public.json'), '{"kty":"EC"}');
    await writeFile(join(rig.directory, 'private.json'), '{"kty":"EC","d":"secret"}');
    await writeFile(
      join(rig.directory, 'society.json'),
      JSON.stringify({
        version: 1,
        urls: { issuer: rig.url, gone: 'http://127.0.0.1:9' },
        tenants: {},
        tokens: { 'operator:regulator': 'regulator-token', 'operator:dso': 'dso-token', 'wallet:house': 'no-operator' },
      }),
    );
  });
  beforeEach(() => {
    rig.asked = [];
    rig.env = {};
    rig.answer = (_request, _body, response) => response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
  afterAll(async () => {
    server.closeAllConnections();
    server.close();
    await rm(rig.directory, { recursive: true });
  });
  return rig;
}
