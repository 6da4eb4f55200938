// The load of the `rpc` benchmark, in a process of its own: requests are made beforehand and written to kept sockets, one in flight
// on each, and answers are looked at no closer than needed to find their end and that they are results. The cheaper the client, the
// less of the machine it takes from what is measured.
import { connect } from 'node:net';

const SPLIT = Buffer.from('\r\n\r\n');

/** One kept HTTP/1.1 connection; resolves with the bytes of each answer. */
function openHttp(url) {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname).setNoDelay(true);
  let read = Buffer.alloc(0);
  let waiting;
  const fail = (cause) => waiting?.reject(cause);
  socket.on('error', fail).on('close', () => fail(new Error('the connection was closed')));
  socket.on('data', (chunk) => {
    read = read.length === 0 ? chunk : Buffer.concat([read, chunk]);
    const head = read.indexOf(SPLIT);
    if (head < 0) return;
    const length = /content-length: (\d+)/i.exec(read.latin1Slice(0, head + 2))?.[1];
    if (length === undefined) return fail(new Error('an answer without a length'));
    const end = head + 4 + Number(length);
    if (read.length < end) return;
    const answer = read.subarray(0, end);
    read = read.subarray(end);
    waiting.resolve(answer);
  });
  return {
    opened: new Promise((resolve) => socket.once('connect', resolve)),
    ask: (request) =>
      new Promise((resolve, reject) => {
        waiting = { resolve, reject };
        socket.write(request);
      }),
    close: () => socket.destroy(),
  };
}

async function openSocket(url, headers) {
  const { WebSocket } = await import('ws');
  const socket = new WebSocket(url, { perMessageDeflate: false, headers });
  let waiting;
  socket.on('message', (data) => waiting.resolve(data)).on('close', () => waiting?.reject(new Error('the connection was closed')));
  return {
    opened: new Promise((resolve, reject) => socket.on('open', resolve).on('error', reject)),
    ask: (request) =>
      new Promise((resolve, reject) => {
        waiting = { resolve, reject };
        socket.send(request);
      }),
    close: () => socket.terminate(),
  };
}

const toHttp = (url, body, headers = {}) => {
  const { host, pathname } = new URL(url);
  const lines = Object.entries({ host, 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), ...headers });
  return Buffer.from(`POST ${pathname} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`);
};

/**
 * Requests a second. `bodies[i]` are the requests of connection i, over and over unless `once`; `headers[i]` go with them, one
 * after the other, and are used once.
 */
async function drive({ url, kind, bodies, headers, handshakes, once, milliseconds }) {
  const clients = await Promise.all(bodies.map((_, i) => (kind === 'socket' ? openSocket(url, handshakes?.[i]) : openHttp(url))));
  await Promise.all(clients.map(({ opened }) => opened));
  const requests = bodies.map((list, i) =>
    kind === 'socket'
      ? list
      : headers === undefined
        ? list.map((body) => toHttp(url, body))
        : headers[i].map((own, n) => toHttp(url, list[n % list.length], own)),
  );
  let count = 0;
  let all = 0;
  let from = performance.now();
  const used = once || headers !== undefined;
  const until = from + (used ? Infinity : milliseconds * 1.3);
  // What is used once is not wasted on a warm-up: the first fifth does not count.
  const warm = used ? requests[0].length / 5 : 0;
  if (!used) setTimeout(() => ((count = 0), (from = performance.now())), milliseconds * 0.3);
  let ended;
  await Promise.all(
    clients.map(async (client, i) => {
      for (let n = 0; performance.now() < until && (ended === undefined || !used); n += 1) {
        if (used && n >= requests[i].length) {
          // From here on fewer than all connections ask.
          ended ??= performance.now();
          return;
        }
        const answer = await client.ask(requests[i][n % requests[i].length]);
        if (!answer.includes('"result"')) throw new Error(answer.toString());
        if (used && n === Math.ceil(warm) && i === 0) {
          count = 0;
          from = performance.now();
        }
        count += 1;
        all += 1;
      }
    }),
  );
  for (const client of clients) client.close();
  return { rate: (count * 1000) / ((ended ?? performance.now()) - from), count: all };
}

process.on('message', (task) => {
  drive(task).then(
    (measured) => process.send(measured),
    (cause) => process.send({ failure: String(cause?.message ?? cause) }),
  );
});
process.on('disconnect', () => process.exit());
