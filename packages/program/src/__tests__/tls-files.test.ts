import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createCertificate, layCertificate } from '@gridpass/testkit';
import { checkConfiguredFiles } from '../configured-files.js';
import { readCertificates, readTlsPair } from '../tls-files.js';
import { checkTls, type TlsFiles } from '../tls-config.js';

const [FROM, TO] = [Date.UTC(2026, 0, 1), Date.UTC(2026, 11, 31, 23, 59, 59)];

describe('the certificate of a listener', () => {
  let directory: string;
  let files: TlsFiles;
  const refused = (at: number, ...parts: readonly string[]): void => {
    const read = (): unknown => readTlsPair('http.tls', files, at);
    expect(read).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
    for (const part of parts) expect(read).toThrow(part);
    expect(read).not.toThrow(/PRIVATE KEY|MIG|BEGIN/);
  };
  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'gridpass-tls-'));
    files = layCertificate(directory, await createCertificate({ from: FROM, to: TO }));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  it('counts from its first second to the end of its last', () => {
    refused(FROM - 1, 'http.tls.certificateFile', files.certificateFile, 'does not count before');
    expect(readTlsPair('http.tls', files, FROM).minVersion).toBe('TLSv1.2');
    expect(readTlsPair('http.tls', files, TO + 999).cert).toContain('CERTIFICATE');
    refused(TO + 1_000, 'http.tls.certificateFile', files.certificateFile, 'renew it');
  });

  it('is refused with one between it and the authority that has ended', async () => {
    const ended = await createCertificate({ from: FROM, to: FROM + 1_000 });
    const own = readTlsPair('http.tls', files, FROM).cert;
    writeFileSync(files.certificateFile, `${own}${ended.cert}`);
    expect(() => readTlsPair('http.tls', files, FROM)).not.toThrow();
    refused(FROM + 2_000, 'http.tls.certificateFile', 'renew it');
  });

  it('is refused with the key of another, and where another stands first', async () => {
    const [other, own] = [await createCertificate({ from: FROM, to: TO }), readTlsPair('http.tls', files, FROM)];
    writeFileSync(files.certificateFile, `${own.cert}${other.cert}`);
    expect(() => readTlsPair('http.tls', files, FROM)).not.toThrow();
    writeFileSync(files.certificateFile, `${other.cert}${own.cert}`);
    refused(FROM, 'http.tls.keyFile', files.keyFile, 'is not the key of the first certificate');
  });

  it.each([
    [0o600, true],
    [0o640, true],
    [0o660, false],
    [0o604, false],
    [0o602, false],
  ])('with a key of mode %o: taken is %s', (mode, taken) => {
    chmodSync(files.keyFile, mode);
    if (taken) expect(() => readTlsPair('http.tls', files, FROM)).not.toThrow();
    else refused(FROM, 'http.tls.keyFile', files.keyFile, 'chmod 600');
  });

  it.each([
    ['certificateFile', 'holds no certificate in PEM', ''],
    ['certificateFile', 'holds no certificate in PEM', '-----BEGIN CERTIFICATE-----\nMIIB'],
    ['certificateFile', 'cannot be read', '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n'],
    ['keyFile', 'holds no private key', ''],
    ['keyFile', 'holds no private key', '-----BEGIN PRIVATE KEY-----\nMIGH'],
    ['keyFile', 'holds no private key', '-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIGH\n-----END ENCRYPTED PRIVATE KEY-----\n'],
  ] as const)('is refused under http.tls.%s where it %s: %j', (name, says, text) => {
    writeFileSync(files[name], text);
    refused(FROM, `http.tls.${name}`, files[name], says);
  });

  it('is read by --check-config, of each listener', () => {
    for (const listener of ['http', 'mqtt', 'metrics']) {
      expect(() => checkConfiguredFiles({ [listener]: { tls: { ...files, keyFile: join(directory, 'none') } } })).toThrow(
        expect.objectContaining({
          code: 'CONFIG_INVALID',
          message: `${listener}.tls.keyFile: ${join(directory, 'none')} cannot be read: there is no such file`,
        }),
      );
      chmodSync(files.keyFile, 0o644);
      expect(() => checkConfiguredFiles({ [listener]: { tls: files } })).toThrow(`${listener}.tls.keyFile`);
    }
  });

  it.each([
    ['https://localhost:4100', true, 0],
    ['http://localhost:4100', true, 1],
    ['http://localhost:4100', false, 0],
  ])('goes with a publicOrigin over https: %s with a certificate (%s) has %i problems', (publicOrigin, secured, count) => {
    const issues: { readonly path?: PropertyKey[] }[] = [];
    checkTls({ value: { http: secured ? { tls: files } : {}, publicOrigin }, issues } as never);
    expect(issues.map(({ path }) => path)).toEqual(Array.from({ length: count }, () => ['publicOrigin']));
  });

  it('of an authority is read by its client', () => {
    expect(readCertificates('market.caFile', files.certificateFile)).toContain('CERTIFICATE');
    expect(() => readCertificates('market.caFile', files.keyFile)).toThrow(`market.caFile: ${files.keyFile} holds no certificate in PEM`);
  });
});
