import { describe, expect, it } from '@jest/globals';
import type { GateEvent, RequestEvent } from '@gridpass/gate';
import { toConnectionEvent } from '../connection-event.js';
import { createLines } from '../program-lines.js';
import type { ReadinessEvent } from '../operations.js';
import type { ProgramEvent } from '../program-event.js';
import { toRequestLine, type RequestLine } from '../request-line.js';

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
  ['work', { kind: 'work', requestId: '', status: 500, code: 'INTERNAL', cause: 'TypeError' }],
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
