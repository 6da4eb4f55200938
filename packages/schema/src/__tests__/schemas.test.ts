import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import {
  CATALOGUE,
  CREDENTIAL_TYPES,
  DEVICE_CLASSES,
  ROLE_CODES,
  TRADING_CHANNELS,
  type CredentialType,
  type JsonObject,
  type JsonValue,
} from '@gridpass/core';
import { createSchemas } from '../index.js';
import { SCHEMA_DOCUMENTS } from '../generated/schemas.js';

const ROOT = join(import.meta.dirname, '../../../../schemas');
const kebab = (type: string): string => type.replace(/(?<=.)([A-Z])/g, '-$1').toLowerCase();
const read = (...path: string[]): JsonValue => JSON.parse(readFileSync(join(ROOT, ...path), 'utf8')) as JsonValue;
const examples = (kind: 'valid' | 'invalid'): { type: CredentialType; name: string; claims: JsonValue }[] =>
  CREDENTIAL_TYPES.flatMap((type) =>
    readdirSync(join(ROOT, kebab(type), 'examples', kind)).map((name) => ({
      type,
      name,
      claims: read(kebab(type), 'examples', kind, name),
    })),
  );

const schemas = createSchemas();

describe('the examples of every type', () => {
  it.each(examples('valid'))('parse: $type $name', ({ type, claims }) => {
    expect(schemas.parseClaims(type, claims)).toEqual({ ok: true, value: claims });
    expect(schemas.parsePartialClaims(type, claims).ok).toBe(true);
  });

  it.each(examples('invalid'))('are refused: $type $name', ({ type, claims }) => {
    const outcome = schemas.parseClaims(type, claims);
    expect(outcome.refusal?.code).toBe('SCHEMA_VIOLATION');
    expect(outcome.refusal?.detail).toMatch(/^claims/);
  });

  it.each(CREDENTIAL_TYPES)('are at least two valid and three invalid: %s', (type) => {
    expect(examples('valid').filter((example) => example.type === type).length).toBeGreaterThanOrEqual(2);
    expect(examples('invalid').filter((example) => example.type === type).length).toBeGreaterThanOrEqual(3);
  });

  it.each(DEVICE_CLASSES.filter((name) => !['generator', 'actuator'].includes(name)))('hold a commissioned %s', (deviceClass) => {
    expect(
      examples('valid').some(({ type, claims }) => type === 'DeviceCommissioning' && (claims as JsonObject)['deviceClass'] === deviceClass),
    ).toBe(true);
  });
});

describe('parseClaims', () => {
  it('lists every bad path and no value', () => {
    const outcome = schemas.parseClaims('CustomerStatus', {
      customerKind: 'secret-kind',
      active: 'secret',
      jurisdiction: 'NO',
      ' spy': 1,
      passport: 1,
    });
    expect(outcome.refusal?.detail.split('; ').sort()).toEqual([
      'claims/active: type',
      'claims/customerKind: enum',
      'claims: required biddingZoneEic',
      'claims: unknown member (unprintable)',
      'claims: unknown member passport',
    ]);
  });

  it.each([[null], [[]], ['text'], [1]])('refuses %j', (claims) => {
    expect(schemas.parseClaims('CustomerStatus', claims).refusal?.code).toBe('SCHEMA_VIOLATION');
  });

  it('does not take inherited members for claims', () => {
    const claims = Object.create({
      customerKind: 'household',
      active: true,
      jurisdiction: 'NO',
      biddingZoneEic: '10YNO-0--------C',
    }) as JsonObject;
    expect(schemas.parseClaims('CustomerStatus', { ...claims }).ok).toBe(false);
    expect(schemas.parseClaims('CustomerStatus', claims).ok).toBe(false);
  });

  it('bounds what it reports', () => {
    const claims = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`extra${String(index)}`, 1]));
    expect(schemas.parseClaims('CustomerStatus', claims).refusal?.detail.split('; ')).toHaveLength(20);
  });
});

describe('parsePartialClaims', () => {
  it('requires nothing, for every type', () => {
    for (const type of CREDENTIAL_TYPES) expect(schemas.parsePartialClaims(type, {})).toEqual({ ok: true, value: {} });
  });

  it('accepts a device class without the claims of the class', () => {
    expect(schemas.parsePartialClaims('DeviceCommissioning', { deviceClass: 'smart_meter', conformityUntil: 24000 }).ok).toBe(true);
  });

  it.each<[CredentialType, JsonValue]>([
    ['DeviceCommissioning', { deviceClass: 'toaster' }],
    ['CustomerStatus', { name: 'somebody' }],
    ['CustomerStatus', { biddingZoneEic: '10YNO-0--------D' }],
    ['MeteringPointEntitlement', { meteringPoint: { scheme: 'gsrn' } }],
  ])('checks what is there: %s %j', (type, claims) => {
    expect(schemas.parsePartialClaims(type, claims).refusal?.code).toBe('SCHEMA_VIOLATION');
  });
});

/** Every property name of a schema, at any depth. */
function propertyNames(node: JsonValue): string[] {
  if (Array.isArray(node)) return node.flatMap(propertyNames);
  if (typeof node !== 'object' || node === null) return [];
  const object = node as JsonObject;
  const own = typeof object['properties'] === 'object' ? Object.keys(object['properties'] as JsonObject) : [];
  return [...own, ...Object.values(object).flatMap(propertyNames)];
}

