import { instant } from '@gridpass/core';
import type { Digest, DidUrl, Nonce } from '@gridpass/core';
import { buildVpJwt, presentSdJwtVc } from '@gridpass/suite';
import { AUDIENCE, CHANNEL, received } from '@gridpass/testkit';
import { MARKET } from '../world.js';
import type { Model } from './model.js';
import type { HeldText } from './redeem.js';
import type { Replica } from './replica.js';
import { decisionOf } from './rules.js';
import type { LifeCycleWorld } from './world.js';

/** What the gate of a replica says of a credential that its holder shows: `permit`, or the code of the refusal. */
export async function decideAtGate(
  { verifier, challenges }: Pick<Replica, 'verifier' | 'challenges'>,
  { compact, format, holder }: HeldText,
  { type, at }: { readonly type: Parameters<Replica['verifier']['verify']>[1]['needs'][number][number]['type']; readonly at: number },
): Promise<string> {
  const now = instant(at);
  const [nonce, state] = ['nonce' as Nonce, 'state'];
  const opened = { tenant: MARKET, nonce, state, audience: AUDIENCE, channel: CHANNEL, sessionThumbprint: '', expiresAt: instant(at + 60) };
  await challenges.issueChallenge(opened);
  const shown = { audience: AUDIENCE, nonce, at: now };
  const { did, signer } = holder;
  const presentation =
    format === 'vc+jwt'
      ? received(
          'vp+jwt',
          await buildVpJwt({ ...shown, holder: { ...signer, did, kid: `${did}#0` as DidUrl }, credentials: [compact], lifeSeconds: 60 }),
          now,
        )
      : received('openid4vp', JSON.stringify({ [type]: [await presentSdJwtVc({ ...shown, compact, disclose: [], holder: signer })] }), now);
  const trusted = await verifier.verify(presentation, { tenant: MARKET, state, channel: CHANNEL, needs: [[{ type, claims: [] }]] });
  return trusted.ok ? 'permit' : trusted.refusal.code;
}

/** Both gates about one credential, held against the model; nothing where its text was lost with a program that died. */
export async function checkAtGates(world: LifeCycleWorld, model: Model, name: string): Promise<readonly string[]> {
  const text = world.texts.get(world.idOf(name) as Digest);
  const record = model.records.find(({ id }) => id === name);
  if (text === undefined || record === undefined || record.wish === 'role') return [];
  const expected = decisionOf(model, name);
  const wrong: string[] = [];
  for (const replica of world.replicas) {
    const found = await decideAtGate(replica, text, { type: world.wishes[record.wish].type, at: world.clock.now() });
    if (found !== expected) wrong.push(`a gate says ${found} of ${name} (${record.wish}), which is to be ${expected}`);
  }
  return wrong;
}
