// docs/operations.md against the code: what a line may hold, and which dependencies a probe names.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { OUTBOXES } from '@gridpass/core';
import { issuerConfig } from '@gridpass/issuer';
import { ledgerGateConfig } from '@gridpass/ledger-gate';
import { marketplaceConfig } from '@gridpass/marketplace';
import { createLines } from '@gridpass/program';
import { walletConfig } from '@gridpass/wallet';
import { OUTBOX_STUCK_SECONDS } from '../../packages/program/src/operations.js';
import { METRICS } from '../../packages/program/src/metric-names.js';
import { toRequestLine } from '../../packages/program/src/request-line.js';

const text = readFileSync(join(import.meta.dirname, '../../docs/operations.md'), 'utf8');
const section = (title: string): string => new RegExp(`^## ${title}\\n([\\s\\S]*?)(?=^## |(?![\\s\\S]))`, 'm').exec(text)?.[1] ?? '';
const namesIn = (part: string): readonly string[] => [...part.matchAll(/^\| `(\w+)`/gm)].map(([, name = '']) => name);
/** The rows under the header that begins so. A row behind a blank line is in no table: nobody is shown it as one. */
const tableOf = (head: string, part: string): string =>
  new RegExp(`^\\| ${head} .*\\n\\|[ |-]+\\n((?:\\|.*\\n)+)`, 'm').exec(part)?.[1] ?? '';

describe('docs/operations.md', () => {
  it('names every field of the line of a request, in its order', () => {
    const whole = { tenant: 't', actor: 'a', route: 'r', code: 'c', cause: 'e', detail: 'd', requestId: 'i' };
    let line = '';
    createLines('issuer', (said) => {
      line = said;
    })(toRequestLine(whole, { method: 'GET', status: 200, durationMs: 1 }));
    expect(namesIn(section('Log lines'))).toEqual(Object.keys(JSON.parse(line) as object));
  });

  it('names every dependency', () => {
    const source = readFileSync(join(import.meta.dirname, '../../packages/program/src/readiness.ts'), 'utf8');
    const [, union = ''] = /type DependencyName = ([^;]+);/.exec(source) ?? [];
    expect([...namesIn(section('Probes'))].sort()).toEqual([...union.matchAll(/'(\w+)'/g)].map(([, name]) => name).sort());
  });

  it('has a row for each number, with its labels and meaning', () => {
    const rows = [
      ...tableOf('name', section('Numbers')).matchAll(/^\| `(\w+)` +\| (?:counter|gauge|histogram) +\| (.*?) +\| (.*?) +\|$/gm),
    ].map(([, name = '', labels = '', help = '']) => [name, { help, labels: [...labels.matchAll(/`(\w+)`/g)].map(([, label]) => label) }]);
    expect(Object.fromEntries(rows)).toEqual(METRICS);
    expect(rows.length).toBe(namesIn(section('Numbers')).filter((name) => name.startsWith('gridpass_')).length);
    const [, json = ''] = /^```json\n([\s\S]*?)^```/m.exec(section('Numbers')) ?? [];
    for (const { shape } of [issuerConfig, walletConfig, marketplaceConfig, ledgerGateConfig])
      expect(shape.metrics.parse((JSON.parse(json) as { readonly metrics: unknown }).metrics)).toEqual({ host: '127.0.0.1', port: 9464 });
  });

  it('says of each outbox what waits in it, and after how long one is shown', () => {
    expect(namesIn(tableOf('outbox', section('Numbers')))).toEqual(OUTBOXES);
    expect(section('Probes')).toContain(`more than ${OUTBOX_STUCK_SECONDS} seconds`);
  });

  it('alerts on numbers that there are, with labels that they have', () => {
    const [, alerts = ''] = /^### When to be told\n([\s\S]*)/m.exec(section('Numbers')) ?? [];
    const used = [...alerts.matchAll(/(gridpass_\w+?)(?:_bucket)?(?:\{(\w+)=|[ ()[>])/g)];
    expect(used.length).toBeGreaterThan(8);
    for (const [, name = '', label] of used) {
      expect(METRICS).toHaveProperty(name);
      if (label !== undefined) expect(METRICS[name as keyof typeof METRICS].labels).toContain(label);
    }
  });

  it('names every variable of traces that a start reads', () => {
    const source = readFileSync(join(import.meta.dirname, '../../packages/program/src/traces/settings.ts'), 'utf8');
    const written = section('Traces').replaceAll('`..._', '`OTEL_EXPORTER_OTLP_');
    for (const [, name = ''] of source.matchAll(/'(OTEL_\w+)'/g)) expect(written).toContain(`\`${name}\``);
  });

  it('says of stopping what each program reads', () => {
    const [, json = ''] = /^```json\n([\s\S]*?)^```/m.exec(section('Stopping')) ?? [];
    const keys = Object.keys(JSON.parse(json) as object);
    expect(keys).toEqual(['drainSeconds', 'stopSeconds']);
    for (const { shape } of [issuerConfig, walletConfig, marketplaceConfig, ledgerGateConfig]) {
      expect(Object.keys(shape)).toEqual(expect.arrayContaining(keys));
      expect(shape.drainSeconds.parse(undefined)).toBe(0);
    }
  });
});