/** Every object schema of a document. */
function objectSchemas(node: JsonValue): JsonObject[] {
  if (Array.isArray(node)) return node.flatMap(objectSchemas);
  if (typeof node !== 'object' || node === null) return [];
  const object = node as JsonObject;
  return [...(object['type'] === 'object' ? [object] : []), ...Object.values(object).flatMap(objectSchemas)];
}

function nodesOf(node: JsonValue): JsonObject[] {
  if (Array.isArray(node)) return node.flatMap(nodesOf);
  if (typeof node !== 'object' || node === null) return [];
  return [node as JsonObject, ...Object.values(node).flatMap(nodesOf)];
}

describe('the schema documents', () => {
  const PERSONAL = new Set(
    'name surname email mail address street city town postal zip birth birthdate born age phone mobile ssn gender passport person personal tax national iban latitude longitude coordinates serial photo signature'.split(
      ' ',
    ),
  );
  // Whole words of a camelCase name, so that `capacity` is no `city`; a hash of a serial number is no serial number.
  const isPersonal = (property: string): boolean =>
    !property.endsWith('Hash') && property.split(/(?=[A-Z])|[_-]/).some((word) => PERSONAL.has(word.toLowerCase()));

  it.each(CREDENTIAL_TYPES)('are carried as they stand in schemas/: %s', (type) => {
    expect(SCHEMA_DOCUMENTS[type]).toEqual(read(kebab(type), 'v1.json'));
    expect(schemas.schemaId(type)).toBe(`urn:gridpass:schema:${type}:1`);
  });

  it('are as many as there are types, with ids of their own', () => {
    expect(
      readdirSync(ROOT, { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map((entry) => entry.name)
        .sort(),
    ).toEqual(CREDENTIAL_TYPES.map(kebab).sort());
    expect(new Set(CREDENTIAL_TYPES.map(schemas.schemaId)).size).toBe(CREDENTIAL_TYPES.length);
  });

  it.each(CREDENTIAL_TYPES.filter((type) => ['household', 'device', 'flexibility'].includes(CATALOGUE[type].group)))(
    'name no personal data: %s',
    (type) => {
      expect(propertyNames(SCHEMA_DOCUMENTS[type]).filter(isPersonal)).toEqual([]);
    },
  );

  it('have a lint that would notice personal data', () => {
    expect(propertyNames({ properties: { customer: { properties: { birthDate: {} } } } }).filter(isPersonal)).toEqual(['birthDate']);
  });

  it.each(CREDENTIAL_TYPES)('are closed, refer to themselves only, bound every list, text and number: %s', (type) => {
    const document = SCHEMA_DOCUMENTS[type];
    for (const schema of objectSchemas(document)) expect(schema['additionalProperties']).toBe(false);
    for (const node of nodesOf(document)) {
      if (typeof node['$ref'] === 'string') expect(node['$ref']).toMatch(/^#\/\$defs\/[A-Za-z]+$/);
      if (node['type'] === 'array') expect(node).toHaveProperty('maxItems');
      if (node['type'] === 'number') expect(node['type']).toBe('integer');
      if (node['type'] === 'integer') expect([typeof node['minimum'], typeof node['maximum']]).toEqual(['number', 'number']);
      if (node['type'] === 'string')
        expect(typeof node['maxLength'] === 'number' || (typeof node['pattern'] === 'string' && node['pattern'].endsWith('$'))).toBe(true);
    }
  });

  it.each(CREDENTIAL_TYPES)('answer a hostile text at once, whatever the claim: %s', (type) => {
    for (const text of ['a'.repeat(50_000), 'did:'.repeat(20_000), `did:web:${'%2'.repeat(20_000)}`, '0.'.repeat(20_000)]) {
      const claims = Object.fromEntries(Object.keys(SCHEMA_DOCUMENTS[type]['properties'] as JsonObject).map((claim) => [claim, text]));
      expect(schemas.parsePartialClaims(type, claims).ok).toBe(false);
    }
  });

  it('list the selectively disclosable claims of the catalogue', () => {
    for (const type of CREDENTIAL_TYPES) {
      expect(Object.keys(SCHEMA_DOCUMENTS[type]['properties'] as JsonObject)).toEqual(
        expect.arrayContaining([...CATALOGUE[type].selectivelyDisclosable]),
      );
    }
  });

  it('use the codes of core', () => {
    const enums = (type: CredentialType, claim: string): JsonValue | undefined =>
      nodesOf((SCHEMA_DOCUMENTS[type]['properties'] as JsonObject)[claim] ?? null).find((node) => Array.isArray(node['enum']))?.['enum'];
    expect(enums('RegulatorAccreditation', 'mayAccredit')).toEqual(Object.keys(ROLE_CODES));
    expect(enums('SystemOperatorRole', 'mayIssue')).toEqual([...CREDENTIAL_TYPES]);
    expect(enums('MarketChannelAdmission', 'channel')).toEqual([...TRADING_CHANNELS]);
    expect(enums('DeviceIdentity', 'deviceClass')).toEqual([...DEVICE_CLASSES]);
    expect(enums('DeviceCommissioning', 'deviceClass')).toEqual([...DEVICE_CLASSES]);
  });
});
