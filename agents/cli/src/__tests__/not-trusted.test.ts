import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createCertificate } from '@gridpass/testkit';
import { unreachable } from '../adapters/unreachable.js';
import { createCliRig } from './cli-rig.js';

describe('a certificate that is not believed', () => {
  const rig = createCliRig();
  let server: Server;

  beforeAll(async () => {
    server = createServer(await createCertificate(), (_request, response) => response.end());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => new Promise<void>((resolve) => server.close(() => resolve())));

  it('is said to be that, with how to name an authority of your own', async () => {
    const url = `https://localhost:${(server.address() as AddressInfo).port}`;
    rig.env = { AUDITOR_TOKEN: 'token' };
    expect(await rig.run('audit', 'verify', '--url', url)).toEqual({
      code: 3,
      out: '',
      err: `REMOTE_UNAVAILABLE: the certificate of ${url} is not trusted (DEPTH_ZERO_SELF_SIGNED_CERT): it vouches for itself; for an authority of your own name its certificate with NODE_EXTRA_CA_CERTS=FILE\n`,
    });
  });

  it.each([
    ['SELF_SIGNED_CERT_IN_CHAIN', 'NODE_EXTRA_CA_CERTS=FILE'],
    ['UNABLE_TO_GET_ISSUER_CERT', 'NODE_EXTRA_CA_CERTS=FILE'],
    ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'NODE_EXTRA_CA_CERTS=FILE'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'NODE_EXTRA_CA_CERTS=FILE'],
    ['CERT_HAS_EXPIRED', 'it has ended'],
    ['CERT_NOT_YET_VALID', 'it does not count yet'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'another name'],
  ])('is told by what is wrong with it: %s', (code, says) => {
    const { message } = unreachable('https://issuer.example/path?secret', Object.assign(new Error('no'), { code }));
    expect(message).toContain(`the certificate of https://issuer.example is not trusted (${code}): `);
    expect(message).toContain(says);
    expect(message).not.toContain('secret');
  });

  it('is not what a port is on which nobody listens', () => {
    expect(unreachable('https://issuer.example/', Object.assign(new Error('no'), { code: 'ECONNREFUSED' })).message).toBe(
      'https://issuer.example cannot be reached (ECONNREFUSED); does a program listen there?',
    );
  });
});
