import { describe, expect, it } from '@jest/globals';
import { assertOwnPorts } from '../own-ports.js';

const at = (host: string, port: number) => ({ host, port });

describe('two listeners of one program', () => {
  it.each([
    [{ http: at('127.0.0.1', 4300), metrics: at('127.0.0.1', 4300) }, 'metrics.port: 4300 is that of http.port'],
    [{ http: at('127.0.0.1', 4300), mqtt: at('127.0.0.1', 4300) }, 'mqtt.port: 4300 is that of http.port'],
    [{ http: at('127.0.0.1', 4300), metrics: at('0.0.0.0', 9100), mqtt: at('127.0.0.1', 9100) }, 'mqtt.port: 9100 is that of metrics.port'],
    [{ http: at('::', 4300), metrics: at('127.0.0.1', 4300) }, 'metrics.port: 4300 is that of http.port'],
  ])('need ports of their own: %j', (configured, says) => {
    expect(() => assertOwnPorts(configured)).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: `${says}; each needs one of its own` }),
    );
  });

  it.each([
    [{}],
    [{ http: at('127.0.0.1', 4300), metrics: at('127.0.0.1', 4301), mqtt: at('127.0.0.1', 1883) }],
    [{ http: at('127.0.0.1', 0), metrics: at('127.0.0.1', 0) }],
    [{ http: at('10.0.0.1', 4300), metrics: at('127.0.0.1', 4300) }],
    [{ http: at('127.0.0.1', 4300), metrics: undefined }],
  ])('may have other ports, other addresses and ports that are free: %j', (configured) => {
    expect(() => assertOwnPorts(configured)).not.toThrow();
  });
});
