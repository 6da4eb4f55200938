import { webcrypto } from 'node:crypto';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SubjectAlternativeNameExtension, X509CertificateGenerator, cryptoProvider } from '@peculiar/x509';

const DAY = 86_400_000;
const EC = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/** A certificate for `localhost` that vouches for itself, and its key: both in PEM. It counts from yesterday until tomorrow unless told. */
export async function createCertificate(
  life: { readonly from?: number; readonly to?: number } = {},
): Promise<{ readonly cert: string; readonly key: string }> {
  cryptoProvider.set(webcrypto);
  const keys = await webcrypto.subtle.generateKey(EC, true, ['sign', 'verify']);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=localhost',
    notBefore: new Date(life.from ?? Date.now() - DAY),
    notAfter: new Date(life.to ?? Date.now() + DAY),
    signingAlgorithm: EC,
    keys,
    extensions: [new SubjectAlternativeNameExtension([{ type: 'dns', value: 'localhost' }])],
  });
  const key = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
  return { cert: `${certificate.toString('pem')}\n`, key: `-----BEGIN PRIVATE KEY-----\n${key}\n-----END PRIVATE KEY-----\n` };
}

/** Lays both into a directory, the key for its owner alone, and names the files as a configuration does. */
export function layCertificate(
  directory: string,
  { cert, key }: { readonly cert: string; readonly key: string },
): { readonly certificateFile: string; readonly keyFile: string } {
  const files = { certificateFile: join(directory, 'certificate.pem'), keyFile: join(directory, 'key.pem') };
  writeFileSync(files.certificateFile, cert);
  writeFileSync(files.keyFile, key);
  chmodSync(files.keyFile, 0o600);
  return files;
}
