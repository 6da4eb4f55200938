import { ok, refuse } from '@gridpass/core';
import type { Application, JsonObject, MeteringPointKeys, Outcome } from '@gridpass/core';
import { isJsonObject, memberOf, textsIn } from '@gridpass/codec';
import { parseIdentifier } from '@gridpass/identifiers';
import { checkTexts, readTexts } from './shown.js';

/** One of the two ways energy goes through a metering point. */
export type Flow = 'consumption' | 'production';

const FLOWS: Readonly<Record<string, readonly Flow[]>> = { consumption: ['consumption'], production: ['production'] };

/** The flows that claims are about; where they do not say, both. */
export function flowsOf(claims: JsonObject): readonly Flow[] {
  const [direction = 'combined'] = textsIn(claims, 'direction');
  return Object.hasOwn(FLOWS, direction) ? (FLOWS[direction] ?? []) : ['consumption', 'production'];
}

/** What the metering point of the claims is found by. */
export function meteringPointOf(claims: JsonObject): MeteringPointKeys | undefined {
  const hash = memberOf(claims, 'meteringPointHash');
  if (typeof hash !== 'string') return undefined;
  const point = memberOf(claims, 'meteringPoint');
  const [scheme, value] = isJsonObject(point) ? [memberOf(point, 'scheme'), memberOf(point, 'value')] : [];
  return { hash, ...(typeof scheme === 'string' && typeof value === 'string' ? { code: `${scheme}:${value}` } : {}) };
}

/**
 * What the claims of a metering point or its meter must say besides their schema: the point in its one spelling, or two households
 * could hold it under two (IDENTIFIER_SYNTAX), and no register that counts against the direction (SCHEMA_VIOLATION, also where these
 * claims are there in a form of their own).
 */
export function checkPointClaims({ type, claims }: Pick<Application, 'type' | 'claims'>): Outcome<true> {
  const point = memberOf(claims, 'meteringPoint');
  if (point !== undefined) {
    if (!isJsonObject(point)) return refuse('SCHEMA_VIOLATION', 'point', 'claims/meteringPoint: not an object');
    const [scheme, value] = [memberOf(point, 'scheme'), memberOf(point, 'value')];
    const parsed = parseIdentifier(typeof scheme === 'string' ? scheme : '', typeof value === 'string' ? value : '');
    if (!parsed.ok) return parsed;
    if (parsed.value.value !== value)
      return refuse('IDENTIFIER_SYNTAX', 'point', 'claims/meteringPoint: not in the one spelling of its scheme');
  }
  if (type !== 'DeviceCommissioning') return ok(true);
  const flows = flowsOf(claims);
  const direction = checkTexts(claims, ['direction'], 'point');
  if (!direction.ok) return direction;
  const registers = readTexts(claims, 'obis', 'point');
  if (!registers.ok) return registers;
  const foreign = registers.value.find((obis) => {
    const flow = flowOfRegister(obis);
    return flow !== undefined && !flows.includes(flow);
  });
  return foreign === undefined ? ok(true) : refuse('SCHEMA_VIOLATION', 'point', `claims/obis: ${foreign} counts against claims/direction`);
}

/** IEC 62056-61: of electricity (medium 1), value group C 1 is active energy from the grid and 2 into it; others tell no direction. */
function flowOfRegister(obis: string): Flow | undefined {
  const [, c] = /^1-\d+:(\d+)\./u.exec(obis) ?? [];
  if (c === '1') return 'consumption';
  return c === '2' ? 'production' : undefined;
}
