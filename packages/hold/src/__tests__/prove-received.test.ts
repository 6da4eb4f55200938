import { describe, expect, it } from '@jest/globals';
import { assertOk } from '@gridpass/core';
import type { CredentialFormat, WalletRelation } from '@gridpass/core';
import { thumbprintOf } from '@gridpass/keys';
import { createSchemas } from '@gridpass/schema';
import { NOON, createPaperSociety } from '@gridpass/testkit';
import type { PaperSociety } from '@gridpass/testkit';
import { proveCredential, proveReceived } from '../prove-received.js';

const schemas = createSchemas();
const textIn = ({ bytes }: { readonly bytes: Uint8Array }): string => new TextDecoder().decode(bytes);

async function presented(society: PaperSociety): Promise<string> {
  const shown = await society.answer([{ compact: society.entitlement.compact, disclose: ['direction'] }]);
  const [[text = ''] = []] = Object.values(JSON.parse(textIn(shown)) as Record<string, readonly string[]>);
  return text;
}

describe('what a wallet is given', () => {
  const receive = (society: PaperSociety, compact: string, format: CredentialFormat, party = society.house) => {
    const face = { relationId: 'face', did: party.did, thumbprint: thumbprintOf(party.publicJwk) } as WalletRelation;
    return proveReceived({ compact, format }, { resolver: society.resolver, schemas, at: NOON, faces: [face] });
  };

  it('is a credential of one of its faces, in the format it was said to have', async () => {
    const society = await createPaperSociety();
    const { entitlement, dsoRole } = society;
    expect(assertOk(await receive(society, entitlement.compact, 'dc+sd-jwt')).digest).toBe(entitlement.digest);
    expect(assertOk(await receive(society, dsoRole.compact, 'vc+jwt', society.dso)).digest).toBe(dsoRole.digest);
    expect((await receive(society, entitlement.compact, 'dc+sd-jwt', society.stranger)).refusal?.code).toBe('HOLDER_MISMATCH');
    expect((await receive(society, dsoRole.compact, 'vc+jwt')).refusal?.code).toBe('HOLDER_MISMATCH');
    expect((await receive(society, entitlement.compact, 'vc+jwt')).ok).toBe(false);
    expect((await receive(society, dsoRole.compact, 'dc+sd-jwt', society.dso)).ok).toBe(false);
  });

  it('is no presentation: neither an SD-JWT with a key binding nor a vp+jwt', async () => {
    const society = await createPaperSociety();
    const options = { resolver: society.resolver, schemas, at: NOON };
    const refusal = { code: 'PRESENTATION_MALFORMED', detail: 'a presentation where a credential was expected' };
    expect((await receive(society, await presented(society), 'dc+sd-jwt')).refusal).toMatchObject(refusal);
    expect((await proveCredential(await presented(society), 'dc+sd-jwt', options)).refusal).toMatchObject(refusal);
    const vp = textIn(await society.present(society.dso, [society.dsoRole.compact]));
    for (const format of ['vc+jwt', 'dc+sd-jwt'] as const)
      expect((await receive(society, vp, format, society.dso)).refusal?.code).toBe('PRESENTATION_MALFORMED');
  });
});
