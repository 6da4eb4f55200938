import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import { isJsonObject, memberOf, parseJson, textsOf } from '@gridpass/codec';
import { InputError } from '@gridpass/core';
import type { JsonObject, JsonValue } from '@gridpass/core';
import type { StoreTransaction } from '../database.js';
import { listColumns, lockTables, type Column } from './catalog.js';
import { assertEmpty } from './empty-store.js';
import { forgetOnce } from './once.js';
import { lockRestoreMark, markLoaded } from './restore-mark.js';
import type { Store } from '../open.js';

/** What is sent at once: so many rows, and not many more characters than that. */
const ROWS = 200;
const CHARACTERS = 1_000_000;

/** What was brought in. */
export interface Loaded {
  readonly tables: number;
  readonly rows: number;
  /** Offers that were open at the backup and are withdrawn, since nobody knows which were used meanwhile. */
  readonly offersWithdrawn: number;
}

/**
 * Brings the lines that follow `database` in {@link snapshotLines} into a database of the same migrations, in one transaction: all rows are
 * there or none. What may be used once is not brought in (`once.ts`), and all status lists are to be burnt. Undefined where somebody else
 * brought them in meanwhile. InputError ARCHIVE_INVALID for lines that are none, or not all; CONFLICT where a row is there by now.
 */
export async function loadSnapshot(
  store: Pick<Store, 'transaction'>,
  lines: AsyncIterable<string>,
  at: number,
): Promise<Loaded | undefined> {
  return store.transaction(async (tx) => {
    if ((await lockRestoreMark(tx))?.state !== 'loading') return undefined;
    // A program that was started before the mark was there may have written since: from here on nobody else does.
    await lockTables(tx);
    await assertEmpty(tx);
    const loading = new Loading(tx);
    for await (const line of lines) await loading.read(line);
    const { tables, rows } = loading.done();
    const offersWithdrawn = await forgetOnce(tx, at);
    await sql`insert into status_burn_owed (tenant) select distinct tenant from status_list on conflict do nothing`.execute(tx);
    await markLoaded(tx);
    return { tables, rows, offersWithdrawn };
  });
}

const bad = (detail: string): InputError => new InputError('ARCHIVE_INVALID', `the backup is not whole: ${detail}`);

interface OpenTable {
  readonly name: string;
  readonly columns: readonly Column[];
  readonly digest: ReturnType<typeof createHash>;
  rows: number;
}

class Loading {
  readonly #tx: StoreTransaction;
  #table: OpenTable | undefined;
  #batch: (readonly (string | null)[])[] = [];
  #characters = 0;
  #tables = 0;
  #rows = 0;
  #ended = false;

  constructor(tx: StoreTransaction) {
    this.#tx = tx;
  }

  async read(line: string): Promise<void> {
    const json = parseJson(line, { maxBytes: Number.MAX_SAFE_INTEGER });
    if (!json.ok || this.#ended) throw bad(this.#ended ? 'a line stands behind its end' : 'a line is no JSON');
    if (Array.isArray(json.value)) return this.#row(line, json.value);
    if (!isJsonObject(json.value)) throw bad('a line is neither a row nor a description');
    switch (memberOf(json.value, 'kind')) {
      case 'table':
        return this.#open(json.value);
      case 'rows':
        return this.#close(json.value);
      case 'sequence':
        return this.#sequence(json.value);
      case 'end':
        if (memberOf(json.value, 'rows') !== this.#rows || this.#table !== undefined) throw bad('its end counts other rows');
        this.#ended = true;
        return;
      default:
        throw bad('a line is of no kind that is known here');
    }
  }

  done(): { readonly tables: number; readonly rows: number } {
    if (!this.#ended) throw bad('it has no end');
    return { tables: this.#tables, rows: this.#rows };
  }

  async #open(line: JsonObject): Promise<void> {
    const [name, names] = [memberOf(line, 'name'), textsOf(memberOf(line, 'columns') ?? null)];
    if (typeof name !== 'string' || names === undefined || this.#table !== undefined) throw bad('a table begins where none can');
    // Types come from this database: the same migrations made it.
    const known = await listColumns(this.#tx, name);
    if (names.length !== known.length || known.some((column, i) => column.name !== names[i]))
      throw bad(`the table ${name} has other columns here`);
    this.#table = { name, columns: known, digest: createHash('sha256'), rows: 0 };
  }

  async #row(line: string, values: readonly JsonValue[]): Promise<void> {
    const table = this.#table;
    if (table === undefined || values.length !== table.columns.length) throw bad('a row fits no table');
    const row = values.map((value) => {
      if (value !== null && typeof value !== 'string') throw bad('a value is no text');
      return value;
    });
    table.digest.update(`${line}\n`);
    table.rows += 1;
    this.#batch.push(row);
    this.#characters += line.length;
    if (this.#batch.length >= ROWS || this.#characters >= CHARACTERS) await this.#flush(table);
  }

  async #close(line: JsonObject): Promise<void> {
    const table = this.#table;
    if (table === undefined || memberOf(line, 'name') !== table.name) throw bad('a table ends that did not begin');
    await this.#flush(table);
    if (memberOf(line, 'rows') !== table.rows || memberOf(line, 'digest') !== table.digest.digest('base64url'))
      throw bad(`the rows of ${table.name} are not those that were written`);
    this.#tables += 1;
    this.#rows += table.rows;
    this.#table = undefined;
  }

  async #flush({ name, columns }: OpenTable): Promise<void> {
    const rows = this.#batch;
    this.#batch = [];
    this.#characters = 0;
    if (rows.length === 0) return;
    // Through text: the drivers would take a value of the column's own type in another form each.
    const tuples = rows.map(
      (row) => sql`(${sql.join(row.map((value, i) => sql`${value}::text::${sql.raw(columns[i]?.type ?? 'text')}`))})`,
    );
    const names = columns.map((column) => sql.ref(column.name));
    await sql`insert into ${sql.table(name)} (${sql.join(names)}) overriding system value values ${sql.join(tuples)}`.execute(this.#tx);
  }

  async #sequence(line: JsonObject): Promise<void> {
    const [name, value] = [memberOf(line, 'name'), memberOf(line, 'value')];
    if (typeof name !== 'string' || typeof value !== 'string') throw bad('a sequence has no value');
    await sql`select setval(quote_ident(${name}::text)::regclass, ${value}::text::bigint)`.execute(this.#tx);
  }
}
