import { X509Certificate, createPrivateKey, type KeyObject } from 'node:crypto';
import { statSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { InputError, type JsonObject } from '@gridpass/core';
import { readTextFile } from './text-file.js';
import type { TlsFiles } from './tls-config.js';

/** What a server with TLS is made with, and what `setSecureContext` takes: PEM, and the least version. */
export interface TlsPair {
  readonly cert: string;
  readonly key: string;
  readonly minVersion: 'TLSv1.2';
}

const CERTIFICATES = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;
/** Others may not read it and no group may write it; that a group reads it is how certificates are shared with services. */
const FORBIDDEN_MODE = 0o027;

/**
 * Reads a certificate with its key. Throws InputError CONFIG_INVALID, with the key of the configuration and never the content, for files that cannot
 * be read, a key that others may read, a certificate out of its time (to the second of `at`, in milliseconds), and a key that is not its own.
 */
export function readTlsPair(name: string, { certificateFile, keyFile }: TlsFiles, at = Date.now()): TlsPair {
  const [certificateKey, keyKey] = [`${name}.certificateFile`, `${name}.keyFile`];
  const cert = readTextFile(certificateKey, certificateFile);
  const [own, ...between] = parseCertificates(cert, `${certificateKey}: ${certificateFile}`);
  for (const certificate of [own, ...between]) assertInTime(certificate, at, `${certificateKey}: ${certificateFile}`);
  const key = readTextFile(keyKey, keyFile);
  if ((statSync(keyFile).mode & FORBIDDEN_MODE) !== 0)
    throw invalid(`${keyKey}: ${keyFile} may be read by others or written by its group; take that away (chmod 600)`);
  if (!own.checkPrivateKey(parseKey(key, `${keyKey}: ${keyFile}`)))
    throw invalid(`${keyKey}: ${keyFile} is not the key of the first certificate in ${certificateFile}`);
  const pair = { cert, key, minVersion: 'TLSv1.2' } as const;
  try {
    createSecureContext(pair);
  } catch (cause) {
    // A key too short, a digest too weak: what the library would not serve.
    throw invalid(`${certificateKey}: ${certificateFile} with its key cannot be used for TLS`, cause);
  }
  return pair;
}

/** The certificates in a file, in PEM: whom a client believes. Throws InputError CONFIG_INVALID, with the key of the configuration. */
export function readCertificates(key: string, file: string): string {
  const text = readTextFile(key, file);
  parseCertificates(text, `${key}: ${file}`);
  return text;
}

/** A certificate that a listener serves. */
export interface ServedCertificate {
  /** The key of the configuration: `http.tls`. */
  readonly key: string;
  /** When what is served now ends, with the first of what it comes with that does, in milliseconds. A program that runs goes on serving it. */
  endsAt(): number;
}

/** A pair that is read and to be served. Throws as {@link readTlsPair}. */
export interface OpenedPair {
  readonly pair: TlsPair;
  /** Reads it again at SIGHUP and gives it to whoever serves it; tells the fingerprint and the end of what is served then. */
  reload(serve: (pair: TlsPair) => void): ServedCertificate & { take(): JsonObject };
}

/** Reads a pair, and knows which one is served from then on. Throws as {@link readTlsPair}. */
export function openPair(key: string, files: TlsFiles): OpenedPair {
  let served = readTlsPair(key, files);
  return {
    pair: served,
    reload: (serve) => ({
      key,
      endsAt: () => Math.min(...parseCertificates(served.cert, key).map(({ validTo }) => new Date(validTo).getTime())),
      take: () => {
        const next = readTlsPair(key, files);
        serve(next);
        served = next;
        const { fingerprint256, validTo } = new X509Certificate(next.cert);
        return { fingerprint: fingerprint256, validTo };
      },
    }),
  };
}

const invalid = (message: string, cause?: unknown): InputError => new InputError('CONFIG_INVALID', message, { cause });

function parseCertificates(text: string, where: string): readonly [X509Certificate, ...X509Certificate[]] {
  try {
    const [own, ...between] = (text.match(CERTIFICATES) ?? []).map((pem) => new X509Certificate(pem));
    if (own !== undefined) return [own, ...between];
  } catch (cause) {
    throw invalid(`${where} holds a certificate that cannot be read`, cause);
  }
  throw invalid(`${where} holds no certificate in PEM`);
}

/** Out of its time is before its first second, and after its last. */
function assertInTime({ validFrom, validTo }: X509Certificate, at: number, where: string): void {
  const [from, to] = [new Date(validFrom), new Date(validTo)];
  if (!(at >= from.getTime())) throw invalid(`${where} holds a certificate that does not count before ${validFrom}`);
  if (!(Math.floor(at / 1_000) * 1_000 <= to.getTime())) throw invalid(`${where} holds a certificate that ended at ${validTo}; renew it`);
}

function parseKey(text: string, where: string): KeyObject {
  try {
    return createPrivateKey(text);
  } catch (cause) {
    throw invalid(`${where} holds no private key in PEM without a passphrase`, cause);
  }
}
