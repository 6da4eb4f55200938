import { decodeBase64url, sha256, utf8 } from '@gridpass/codec';
import { InputError, ok, refuse } from '@gridpass/core';
import type { Outcome, PublicJwk, Signer } from '@gridpass/core';
import { verifySignature } from '@gridpass/keys';
import { sameHash } from './proofs.js';

/** What a signed checkpoint states: the log `origin` had `size` entries under `root`. */
export interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  readonly root: Uint8Array;
}

// C2SP signed-note: signature type 0x01 is Ed25519 over the note's text.
const ED25519 = 1;
const HASH_BYTES = 32;
const KEY_ID_BYTES = 4;
const SIGNATURE_BYTES = 64;
const ORIGIN = /^[\x21-\x2a\x2c-\x7e]{1,512}$/;
const SIZE = /^(?:0|[1-9][0-9]{0,15})$/;

/** Throws InputError CONFIG_INVALID unless the key and the origin can make signed notes. */
export function assertCheckpointKey(signer: Signer, origin: string): void {
  if (signer.alg !== 'EdDSA') throw new InputError('CONFIG_INVALID', 'the audit log signs its checkpoints with an Ed25519 key');
  if (!ORIGIN.test(origin)) throw new InputError('CONFIG_INVALID', 'the origin of the audit log is visible ASCII without plus and spaces');
}

/** Signs a checkpoint as a note (C2SP tlog-checkpoint and signed-note): three lines, an empty one, the signature line. */
export async function signCheckpoint({ origin, size, root }: Checkpoint, signer: Signer): Promise<string> {
  const text = `${origin}\n${size}\n${toBase64(root)}\n`;
  const signature = await signer.sign(utf8(text));
  return `${text}\n— ${origin} ${toBase64(new Uint8Array([...keyIdOf(origin, signer.publicJwk), ...signature]))}\n`;
}

/** Reads a signed checkpoint; refuses LOG_INCONSISTENT unless the note is exactly in form and signed by this key for its origin. */
export function checkCheckpoint(note: string, publicJwk: PublicJwk): Outcome<Checkpoint> {
  const bad = (detail: string): Outcome<never> => refuse('LOG_INCONSISTENT', 'audit', `checkpoint: ${detail}`);
  const read = readNote(note);
  if (read === undefined) return bad('not a signed note of three lines with one signature of its origin');
  const { checkpoint, text, signed } = read;
  if (!sameHash(signed.slice(0, 4), keyIdOf(checkpoint.origin, publicJwk))) return bad('signed by another key');
  if (!verifySignature(publicJwk, 'EdDSA', utf8(text), signed.slice(4))) return bad('the signature does not verify');
  return ok(checkpoint);
}

function readNote(note: string): { readonly checkpoint: Checkpoint; readonly text: string; readonly signed: Uint8Array } | undefined {
  const lines = note.split('\n');
  const [origin = '', sizeText = '', rootText = '', empty, signatureLine = '', end] = lines;
  if (lines.length !== 6 || empty !== '' || end !== '' || !ORIGIN.test(origin) || !SIZE.test(sizeText)) return undefined;
  const root = fromBase64(rootText);
  const prefix = `— ${origin} `;
  const signed = signatureLine.startsWith(prefix) ? fromBase64(signatureLine.slice(prefix.length)) : undefined;
  if (root?.length !== HASH_BYTES || signed?.length !== KEY_ID_BYTES + SIGNATURE_BYTES) return undefined;
  return { checkpoint: { origin, size: Number(sizeText), root }, text: `${origin}\n${sizeText}\n${rootText}\n`, signed };
}

function keyIdOf(name: string, publicJwk: PublicJwk): Uint8Array {
  const key = publicJwk.kty === 'OKP' ? decodeBase64url(publicJwk.x) : undefined;
  if (key?.ok !== true) throw new InputError('CONFIG_INVALID', 'the key of an audit log is an Ed25519 key');
  return sha256(new Uint8Array([...utf8(`${name}\n`), ED25519, ...key.value])).slice(0, 4);
}

const toBase64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

/** Standard base64, canonical only. */
function fromBase64(text: string): Uint8Array | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? new Uint8Array(bytes) : undefined;
}
