// An entry whose text holds what ends a line for some readers: its export is verified from a file as it is from memory.
import { writeFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import { checkLogExport } from '@gridpass/audit';
import { tenantId } from '@gridpass/core';
import { linesOf } from '../log-files.js';
import { act, createLogRig } from './log-rig.js';

const DSO = tenantId('dso');

describe('the export of a log with line ends of other readers in its texts', () => {
  const { at, start } = createLogRig();

  it.each(['\n', '\r\n'])('is verified from a file whose lines end with %j', async (end) => {
    const program = await start();
    const log = await program.auditLog(DSO, 'host.example');
    await log.appendRecord(DSO, { ...act('closed'), reasons: ['a\u2028b', 'a\u2029b', 'a\u0085b', 'a\r\nb'] });
    const lines: string[] = [];
    for await (const line of log.exportLog(DSO)) lines.push(line);
    const publicJwk = await program.auditKey(DSO);
    await program.close();
    await writeFile(at('dso.ndjson'), lines.join(end) + end);
    expect(await checkLogExport(linesOf(at('dso.ndjson')), { publicJwk })).toEqual(await checkLogExport(lines, { publicJwk }));
    // The last line needs no end.
    await writeFile(at('dso.ndjson'), lines.join(end));
    expect(await checkLogExport(linesOf(at('dso.ndjson')), { publicJwk })).toMatchObject({ ok: true });
  });
});
