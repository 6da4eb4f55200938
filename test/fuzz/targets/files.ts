import { isJsonObject, parseJson } from '@gridpass/codec';
import { readRegister } from '../../../packages/issue/src/register/read-register.js';
import { sampleRegister } from '@gridpass/issue';
import { generatePrivateJwk, createSigner, thumbprintOf, toPublicJwk } from '@gridpass/keys';
import { toDidJwk } from '@gridpass/did';
import type { PaperSociety } from '@gridpass/testkit';
import { fromArchiveJson, toArchiveJson } from '../../../packages/hold/src/archive.js';
import { openArchive } from '../../../packages/hold/src/archive-seal.js';
import { assertRule, labelOf, orInputError, textOf, toInput, type Target } from '../target.js';

/** What people upload: a register of parties, the archive of a wallet. */
export function fileTargets(society: PaperSociety): readonly Target[] {
  return [register(), archive(society), sealedArchive()];
}

function register(): Target {
  return {
    name: 'register-csv',
    shape: 'lines',
    seeds: [toInput(sampleRegister())],
    run: (input) =>
      orInputError(async () => {
        const counts = { kept: 0, rejected: new Set<string>() };
        for await (const { entry, bytesRead } of readRegister(inChunks(input))) {
          assertRule(bytesRead <= input.length, 'no more is read than there is');
          if (entry.ok) counts.kept += 1;
          else counts.rejected.add(entry.refusal.code);
        }
        return `kept ${counts.kept > 0 ? 'some' : 'none'}, rejected ${[...counts.rejected].sort().join(' ')}`;
      }),
  };
}

/** Lines are found wherever chunks end. */
async function* inChunks(input: Uint8Array): AsyncIterable<Uint8Array> {
  for (let at = 0; at < input.length; at += 97) yield input.subarray(at, at + 97);
}

function archive(society: PaperSociety): Target {
  const privateJwk = generatePrivateJwk('ES256');
  const did = toDidJwk(toPublicJwk(privateJwk));
  const relation = { relationId: 'r1', keyId: 'k1', did, thumbprint: thumbprintOf(createSigner(privateJwk).publicJwk), createdAt: 1 };
  const { compact } = society.entitlement;
  const content = {
    identity: 'pairwise',
    relations: [{ relation, privateJwk }],
    credentials: [{ credentialId: 'c', relationId: 'r1', format: 'dc+sd-jwt', compact, receivedAt: 1, state: 'valid', stateAt: 1 }],
    disclosures: [
      {
        disclosureId: 'd',
        relationId: 'r1',
        verifier: 'did:web:m.example',
        responseUri: 'https://m.example/',
        at: 1,
        answer: 'sent',
        shown: [{ type: 'CustomerStatus', digest: 'x', claims: ['active'] }],
      },
    ],
  };
  return {
    name: 'wallet-archive',
    shape: 'json',
    seeds: [toInput(toArchiveJson(content as unknown as Parameters<typeof toArchiveJson>[0]))],
    run: (input) => {
      const json = parseJson(textOf(input));
      if (!json.ok || !isJsonObject(json.value)) return 'not JSON';
      const read = fromArchiveJson(json.value);
      if (read.ok) {
        const known = new Set(read.value.relations.map(({ relation: { relationId } }) => relationId));
        assertRule(
          read.value.credentials.every(({ relationId }) => known.has(relationId)),
          'every credential has its face',
        );
      }
      return labelOf(read);
    },
  };
}

/** Everything here ends before the passphrase is worked on: the seeds lack one member. */
function sealedArchive(): Target {
  const header = {
    format: 'gridpass-wallet-archive',
    version: 1,
    kdf: { name: 'scrypt', N: 65_537, r: 8, p: 1, salt: 'A'.repeat(22) },
    cipher: { name: 'A256GCM', nonce: 'A'.repeat(16) },
  };
  return {
    name: 'sealed-archive',
    shape: 'json',
    seeds: [toInput({ ...header, sealed: 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' })],
    run: async (input) => {
      const opened = await openArchive(textOf(input), 'a passphrase of twelve');
      assertRule(!opened.ok, 'nothing opens that was not sealed');
      return labelOf(opened);
    },
  };
}
