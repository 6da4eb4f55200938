import type { IAgentPluginSchema } from '@veramo/core-types';

const text = { type: 'string' };
const texts = { type: 'array', items: text };
const seconds = { type: 'integer', minimum: 0 };
const anything = {};
const object = (properties: Readonly<Record<string, object>>, optional: readonly string[] = []): object => ({
  type: 'object',
  properties,
  additionalProperties: false,
  required: Object.keys(properties).filter((name) => !optional.includes(name)),
});
const answer = { type: 'object', properties: { ok: { type: 'boolean' } }, required: ['ok'] };

/** What our verbs take and give, for agents with `schemaValidation` and for their remote interfaces. */
export const GRIDPASS_SCHEMA: IAgentPluginSchema = {
  components: {
    schemas: {},
    methods: {
      gridpassIssueCredential: {
        description: 'Signs a credential of the energy catalogue with a managed DID.',
        arguments: object(
          {
            issuer: text,
            format: text,
            type: text,
            subject: text,
            holderKey: anything,
            claims: { type: 'object' },
            validFrom: seconds,
            validUntil: seconds,
            status: { type: 'array', items: { type: 'object' } },
            authority: object({ uri: text, digest: text }),
          },
          ['holderKey', 'authority'],
        ),
        returnType: answer,
      },
      gridpassVerifyCredential: {
        description: 'Proves one credential: signature, validity, status and the accreditation of its issuer.',
        arguments: object({ credential: text }),
        returnType: answer,
      },
      gridpassPresent: {
        description: 'Answers a request of a verifier with credentials bound to a managed DID.',
        arguments: object({ holder: text, credentials: texts, disclose: texts, audience: text, nonce: text }),
        returnType: { type: 'object', properties: { mediaType: text, presentation: text }, required: ['mediaType', 'presentation'] },
      },
      gridpassVerifyPresentation: {
        description: 'Verifies a presentation and everything inside it against an open challenge, which it consumes.',
        arguments: object({
          presentation: text,
          mediaType: text,
          tenant: text,
          state: text,
          channel: text,
          needs: { type: 'array' },
          requestId: text,
        }),
        returnType: answer,
      },
    },
  },
};
