import { createReadStream, statSync } from 'node:fs';
import { join } from 'node:path';
import { Buffer } from 'node:buffer';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Fault, instant, tenantId } from '@gridpass/core';
import type { AuditPort, AuditRecord, RequestId } from '@gridpass/core';
import { createRegisterRepository } from '@gridpass/store';
import type { Store } from '@gridpass/store';
import { openTestStore } from '@gridpass/testkit';
import { importRegister, sampleRegister } from '../index.js';
import type { RegisterReport } from '../index.js';
import { checkRetired } from '../register/import-register.js';
import { toFunctions, toRoleCodes } from '../register/functions.js';
import { REGISTER_COLUMNS } from '../register/parse-row.js';

const HEADER = REGISTER_COLUMNS.join(';');
const clock = { now: () => instant(1_790_000_000) };
const requestId = 'r-1' as RequestId;

async function* chunks(text: string, size = 7): AsyncIterable<Uint8Array> {
  const bytes = Buffer.from(text, 'utf8');
  for (let start = 0; start < bytes.length; start += size) yield new Uint8Array(bytes.subarray(start, start + size));
}

describe('a register', () => {
  let store: Store;
  const records: AuditRecord[] = [];
  const audit: Pick<AuditPort, 'appendRecord'> = {
    appendRecord: async (_tenant, record) => {
      records.push(record);
      return {} as never;
    },
  };
  let tenants = 0;
  const nextTenant = () => tenantId(`t${(tenants += 1)}`);
  const importText = (tenant: ReturnType<typeof tenantId>, text: string, size?: number): Promise<RegisterReport> =>
    importRegister(
      { register: createRegisterRepository(store), audit, clock },
      { tenant, input: chunks(text, size), operator: 'ops', requestId },
    );

  beforeAll(async () => {
    store = await openTestStore();
  });
  afterAll(() => store.close());

  it('is imported once however often it is sent', async () => {
    const tenant = nextTenant();
    expect(await importText(tenant, sampleRegister())).toMatchObject({ rows: 12, added: 12, updated: 0, unchanged: 0, rejected: 0 });
    expect(await importText(tenant, sampleRegister())).toMatchObject({ rows: 12, added: 0, updated: 0, unchanged: 12, rejected: 0 });
    expect(await importText(tenant, sampleRegister().replace('Energinet;;;Active', 'Energinet;;;Inactive'))).toMatchObject({
      added: 0,
      updated: 1,
      unchanged: 11,
    });
    const entry = await createRegisterRepository(store).readEntry(tenant, { scheme: 'eic', value: '10X1001A1001A248' });
    expect(entry).toMatchObject({ kind: 'party', status: 'inactive', functions: ['system operator'], roleCodes: ['A04', 'A49'] });
  });

  it('is kept apart by tenant', async () => {
    const tenant = nextTenant();
    await importText(tenant, sampleRegister());
    const register = createRegisterRepository(store);
    expect(await register.readEntry(nextTenant(), { scheme: 'eic', value: '10X1001A1001A248' })).toBeUndefined();
    expect(await register.countEntries(tenant)).toBe(12);
  });

  it('reports each bad row with its line and code and takes the others over', async () => {
    const good = '10X1001A1001A248;A;Energinet;;;Active;;;;System Operator;X';
    const lines = [
      HEADER,
      good,
      '10X1001A1001A249;A;Wrong check character;;;Active;;;;;X',
      '10X1001A1001A2;A;Too short;;;Active;;;;;X',
      '10YDK-1--------W;A;An area among parties;;;Active;;;;;X',
      good,
      '10X1001A1001A38Y;A;Ten columns;;;Active;;;;X',
      '10X1001A1001A38Y;A;"Quote left open;;;Active;;;;;X',
      '10X1001A1001A38Y;A;Unknown status;;;Perhaps;;;;;X',
      '10X1001A1001A38Y;A;Unknown type;;;Active;;;;;Q',
      `10X1001A1001A38Y;A;${'long'.repeat(60)};;;Active;;;;;X`,
      '10X1001A1001A38Y;A;Lower case country;;;Active;;no;;;X',
      '10X1001A1001A38Y;A;Prototype;;;Active;;;;;__proto__',
      '10X1001A1001A38Y;A;"Quoted; ""name""";;;active;;NO;;balance  responsible party, Balance Responsible Party;X',
      '',
    ];
    const tenant = nextTenant();
    const report = await importText(tenant, lines.join('\n'), 3);
    expect(report.rejectedRows.map(({ line, code }) => [line, code])).toEqual([
      [3, 'IDENTIFIER_CHECKSUM'],
      [4, 'IDENTIFIER_SYNTAX'],
      [5, 'IDENTIFIER_TYPE'],
      [6, 'CODE_DUPLICATE'],
      [7, 'ROW_MALFORMED'],
      [8, 'ROW_MALFORMED'],
      [9, 'ROW_MALFORMED'],
      [10, 'ROW_MALFORMED'],
      [11, 'ROW_MALFORMED'],
      [12, 'ROW_MALFORMED'],
      [13, 'ROW_MALFORMED'],
    ]);
    expect(report).toMatchObject({ rows: 13, added: 2, rejected: 11 });
    const entry = await createRegisterRepository(store).readEntry(tenant, { scheme: 'eic', value: '10X1001A1001A38Y' });
    expect(entry).toMatchObject({
      longName: 'Quoted; "name"',
      country: 'NO',
      functions: ['balance responsible party'],
      roleCodes: ['A08'],
    });
  });

  it('bounds a line without end and goes on after it', async () => {
    const report = await importText(nextTenant(), `${HEADER}\n${'x'.repeat(100_000)}\n10X1001A1001A248;A;E;;;Active;;;;;X`, 4_096);
    expect(report).toMatchObject({ rows: 2, added: 1, rejected: 1 });
    expect(report.rejectedRows[0]).toMatchObject({ line: 2, code: 'ROW_MALFORMED' });
  });

  it('is refused as a whole without its header', async () => {
    for (const text of ['', 'a;b;c\n', '{"json": true}', 'x'.repeat(50_000)]) {
      await expect(importText(nextTenant(), text)).rejects.toMatchObject({ code: 'REGISTER_UNREADABLE' });
    }
  });

  it('may begin with a byte order mark and end lines with CRLF', async () => {
    expect(await importText(nextTenant(), `\ufeff${sampleRegister()}`)).toMatchObject({ added: 12, rejected: 0 });
  });

  it('leaves a record before and after the import', async () => {
    records.length = 0;
    await importText(nextTenant(), sampleRegister());
    expect(records.map(({ action, evidence }) => [action, evidence['phase'], evidence['added']])).toEqual([
      ['import-register', 'begun', undefined],
      ['import-register', 'finished', 12],
    ]);
  });

  it('leaves a record of what it did not do: incomplete with the code of the answer where more is missing than may vanish, by one', async () => {
    const tenant = nextTenant();
    const register = createRegisterRepository(store);
    await importText(tenant, sampleRegister());
    const lines = sampleRegister().trimEnd().split('\r\n');
    const [header = '', ...rows] = lines;
    const parties = rows.filter((line) => !line.startsWith('10Y'));
    const endOf = async (left: number, mayVanish?: number) => {
      const text = [header, ...parties.slice(left), ''].join('\r\n');
      const confirmed = mayVanish === undefined ? {} : { mayVanish };
      records.length = 0;
      const input = chunks(text, 4_096);
      const report = await importRegister(
        { register, audit, clock },
        { tenant, input, operator: 'ops', requestId, whole: ['party'], ...confirmed },
      );
      const [, ended] = records;
      const { phase, missing, vanished, unchanged, whole } = ended?.evidence ?? {};
      expect(records).toHaveLength(2);
      expect({ missing, vanished, unchanged, whole }).toEqual({
        missing: report.missing,
        vanished: report.vanished,
        unchanged: parties.length - left,
        whole: ['party'],
      });
      const refused = checkRetired(report);
      expect(ended?.code).toBe(refused.ok ? undefined : refused.refusal.code);
      return [phase, ended?.code, missing, vanished];
    };
    expect(await endOf(1)).toEqual(['finished', undefined, 0, 1]);
    expect(await endOf(2)).toEqual(['incomplete', 'CONFLICT', 2, 0]);
    expect(await endOf(2, 1)).toEqual(['incomplete', 'CONFLICT', 2, 0]);
    expect(await endOf(2, 2)).toEqual(['finished', undefined, 0, 1]);
  });

  it('leaves a record of what failed, with its code, and what it had taken over by then', async () => {
    records.length = 0;
    await expect(importText(nextTenant(), 'a;b;c\n')).rejects.toMatchObject({ code: 'REGISTER_UNREADABLE' });
    const register = createRegisterRepository(store);
    const down = {
      ...register,
      retireUnseen: () => Promise.reject(new Fault('STORE_UNAVAILABLE', 'the store is down')),
    };
    const request = { tenant: nextTenant(), input: chunks(sampleRegister()), operator: 'ops', requestId };
    await expect(importRegister({ register: down, audit, clock }, request)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    expect(records.map(({ code, evidence }) => [evidence['phase'], code, evidence['added']])).toEqual([
      ['begun', undefined, undefined],
      ['failed', 'REGISTER_UNREADABLE', 0],
      ['begun', undefined, undefined],
      ['failed', 'STORE_UNAVAILABLE', 12],
    ]);
  });

  it('that broke off is resumed by sending it again', async () => {
    const tenant = nextTenant();
    const register = createRegisterRepository(store);
    const rows = Array.from({ length: 12 }, () => sampleRegister());
    const whole = rows[0] ?? '';
    async function* broken(): AsyncIterable<Uint8Array> {
      yield new Uint8Array(Buffer.from(whole.slice(0, 300)));
      throw new Error('connection lost');
    }
    await expect(importRegister({ register, audit, clock }, { tenant, input: broken(), operator: 'ops', requestId })).rejects.toThrow(
      'connection lost',
    );
    expect(await importText(tenant, whole)).toMatchObject({ rows: 12, rejected: 0 });
    expect(await register.countEntries(tenant)).toBe(12);
  });

  // A register file, or a directory with one.
  const given = process.env['GRIDPASS_EIC_REGISTER'];
  const file = given !== undefined && statSync(given).isDirectory() ? join(given, 'X_eiccodes.csv') : given;
  (file === undefined ? it.skip : it)('of real size is taken over with its bad rows reported', async () => {
    let last = 0;
    const tenant = nextTenant();
    const report = await importRegister(
      { register: createRegisterRepository(store), audit, clock },
      {
        tenant,
        input: createReadStream(file ?? ''),
        operator: 'ops',
        requestId,
        onProgress: ({ rows }) => {
          last = rows;
        },
      },
    );
    expect(last).toBe(report.rows);
    expect(report.rows).toBe(report.added + report.rejected);
    expect(report.added).toBeGreaterThan(1);
    for (const { code } of report.rejectedRows) expect(code).toMatch(/^(IDENTIFIER_|ROW_MALFORMED|CODE_DUPLICATE)/);
    expect(await createRegisterRepository(store).countEntries(tenant)).toBe(report.added);
  });
});

describe('functions of a register', () => {
  it('lose differences of case and spacing, and repetitions', () => {
    expect(toFunctions(' Production Responsible party,Production  Responsible Party, ')).toEqual(['production responsible party']);
  });

  it('become role codes where the code list names them', () => {
    expect(toRoleCodes(toFunctions('Distribution System Operator,Balance Supplier,Market Operator Capacity Trader'))).toEqual([
      'A12',
      'A50',
    ]);
  });
});
