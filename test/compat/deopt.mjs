// node [FLAGS] test/compat/deopt.mjs SECONDS: decisions of the policy engine and queries of the embedded store, as fast as they go,
// and a line of JSON at the end. Both are WebAssembly, which V8 inlines calls into once they are hot; with
// `--deopt-every-n-times` it gives up what it has compiled again and again in the midst of them, as it otherwise does by chance.
import { sql } from 'kysely';
import { EUROPEAN_MARKET_TIME_ZONE, marketCalendar } from '@gridpass/core';
import { decide, parsePolicySet } from '@gridpass/policy';
import { createClaimShapes } from '@gridpass/schema';
import { openStore } from '@gridpass/store';

const seconds = Number(process.argv[2] ?? 300);
const policySet = parsePolicySet({
  channel: 'compat',
  claims: createClaimShapes(),
  request: 'read-off-the-policies',
  calendar: marketCalendar(EUROPEAN_MARKET_TIME_ZONE),
  cedar: `@id("small") @denies("not-active, too-large") permit(principal, action, resource)
    when { context.CustomerStatus.active } when { context.DeviceCommissioning.ratedActivePowerW <= context.request.limitW };`,
});
const at = 1_795_392_000;

/** A permit asks the engine once, a deny also for the clauses that explain it. */
function decideOn(power) {
  const facts = [
    { kind: 'value', path: 'CustomerStatus.active', value: true },
    { kind: 'value', path: 'DeviceCommissioning.ratedActivePowerW', value: power },
  ];
  const request = { principal: 'did:key:z1', action: 'trade', resource: { limitW: 500 }, at };
  return decide({ policySet, facts, request }).effect;
}

const store = await openStore({ kind: 'pglite' });
await store.migrate();
await sql`create table compat (id bigint primary key, body bytea not null)`.execute(store.db);
const end = performance.now() + seconds * 1000;
const done = { decisions: 0, transactions: 0 };
do {
  for (let i = 0; i < 20; i += 1, done.decisions += 1) {
    const power = (done.decisions * 7) % 1000;
    if (decideOn(power) !== (power <= 500 ? 'permit' : 'deny')) throw new Error(`a wrong decision at ${power}`);
  }
  const id = done.transactions;
  const body = new Uint8Array(1 + (id % 2000)).fill(id % 251);
  await store.transaction(async (tx) => {
    await sql`insert into compat (id, body) values (${id}, ${body})`.execute(tx);
    const { rows } = await sql`select id, body from compat where id between ${id - 3} and ${id} order by id desc`.execute(tx);
    if (rows[0]?.id !== id || Buffer.compare(rows[0].body, body) !== 0) throw new Error(`a wrong row at ${id}`);
    await sql`delete from compat where id < ${id - 10}`.execute(tx);
  });
  done.transactions += 1;
} while (performance.now() < end);
await store.close();
process.stdout.write(`${JSON.stringify(done)}\n`);
