import { digestOf } from '@gridpass/codec';
import { assertOk, InputError, type Instant, type Nonce, type Signer } from '@gridpass/core';
import { parseIssuedSdJwtVc, splitSdJwt } from './sd-jwt-parse.js';
import { signJose } from './sign.js';

/** What a holder shows of one SD-JWT VC, to whom and in answer to which nonce. */
export interface PresentSdJwtInput {
  /** The credential as issued, with all disclosures. */
  readonly compact: string;
  /** Names of the claims to disclose; claims that are always shown may be listed too. */
  readonly disclose: readonly string[];
  readonly holder: Signer;
  readonly audience: string;
  readonly nonce: Nonce;
  readonly at: Instant;
}

/**
 * Presents an SD-JWT VC: keeps only the named disclosures and binds them with a KB-JWT. The caller guarantees that
 * `holder` signs with the credential's `cnf` key. Throws InputError for a claim the credential does not hold.
 */
export async function presentSdJwtVc(input: PresentSdJwtInput): Promise<string> {
  const { jwt } = assertOk(splitSdJwt(input.compact));
  const { disclosures, content } = assertOk(parseIssuedSdJwtVc(input.compact));
  const unknown = input.disclose.filter((name) => !Object.hasOwn(content.claims, name));
  if (unknown.length > 0) throw new InputError('QUERY_UNSATISFIABLE', `the credential holds no ${unknown.join(', ')}`);
  const shown = disclosures.filter(({ name }) => name !== undefined && input.disclose.includes(name)).map(({ encoded }) => encoded);
  const presented = [jwt, ...shown, ''].join('~');
  const payload = { iat: input.at, aud: input.audience, nonce: input.nonce, sd_hash: digestOf(presented) };
  return presented + (await signJose('kb+jwt', payload, input.holder));
}
