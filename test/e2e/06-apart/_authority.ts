import { webcrypto } from 'node:crypto';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
  cryptoProvider,
} from '@peculiar/x509';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const DAY = 86_400_000;

/** A certificate authority of this test, and a certificate that it gave: all in PEM. */
export interface TestAuthority {
  readonly certificate: string;
  readonly server: { readonly cert: string; readonly key: string };
}

/** Makes an authority and one certificate for these names, which ends tomorrow. */
export async function createTestAuthority(names: readonly string[]): Promise<TestAuthority> {
  cryptoProvider.set(webcrypto);
  const [own, server] = [await generateKeys(), await generateKeys()];
  const life = { notBefore: new Date(Date.now() - DAY), notAfter: new Date(Date.now() + DAY) };
  const certificate = await X509CertificateGenerator.createSelfSigned({
    ...life,
    name: 'CN=Authority of a test',
    serialNumber: '01',
    signingAlgorithm: ALGORITHM,
    keys: own,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
    ],
  });
  const issued = await X509CertificateGenerator.create({
    ...life,
    subject: 'CN=proxy',
    issuer: certificate.subject,
    serialNumber: '02',
    signingAlgorithm: ALGORITHM,
    publicKey: server.publicKey,
    signingKey: own.privateKey,
    extensions: [
      new SubjectAlternativeNameExtension(names.map((value) => ({ type: 'dns' as const, value }))),
      await AuthorityKeyIdentifierExtension.create(own.publicKey),
    ],
  });
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', server.privateKey)).toString('base64');
  return {
    certificate: certificate.toString('pem'),
    server: { cert: issued.toString('pem'), key: `-----BEGIN PRIVATE KEY-----\n${pkcs8}\n-----END PRIVATE KEY-----\n` },
  };
}

const generateKeys = () => webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
