import { createReadStream } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { toLines } from '@gridpass/codec';
import { assertOk, tenantId, type JsonObject, type PublicJwk } from '@gridpass/core';
import { checkLogExport } from '@gridpass/audit';
import { parsePublicJwk } from '@gridpass/keys';
import { ISSUERS } from '../cast.js';
import type { Society } from '../compose.js';
import { assertShown, type Act } from './act.js';
import { textIn } from './read.js';

/** What must be found in the logs afterwards: log, kind, the beginning of the action, and effect or code where there is one. */
const EXPECTED: readonly (readonly [log: string, kind: string, action: string, outcome?: string])[] = [
  ['root', 'act', 'issue'],
  ['regulator', 'act', 'issue'],
  ['dso', 'act', 'revoke'],
  ['market-operator', 'decision', 'telemetry', 'permit'],
  ['market-operator', 'decision', 'behind_the_meter', 'permit'],
  ['market-operator', 'decision', 'behind_the_meter', 'deny'],
  ['market-operator', 'decision', 'multi_class', 'permit'],
  ['market-operator', 'refusal', 'behind_the_meter', 'GRANT_ENDED'],
  ['ledger-gate', 'decision', 'multi_class', 'permit'],
  ['dso', 'act', 'did.rotate.done'],
  ['supplier', 'act', 'did.transfer.offer'],
  ['supplier', 'act', 'did.transfer.accept'],
  ['supplier', 'act', 'did.transfer.moved'],
  ['dso', 'act', 'suspend'],
  ['dso', 'act', 'did.transfer.confirm'],
];

interface Entry {
  readonly log: string;
  readonly kind: string;
  readonly action: string;
  readonly outcome: string;
}

/** The auditor takes the logs home and checks them without asking anybody. */
export const auditLogs: Act = {
  id: 'audit',
  title: 'The auditor verifies the logs offline and finds each decision',
  async play(society, says) {
    const directory = join(society.config.directory, 'audit');
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const entries: Entry[] = [];
    let logs = 0;
    for (const { log, lines, publicJwk } of await collect(society)) {
      const file = join(directory, `${log}.ndjson`);
      await writeFile(file, `${lines.join('\n')}\n`, { mode: 0o600 });
      await writeFile(join(directory, `${log}.key.json`), `${JSON.stringify(publicJwk)}\n`);
      // From here on there are files and a key, no society.
      const summary = assertOk(
        await checkLogExport(toLines(createReadStream(file)), {
          publicJwk,
          onEntry: (_index, entry) => entries.push(toEntry(log, entry)),
        }),
      );
      says(`${log}: ${summary.size} entries, root ${summary.rootHash.slice(0, 12)}...`);
      logs += 1;
    }
    for (const [log, kind, action, outcome] of EXPECTED) {
      const found = entries.some(
        (entry) =>
          entry.log === log &&
          entry.kind === kind &&
          entry.action.startsWith(action) &&
          (outcome === undefined || entry.outcome === outcome),
      );
      assertShown(found, `${log} holds a ${kind} on ${action}${outcome === undefined ? '' : `: ${outcome}`}`);
    }
    says(
      `all ${EXPECTED.length} kinds of decision of this society are there; check yourself: npx gridpass audit verify ${join(directory, 'market-operator.ndjson')}`,
    );
    return { logs, entries: entries.length, found: EXPECTED.length };
  },
};

async function collect(
  society: Society,
): Promise<readonly { readonly log: string; readonly lines: readonly string[]; readonly publicJwk: PublicJwk }[]> {
  const collected = [];
  for (const { tenant } of ISSUERS) {
    const admin = society.admin(tenant);
    collected.push({
      log: tenant,
      lines: await admin.exportAudit(),
      publicJwk: assertOk(parsePublicJwk({ ...(await admin.auditKey()).publicJwk })),
    });
  }
  const tenant = tenantId('ledger-gate');
  const own = await society.program.auditLog(tenant, new URL(society.ledgerGate.url).host);
  const lines: string[] = [];
  for await (const line of own.exportLog(tenant)) lines.push(line);
  collected.push({ log: 'ledger-gate', lines, publicJwk: await society.program.auditKey(tenant) });
  return collected;
}

function toEntry(log: string, entry: JsonObject): Entry {
  const text = (name: string): string => textIn(entry, name);
  return { log, kind: text('kind'), action: text('action'), outcome: text('effect') === '' ? text('code') : text('effect') };
}
