import { connect } from 'node:net';

const DEFAULT_PORTS: Readonly<Record<string, number>> = {
  'http:': 80,
  'https:': 443,
  'ws:': 80,
  'wss:': 443,
  'mqtt:': 1883,
  'mqtts:': 8883,
};

/** Whether something accepts connections at the address. */
export function isListening(url: string, timeoutMs = 2_000): Promise<boolean> {
  const { protocol, hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect({
      host: hostname.replace(/^\[|\]$/gu, ''),
      port: port === '' ? (DEFAULT_PORTS[protocol] ?? 80) : Number(port),
      timeout: timeoutMs,
    });
    const end = (up: boolean): void => {
      socket.destroy();
      resolve(up);
    };
    socket
      .once('connect', () => end(true))
      .once('timeout', () => end(false))
      .once('error', () => end(false));
  });
}
