// HTTP as an attacker writes it: byte by byte, with headers that clients would not send.
import { connect } from 'node:net';

export interface RawReply {
  readonly status: number;
  readonly head: string;
  readonly body: string;
  /** The `code` of the body, if there is one. */
  readonly code: string | undefined;
}

/** Sends one request with exactly these header lines and reads until the server closes. `Host` and `Connection` are added unless given. */
export async function sendRaw(
  origin: string,
  request: { readonly method?: string; readonly path: string; readonly headers?: readonly string[]; readonly body?: string },
): Promise<RawReply> {
  const { hostname, port, host } = new URL(origin);
  const { method = 'GET', path, headers = [], body = '' } = request;
  const has = (name: string): boolean => headers.some((line) => line.toLowerCase().startsWith(`${name}:`));
  const lines = [
    `${method} ${path} HTTP/1.1`,
    ...(has('host') ? [] : [`Host: ${host}`]),
    'Connection: close',
    ...headers,
    ...(body === '' || has('content-length') || has('transfer-encoding') ? [] : [`Content-Length: ${Buffer.byteLength(body)}`]),
  ];
  const text = await new Promise<string>((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect(Number(port), hostname, () => {
      socket.write(`${lines.join('\r\n')}\r\n\r\n${body}`);
    });
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    // A server that has seen enough resets the connection; what it said before counts.
    socket.on('error', (error) => (chunks.length > 0 ? undefined : reject(error)));
    socket.on('close', () => resolve(Buffer.concat(chunks).toString('utf8')));
  });
  const [head = '', ...rest] = text.split('\r\n\r\n');
  const answered = rest.join('\r\n\r\n');
  return {
    status: Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? 0),
    head,
    body: answered,
    code: /"code":"([A-Z_]+)"/.exec(answered)?.[1],
  };
}
