// A regulator and a grid operator that are issuer programs of their own are accredited from outside, by the command line alone: what they issue
// is let in by a market that knows the root, until the root takes the accreditation back.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { digestOf } from '@gridpass/codec';
import type { JsonObject, JsonValue } from '@gridpass/core';
import { sampleRegister } from '@gridpass/issue';
import { freePort, seedStoreDirectory } from '@gridpass/testkit';
import { runCli } from '../../agents/cli/src/index.js';
import { freshDirectory, root as repository, start } from './_process.js';
import type { Started } from './_process.js';

const OPERATOR = 'a-token-of-every-operator-here';
const OWNER = 'a-token-of-the-traders-owner-00';
const ZONE = '10YDK-1--------W';
const CLAIMS = {
  regulator: { jurisdiction: ['DK'], mayAccredit: ['A50', 'A12'], legalBasis: 'Directive (EU) 2019/944, Art. 57' },
  dso: {
    party: { scheme: 'eic', value: '44X-000000000253' },
    roleCode: 'A50',
    operatingAreaEic: [ZONE],
    jurisdictions: ['DK'],
    mayIssue: ['CustomerStatus'],
  },
  trader: {
    party: { scheme: 'eic', value: '45X000000000077U' },
    roleCodes: ['A12'],
    jurisdictions: ['DK'],
    licenceId: 'DK-SUP-1',
    brpDid: 'did:web:brp.example',
    financialSecurityCents: 25_000_000,
  },
  customer: { customerKind: 'medium', active: true, jurisdiction: 'DK', biddingZoneEic: ZONE },
};

