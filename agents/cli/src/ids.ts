import { memberOf } from '@gridpass/codec';
import type { JsonObject } from '@gridpass/core';
import { CommandError } from './io.js';
import { rowsOf } from './output.js';
import { toCell } from './print.js';

/** Where whole ids are looked up. */
export interface IdSource {
  /** What it names, e.g. `application`. */
  readonly what: string;
  /** The member of a row that is the id. */
  readonly member: string;
  /** The member of an answer that holds the rows; `rows` unless told. */
  readonly rows?: string;
  /** The characters of a whole id. */
  readonly length: number;
  readonly page: (after: string | undefined) => Promise<JsonObject>;
  /** The command that shows them. */
  readonly seen: string;
}

/** Fewer characters are no beginning of an id, but taken as they are. */
const FEWEST = 4;
/** Pages that are looked through; who has more gives the whole id. */
const MOST_PAGES = 200;
/** Ids that are named where several begin alike. */
const TOLD = 5;

/** A short id as the tables show it, made whole; what is whole already stays as it is, and nobody is asked. */
export async function wholeId(text: string, source: IdSource): Promise<string> {
  if (text.length < FEWEST || text.length >= source.length || !/^[\w.-]+$/u.test(text)) return text;
  const found = new Set<string>();
  let after: string | undefined;
  for (let pages = 0; pages < MOST_PAGES; pages += 1) {
    const page = await source.page(after);
    for (const row of rowsOf(memberOf(page, source.rows ?? 'rows'))) {
      const id = memberOf(row, source.member);
      if (id === text) return text;
      if (typeof id === 'string' && id.startsWith(text)) found.add(id);
    }
    const next = memberOf(page, 'next');
    if (typeof next !== 'string') return one(text, [...found], source);
    after = next;
  }
  throw new CommandError(
    'REQUEST_MALFORMED',
    `${source.what} ${text}: there are too many to look it up by its beginning; give the whole id`,
  );
}

function one(text: string, found: readonly string[], { what, seen }: IdSource): string {
  const [id] = found;
  if (id === undefined) throw new CommandError('NOT_FOUND', `no ${what} begins with ${text}; see: ${seen}`, { ending: 'no' });
  if (found.length === 1) return id;
  const told = found.slice(0, TOLD).map(toCell).join(', ');
  throw new CommandError(
    'REQUEST_MALFORMED',
    `${what} ${text} is ambiguous, ${String(found.length)} begin so: ${told}${found.length > TOLD ? ', …' : ''}; give more characters`,
  );
}
