import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { toUnexpectedEvent, type GateEvent, type RequestEvent } from '@gridpass/gate';
import { NOON, createFakeClock, loopbackFetch } from '@gridpass/testkit';
import { toConnectionEvent } from '../connection-event.js';
import { createLines } from '../program-lines.js';
import { readinessOf, type ReadinessEvent } from '../operations.js';
import type { ProgramEvent } from '../program-event.js';
import { reloadOf } from '../reload.js';
import { toRequestLine, type RequestLine } from '../request-line.js';

const ROOT = join(import.meta.dirname, '../../../..');

type Told = GateEvent | RequestEvent | RequestLine | ReadinessEvent | ProgramEvent;

/** One of each that is told in a program, and the kind of its line. */
const TOLD: readonly (readonly [kind: string, event: Told])[] = [
  ['request', toRequestLine({}, { method: 'GET', status: 200, durationMs: 1 })],
  ['request', { requestId: 'r', method: 'GET', route: '/t/:tenant', status: 404, code: 'NOT_FOUND' }],
  ['readiness', { kind: 'readiness', status: 'unready', failing: ['database'] }],
  ['fault', { kind: 'fault', code: 'AUDIT_UNAVAILABLE', tenant: 'dso' as never, detail: 'x' }],
  ['done', { kind: 'done', tenant: 'dso' as never, detail: 'x' }],
  ['connection', toConnectionEvent(Object.assign(new Error('x'), { code: 'ECONNRESET' }))],
  ['connection', toConnectionEvent(new TypeError('x'))],
  ['connection', { requestId: '', method: '', route: 'connection', status: 400, code: 'REQUEST_MALFORMED' }],
  ['work', toUnexpectedEvent(Object.assign(new Error('x'), { code: 'ECONNRESET' }))],
  ['work', toUnexpectedEvent('x')],
  ['work', { requestId: 'registration', status: 503, code: 'TRUST_UNAVAILABLE' }],
  ...[
    'refusal summary',
    'anchoring',
    'housekeeping',
    'housekeeping transfer x',
    'register deadlines',
    'prerequisites of dso',
    'accreditations of dso',
    'refreshing',
  ].map((route) => ['work', { requestId: '', method: '', route, status: 503, code: 'REMOTE_UNAVAILABLE' }] as const),
];

/** What meets an error that nobody named, and what it tells of it. */
const MEETS: readonly (readonly [what: string, meet: (log: (event: object) => void) => Promise<unknown>])[] = [
  [
    'a probe',
    (log) => {
      const ping = () => Promise.reject(new TypeError('x'));
      const program = {
        store: { ping } as never,
        clock: createFakeClock(NOON),
        chainFetch: loopbackFetch,
        assertLogs: async () => undefined,
      };
      return readinessOf(program, [], log).state();
    },
  ],
  [
    'what is read again',
    async (log) => {
      const take = () => {
        throw new TypeError('x');
      };
      await reloadOf([{ key: 'policies', take }], log).reload?.();
    },
  ],
];

describe('an error that nobody named is told of as work where no connection ended by it', () => {
  it.each(MEETS)('%s', async (_what, meet) => {
    const told: object[] = [];
    await meet((event) => void told.push(event));
    expect(told).toContainEqual({ kind: 'work', requestId: '', status: 500, code: 'INTERNAL', cause: 'TypeError' });
  });
});

it('a connection that ended badly is told of by who listens for errors of a web server alone', () => {
  const uses = globSync('agents/*/src/**/*.ts', { cwd: ROOT, exclude: (name) => name.includes('__tests__') }).flatMap((file) => {
    const lines = readFileSync(join(ROOT, file), 'utf8').split('\n');
    // The listener begins on the same line or on the one before.
    return lines.flatMap((line, at) => (line.includes('toConnectionEvent(') ? [`${lines[at - 1] ?? ''}${line}`] : []));
  });
  expect(uses.length).toBeGreaterThan(3);
  expect(uses.filter((use) => !use.includes("app.on('error', "))).toEqual([]);
});

describe('each line has a kind', () => {
  it.each(TOLD)('%s', (kind, event) => {
    let line = '';
    createLines('issuer', (said) => {
      line = said;
    })(event);
    const said = JSON.parse(line) as Record<string, unknown>;
    expect(said['kind']).toBe(kind);
    expect(Object.keys(said).slice(0, 4)).toEqual(['time', 'level', 'program', 'kind']);
    // What was told is in it, and nothing of it is changed.
    expect(said).toMatchObject(event);
  });
});