describe('accreditation of issuers in programs of their own', () => {
  const directory = freshDirectory();
  const running = new Map<string, Started>();
  const at: Record<string, string> = {};

  const configOf = async (name: string, own: JsonObject): Promise<void> => {
    mkdirSync(join(directory, name));
    writeFileSync(join(directory, name, 'kek'), '07'.repeat(32), { mode: 0o600 });
    await seedStoreDirectory(join(directory, name, 'store'));
    const config = {
      database: { kind: 'pglite', directory: join(directory, name, 'store') },
      keyEncryptionKeys: [{ id: 'k1', file: join(directory, name, 'kek') }],
      anchors: [{ did: `did:web:127.0.0.1%3A${new URL(at['root'] ?? '').port}:t:root`, mayIssue: ['RegulatorAccreditation'] }],
      fetch: { allow: Object.values(at), allowPrivate: true },
      http: { port: Number(new URL(at[name] ?? '').port) },
      publicOrigin: at[name] ?? '',
      stalenessBoundSeconds: 1,
      ...own,
    };
    writeFileSync(join(directory, `${name}.json`), JSON.stringify(config));
  };
  const startOne = async (name: string, program = name): Promise<void> => {
    const child = start(join(repository, 'agents', program, 'dist/main.js'), ['--config', join(directory, `${name}.json`)]);
    running.set(name, child);
    await child.says(` at ${at[name] ?? ''}`);
  };
  const end = async (name: string): Promise<void> => {
    const child = running.get(name);
    running.delete(name);
    child?.child.kill('SIGTERM');
    await child?.ended;
  };

  beforeAll(async () => {
    for (const name of ['root', 'country', 'wallet', 'marketplace']) at[name] = `http://127.0.0.1:${await freePort()}`;
    const tenant = (name: string, ...mayIssue: readonly string[]): JsonObject => ({
      tenant: name,
      displayName: name,
      mayIssue,
      operators: [{ name: `${name}-ops`, tokenDigest: digestOf(OPERATOR), duties: ['import', 'decide', 'status', 'read'] }],
    });
    const issuing = { listTtlSeconds: 1, accreditationSeconds: 1 };
    await configOf('root', { ...issuing, tenants: [tenant('root', 'RegulatorAccreditation')] });
    await configOf('country', {
      ...issuing,
      tenants: [tenant('regulator', 'SystemOperatorRole', 'MarketPartyRole'), tenant('dso', 'CustomerStatus')],
    });
    const trader = { tenant: 'trader', displayName: 'Trader', kind: 'organisation', tokenDigest: digestOf(OWNER) };
    await configOf('wallet', { refreshSeconds: 1, wallets: [trader] });
    await configOf('marketplace', {
      tenant: 'market',
      mqtt: { port: 0 },
      operatorTokenDigest: digestOf('a-token-of-the-market-0'),
      zones: { [ZONE]: { jurisdiction: 'DK' } },
    });
    writeFileSync(join(directory, 'register.csv'), sampleRegister());
    await Promise.all([startOne('root', 'issuer'), startOne('country', 'issuer'), startOne('wallet'), startOne('marketplace')]);
  });
  afterAll(async () => {
    await Promise.all([...running.keys()].map(end));
    rmSync(directory, { recursive: true });
  });

  const run = async (...args: readonly string[]): Promise<string> => {
    let [out, err] = ['', ''];
    const io = { out: (text: string) => void (out += text), err: (text: string) => void (err += text) };
    const env = { OPERATOR_TOKEN: OPERATOR, OWNER_TOKEN: OWNER };
    if ((await runCli(args, { ...io, drawsOver: false, env, directory })) !== 0) throw new Error(err);
    return out;
  };
  const programOf = (tenant: string): string => at[tenant === 'root' ? 'root' : 'country'] ?? '';
  const as = async (tenant: string, ...args: readonly string[]): Promise<JsonObject> =>
    JSON.parse(await run(...args, '--url', programOf(tenant), '--tenant', tenant, '--json')) as JsonObject;
  const owner = async (...args: readonly string[]): Promise<JsonObject> =>
    JSON.parse(await run('wallet', ...args, '--url', at['wallet'] ?? '', '--wallet', 'trader', '--json')) as JsonObject;
  const textOf = (value: JsonValue | undefined): string => (typeof value === 'string' ? value : '');
  const rowsOf = (value: JsonValue | undefined): readonly JsonObject[] => (Array.isArray(value) ? (value as readonly JsonObject[]) : []);
  const approve = (tenant: string, application: JsonObject, ...more: readonly string[]) =>
    as(tenant, 'application', 'approve', textOf(application['applicationId']), '--reason', 'known to us', ...more);
  const applyFor = (tenant: 'regulator' | 'dso', above: string, type: string) =>
    as(
      tenant,
      'authority',
      'apply',
      '--issuer',
      `${programOf(above)}/t/${above}`,
      '--type',
      type,
      '--claims',
      JSON.stringify(CLAIMS[tenant]),
    );
  const until = async (read: () => Promise<readonly JsonObject[]>, isSo: (row: JsonObject) => boolean): Promise<JsonObject> => {
    for (;;) {
      const found = (await read()).find(isSo);
      if (found !== undefined) return found;
      await new Promise((resolve) => void setTimeout(resolve, 100));
    }
  };
  const heldBy = async (tenant: string) => rowsOf((await as(tenant, 'authority', 'list'))['accreditations']);
  const adopted = (tenant: string) =>
    until(
      () => heldBy(tenant),
      (row) => row['adopted'] === true,
    );
  const received = (id: JsonValue | undefined) =>
    until(
      async () => rowsOf((await owner('applications'))['applications']),
      (row) => row['id'] === id && row['receivedAt'] !== undefined,
    );
  const orders = async (): Promise<JsonObject> => {
    const body = JSON.stringify({ url: `${at['marketplace'] ?? ''}/channels/multi_class/orders?zone=${ZONE}`, method: 'GET' });
    const headers = { authorization: `Bearer ${OWNER}`, 'content-type': 'application/json' };
    const answer = await fetch(`${at['wallet'] ?? ''}/wallets/trader/access`, { method: 'POST', headers, body });
    return (await answer.json()) as JsonObject;
  };

  it('is applied for, granted by an officer above, received and adopted without a hand', async () => {
    const applied = await applyFor('regulator', 'root', 'RegulatorAccreditation');
    expect(applied).toMatchObject({ state: 'pending', type: 'RegulatorAccreditation', problem: '' });
    expect(await heldBy('regulator')).toEqual([]);
    await approve('root', applied);
    expect(await adopted('regulator')).toMatchObject({ state: 'in force', origin: `${programOf('root')}/t/root` });

    await run('register', 'import', join(directory, 'register.csv'), '--url', programOf('regulator'), '--tenant', 'regulator');
    await approve('regulator', await applyFor('dso', 'regulator', 'SystemOperatorRole'));
    expect(await adopted('dso')).toMatchObject({ type: 'SystemOperatorRole', state: 'in force' });
    const table = await run('authority', 'list', '--url', programOf('dso'), '--tenant', 'dso');
    expect(table).toMatch(/^digest +type +state/u);
    expect(table).toContain('SystemOperatorRole  in force  yes');
    const log = await (
      await fetch(`${programOf('dso')}/t/dso/admin/audit/export`, { headers: { authorization: `Bearer ${OPERATOR}` } })
    ).text();
    for (const action of ['apply-accreditation', 'adopt-authority']) expect(log).toContain(`"${action}"`);
  });

  it('is kept through a restart, and what is issued on it verifies for whoever knows the root alone', async () => {
    await end('country');
    await startOne('country', 'issuer');
    expect(await heldBy('regulator')).toMatchObject([{ adopted: true, state: 'in force' }]);
    for (const [tenant, type, claims, ...more] of [
      ['dso', 'CustomerStatus', CLAIMS.customer],
      ['regulator', 'MarketPartyRole', CLAIMS.trader, '--overrule', 'balance-responsible=of another country'],
    ] as const) {
      const applied = await owner(
        'apply',
        '--issuer',
        `${programOf(tenant)}/t/${tenant}`,
        '--type',
        type,
        '--claims',
        JSON.stringify(claims),
      );
      await approve(tenant, applied, ...more);
      await received(applied['id']);
    }
    expect(await orders()).toMatchObject({ status: 200 });
  });

  it('is over for everybody below once the root takes it back', async () => {
    const [held] = await heldBy('regulator');
    await as('root', 'credential', 'revoke', '--digest', textOf(held?.['digest']), '--reason', 'lost its office', '--yes');
    await until(
      () => heldBy('regulator'),
      (row) => row['state'] === 'revoked',
    );
    await until(
      async () => [await orders()],
      (answer) => answer['status'] !== 200,
    );
    await expect(as('regulator', 'authority', 'renew', textOf(held?.['digest']))).rejects.toThrow('STATUS_FINAL');
  });
});
