// Import of a party register: the file named by GRIDPASS_EIC_REGISTER, or 8,600 made-up rows with right check characters, read,
// checked and stored on PGlite with the log's two records. Peer: the same columns inserted by unnest in batches of 500.
import { createReadStream, statSync } from 'node:fs';
import { join } from 'node:path';
import { createAuditLog, createForgetfulCheckpoints } from '@gridpass/audit';
import { instant, tenantId } from '@gridpass/core';
import { importRegister, sampleRegister } from '@gridpass/issue';
import { createSigner, generatePrivateJwk } from '@gridpass/keys';
import { createAuditRepository, createRegisterRepository } from '@gridpass/store';
import { openTestStore } from '@gridpass/testkit';
import { sql } from 'kysely';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-';
const ROWS = 8_600;

/** The check character of an EIC: ENTSO-E, Energy Identification Coding Scheme Reference Manual, 3.2. */
function withCheck(text) {
  const sum = [...text].reduce((total, character, i) => total + ALPHABET.indexOf(character) * (16 - i), 0);
  return text + ALPHABET[36 - ((sum - 1) % 37)];
}

function madeUp() {
  const [header] = sampleRegister().split(/\r?\n/);
  const rows = [];
  for (let i = 0; rows.length < ROWS; i += 1) {
    const code = withCheck(`99X${String(i).padStart(12, '0')}`);
    // A code whose check character would be a hyphen is not given out.
    if (!code.endsWith('-'))
      rows.push(
        `${code};P${i};Party number ${i};;;${i % 9 === 0 ? 'Inactive' : 'Active'};1000;DK;;Balance Responsible Party,Balance Supplier;X`,
      );
  }
  return [header, ...rows, ''].join('\n');
}

async function* inChunks(text) {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
}

export default async function bench({ table, log }) {
  const given = process.env.GRIDPASS_EIC_REGISTER;
  const file = given && statSync(given).isDirectory() ? join(given, 'X_eiccodes.csv') : given;
  const text = madeUp();
  const store = await openTestStore();
  const register = createRegisterRepository(store);
  const audit = createAuditLog({
    repository: createAuditRepository(store),
    signer: createSigner(generatePrivateJwk('EdDSA')),
    origin: 'bench',
    checkpoints: createForgetfulCheckpoints(),
  });
  const clock = { now: () => instant(Math.floor(Date.now() / 1000)) };
  const timed = async (name, run) => {
    const cpu = process.cpuUsage();
    const started = performance.now();
    const count = await run();
    const { user, system } = process.cpuUsage(cpu);
    return { name, count, seconds: (performance.now() - started) / 1_000, cpu: (user + system) / 1e6 };
  };
  const importInto = async (tenant, input) => {
    const report = await importRegister(
      { register, audit, clock },
      { tenant: tenantId(tenant), input, operator: 'bench', requestId: `import-${tenant}` },
    );
    log(`${report.rows} rows: ${report.added} added, ${report.unchanged} unchanged, ${report.rejected} rejected`);
    return report.rows;
  };
  const raw = async () => {
    await sql`create table plain (like register_entry including all)`.execute(store.db);
    const rows = text
      .split('\n')
      .slice(1, -1)
      .map((line) => line.split(';'));
    for (let at = 0; at < rows.length; at += 500) {
      const batch = rows.slice(at, at + 500);
      const column = (i) => batch.map((row) => row[i]);
      await sql`insert into plain (tenant, code, kind, display_name, long_name, status, country, responsible_party, functions, role_codes, digest, imported_at)
        select 't', c, 'party', d, l, lower(s), 'DK', '', f, 'A08,A12', c, 0
        from unnest(${column(0)}::text[], ${column(1)}::text[], ${column(2)}::text[], ${column(5)}::text[], ${column(9)}::text[]) as r(c, d, l, s, f)`.execute(
        store.db,
      );
    }
    return rows.length;
  };
  const peer = await timed('peer: unnest alone', raw);
  const figures = [
    peer,
    await timed('import, first time', () => importInto('made-up', inChunks(text))),
    await timed('import, nothing new', () => importInto('made-up', inChunks(text))),
    ...(file ? [await timed('GRIDPASS_EIC_REGISTER', () => importInto('given', createReadStream(file)))] : []),
  ];
  table(
    ['register', 'rows', 's', 'CPU s', 'rows per s', 'CPU per row to peer'],
    figures.map(({ name, count, seconds, cpu }) => [
      name,
      count,
      seconds.toFixed(2),
      cpu.toFixed(2),
      (count / seconds).toFixed(0),
      `${(cpu / count / (peer.cpu / peer.count)).toFixed(1)}x`,
    ]),
  );
  await store.close();
}
