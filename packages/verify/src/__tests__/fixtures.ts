import type { DisclosureNeeds } from '@gridpass/core';
import { createSchemas } from '@gridpass/schema';
import { CHANNEL, TENANT, createPaperSociety, type PaperSociety } from '@gridpass/testkit';
import { createVerifier, type Expected, type Verifier, type VerifierOptions } from '../index.js';

export const schemas = createSchemas();
export const ENTITLEMENT_NEEDS: DisclosureNeeds = [[{ type: 'MeteringPointEntitlement', claims: ['direction', 'exportLimitW'] }]];
export const HOUSE_NEEDS: DisclosureNeeds = [
  [
    { type: 'CustomerStatus', claims: ['active', 'biddingZoneEic'] },
    { type: 'DeviceCommissioning', claims: ['deviceClass'] },
    { type: 'MeteringPointEntitlement', claims: ['direction', 'exportLimitW'] },
  ],
];
export const ROLE_NEEDS: DisclosureNeeds = [[{ type: 'SystemOperatorRole', claims: ['roleCode'] }]];

export function optionsFor(society: PaperSociety, more: Partial<VerifierOptions> = {}): VerifierOptions {
  return {
    resolver: society.resolver,
    status: society.status,
    authority: society.authority,
    challenges: society.challenges,
    schemas,
    anchors: [{ did: society.regulator.did, mayIssue: ['RegulatorAccreditation'] }],
    algorithms: ['ES256', 'EdDSA', 'ES256K'],
    methods: ['web', 'jwk', 'key'],
    limits: { maxDepth: 5, maxCredentials: 8, presentationMaxAgeSeconds: 120, clockSkewSeconds: 0 },
    ...more,
  };
}

export const verifierFor = (society: PaperSociety, more: Partial<VerifierOptions> = {}): Verifier =>
  createVerifier(optionsFor(society, more));
export const expecting = (needs: DisclosureNeeds, state = 'state-1'): Expected => ({ tenant: TENANT, state, channel: CHANNEL, needs });

/** The household's answer to HOUSE_NEEDS. */
export const houseAnswer = (society: PaperSociety, more: Parameters<PaperSociety['answer']>[1] = {}): ReturnType<PaperSociety['answer']> =>
  society.answer(
    [
      { compact: society.customer.compact, disclose: ['active', 'biddingZoneEic'] },
      { compact: society.commissioning.compact, disclose: ['deviceClass'] },
      { compact: society.entitlement.compact, disclose: ['direction', 'exportLimitW'] },
    ],
    more,
  );

export { createPaperSociety };
