import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { instant, tenantId } from '@gridpass/core';
import type { AuditPort, RequestId } from '@gridpass/core';
import { createRegisterRepository } from '@gridpass/store';
import type { Store } from '@gridpass/store';
import { openTestStore } from '@gridpass/testkit';
import { importRegister, sampleRegister } from '../index.js';
import { readRegister } from '../register/read-register.js';
import { REGISTER_COLUMNS } from '../register/parse-row.js';

const [HEADER = '', ...ROWS] = sampleRegister().trimEnd().split('\r\n');
const audit: Pick<AuditPort, 'appendRecord'> = { appendRecord: async () => ({}) as never };

async function* bytesOf(text: string, size: number): AsyncIterable<Uint8Array> {
  const bytes = Buffer.from(text, 'utf8');
  for (let start = 0; start < bytes.length; start += size) yield new Uint8Array(bytes.subarray(start, start + size));
}

describe('every record of a register is counted, whatever ends its line', () => {
  const linesOf = async (text: string, size = 4_096) => {
    const lines: (readonly [number, string])[] = [];
    for await (const { line, entry } of readRegister(bytesOf(text, size)))
      lines.push([line, entry.ok ? entry.value.code.value : entry.refusal.code]);
    return lines;
  };
  const expected = ROWS.map((row, index) => [index + 2, row.split(';')[0]]);

  it.each([
    ['LF', '\n'],
    ['CRLF', '\r\n'],
    ['CR', '\r'],
  ])('%s, cut anywhere, with a last end and without', async (_name, end) => {
    for (const size of [1, 2, 3, 4_096])
      for (const tail of ['', end]) expect(await linesOf(`${[HEADER, ...ROWS].join(end)}${tail}`, size)).toEqual(expected);
  });

  it('all three in one file, and empty lines between', async () => {
    const ends = ['\r', '\n', '\r\n'];
    const text = [HEADER, ...ROWS].map((row, index) => `${row}${ends[index % 3] ?? ''}`).join('');
    expect(await linesOf(text)).toEqual(expected);
    // CR CR LF is an empty line after a row, and so is LF CR.
    expect(await linesOf(`${HEADER}\r\r\n${ROWS[0] ?? ''}\n\r${ROWS[1] ?? ''}`)).toEqual([
      [3, expected[0]?.[1]],
      [5, expected[1]?.[1]],
    ]);
  });

  it('and one that quotes hold together is two bad ones, not one good one', async () => {
    const row = ROWS[0]?.replace('Energinet;', '"Ener\rginet";') ?? '';
    expect(await linesOf(`${HEADER}\n${row}\n${ROWS[1] ?? ''}`)).toEqual([
      [2, 'ROW_MALFORMED'],
      [3, 'ROW_MALFORMED'],
      [4, expected[1]?.[1]],
    ]);
  });
});

describe('what one line can cost', () => {
  const detailOf = async (row: string) => {
    for await (const { entry } of readRegister(bytesOf(`${HEADER}\n${row}`, 65_536))) return entry.ok ? 'ok' : entry.refusal.detail;
    return 'no line';
  };

  it('is bound by its columns before they are taken apart: one more than a register has is too many', async () => {
    const most = REGISTER_COLUMNS.length;
    const row = ROWS[0] ?? '';
    expect(row.split(';')).toHaveLength(most);
    expect(await detailOf(row)).toBe('ok');
    // The quote that is left open behind it was not come to.
    expect(await detailOf(`${row};"`)).toBe(`more than ${most} columns`);
    expect(await detailOf(';'.repeat(16_000))).toBe(`more than ${most} columns`);
    expect(await detailOf(row.replace('Energinet;', `"Ener;;;ginet ""${';'.repeat(most)}""";`))).toBe('ok');
  });
});

describe('an import', () => {
  let store: Store;
  beforeAll(async () => {
    store = await openTestStore();
  });
  afterAll(() => store.close());
  const importText = (name: string, text: string, mayVanish?: number) =>
    importRegister(
      { register: createRegisterRepository(store), audit, clock: { now: () => instant(1_790_000_000) } },
      {
        tenant: tenantId(name),
        input: bytesOf(text, 1_000_000),
        operator: 'ops',
        requestId: 'r' as RequestId,
        ...(mayVanish === undefined ? {} : { whole: ['party', 'area'], mayVanish }),
      },
    );

  it('of a whole register of which no row is taken over is refused, and nothing vanishes, whatever was confirmed', async () => {
    await importText('none', sampleRegister());
    for (const text of [HEADER, `${HEADER}\n${';'.repeat(10)}\n`])
      await expect(importText('none', text, 999_999_999)).rejects.toMatchObject({
        code: 'REGISTER_UNREADABLE',
        message: expect.stringContaining('whole: '),
      });
    const standing = () =>
      store.db.selectFrom('register_entry').select('code').where('tenant', '=', 'none').where('vanished_at', 'is', null).execute();
    expect(await standing()).toHaveLength(ROWS.length);
    // One row is enough to be a register.
    expect(await importText('none', `${HEADER}\n${ROWS[0] ?? ''}`, ROWS.length - 1)).toMatchObject({ vanished: ROWS.length - 1 });
    // What is not said to be whole may hold nothing new.
    expect(await importText('none', HEADER)).toMatchObject({ rows: 0, vanished: 0 });
  });

  it('lets others have their turn, also where no row is fit to be written', async () => {
    let turns = 0;
    let isOver = false;
    const turn = (): void => {
      turns += 1;
      if (!isOver) setImmediate(turn);
    };
    const text = `${HEADER}\n${';\n'.repeat(1_000)}`;
    const plain = await importText('turns', `${HEADER}\n`);
    setImmediate(turn);
    const report = await importText('turns', text);
    isOver = true;
    expect([plain.rows, report.rows, report.rejected]).toEqual([0, 1_000, 1_000]);
    expect(turns).toBeGreaterThanOrEqual(20);
  });
});
