import { randomToken } from '@gridpass/codec';
import { ok, refuse } from '@gridpass/core';
import type { Outcome, RequestId } from '@gridpass/core';
import type { Context, Middleware } from 'koa';
import { turnAway } from './answer.js';
import { routeOf } from './request-notes.js';

/** What one parameter of a query may be. */
export type QueryRule =
  | { readonly kind: 'whole'; readonly from: number; readonly to: number }
  | { readonly kind: 'one-of'; readonly values: readonly string[] }
  | { readonly kind: 'text' };

/** What routes read of their queries, by method and path as the router knows them (`GET /t/:tenant/x`); one that is not here reads nothing. */
export type QueryTable = Readonly<Record<string, Readonly<Record<string, QueryRule>>>>;

/** A cursor or an identifier; what it must be beside is said where it is read. */
const MAX_TEXT = 2_048;

/**
 * Holds the query of a management route of our own against what the route reads: REQUEST_MALFORMED for a name that it does not read, one that is there more
 * than once, and a value out of bounds. Endpoints of OAuth, OpenID4VCI and OpenID4VP ignore what they do not know (RFC 6749 3.1) and never ask here.
 */
export function checkQuery(ctx: Context, table: QueryTable): Outcome<true> {
  const route = `${ctx.method === 'HEAD' ? 'GET' : ctx.method} ${routeOf(ctx) ?? ''}`;
  const rules = Object.hasOwn(table, route) ? (table[route] ?? {}) : {};
  const given = new URLSearchParams(ctx.querystring);
  for (const name of new Set(given.keys())) {
    const values = given.getAll(name);
    const rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
    if (rule === undefined) return malformed(`${toShown(name)}: not read here; ${readsOf(Object.keys(rules))}`);
    if (values.length > 1) return malformed(`${name}: given ${String(values.length)} times`);
    const wrong = mistakeIn(values[0] ?? '', rule);
    if (wrong !== undefined) return malformed(`${name}: ${wrong}`);
  }
  return ok(true);
}

/**
 * Middleware of a router whose routes are all of our own: {@link checkQuery} stands before each of them, and before whatever asks who it is.
 *
 * @example router.use(checkQueries({ 'GET /rows': { limit: { kind: 'whole', from: 1, to: 200 } } }))
 */
export function checkQueries(table: QueryTable): Middleware {
  return async function checkQueryOfRoute(ctx, next) {
    const read = checkQuery(ctx, table);
    if (!read.ok) throw turnAway(randomToken(16) as RequestId, read.refusal);
    await next();
  };
}

function mistakeIn(value: string, rule: QueryRule): string | undefined {
  switch (rule.kind) {
    case 'whole':
      return /^(?:0|[1-9]\d{0,8})$/.test(value) && Number(value) >= rule.from && Number(value) <= rule.to
        ? undefined
        : `a whole number from ${String(rule.from)} to ${String(rule.to)}`;
    case 'one-of':
      return rule.values.includes(value) ? undefined : `one of ${rule.values.join(', ')}`;
    case 'text':
      return value !== '' && value.length <= MAX_TEXT ? undefined : `1 to ${String(MAX_TEXT)} characters`;
  }
}

const readsOf = (names: readonly string[]): string =>
  names.length === 0 ? 'this route reads no query' : `this route reads ${names.join(', ')}`;

/** A name is the caller's own text and goes back to the caller, and into a line for an operator. */
const toShown = (name: string): string => name.slice(0, 40).replace(/[^\w.-]/g, '?');

const malformed = (detail: string): Outcome<never> => refuse('REQUEST_MALFORMED', 'query', detail);
