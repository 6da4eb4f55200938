import { beforeEach, describe, expect, it } from '@jest/globals';
import type { JsonObject } from '@gridpass/core';
import { createCliRig } from './cli-rig.js';

const DSO = ['--society', 'society.json', '--tenant', 'dso'] as const;
const OFFERS = {
  rows: [
    { offerId: 'o1', applicationId: 'a1', expiresAt: 86_400 },
    { offerId: 'o2', applicationId: 'a1\u001b[2J', expiresAt: 86_401, redeemedAt: 5 },
    { offerId: 'o3', applicationId: 'a2', expiresAt: 86_402, withdrawn: { at: 7, reason: 'moved out' } },
    { offerId: 'o4', applicationId: 'a2', expiresAt: 86_402, redeemedAt: 5, withdrawn: { at: 7, reason: 'moved out' } },
  ],
  next: '86402.o3',
};

describe('gridpass, on what was offered, approved and issued', () => {
  const rig = createCliRig();
  let answers: JsonObject = {};
  beforeEach(() => {
    rig.answer = (_request, _body, response) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answers));
  });
  const asked = () => rig.asked.map(({ method, path, body, token }) => [method, path, body === '' ? {} : JSON.parse(body), token]);
  const refuseWith = (status: number, code: string): void => {
    rig.answer = (_request, _body, response) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ code, requestId: 'r' }));
  };

  describe('offer list', () => {
    it('shows which offers are open, redeemed and withdrawn, and how to go on', async () => {
      answers = OFFERS;
      const { code, out } = await rig.run('offer', 'list', ...DSO);
      expect([code, asked()]).toEqual([0, [['GET', '/t/dso/admin/offers?limit=50', {}, 'Bearer dso-token']]]);
      const lines = out.split('\n').map((line) => line.trim().split(/ {2,}/));
      expect(lines).toEqual([
        ['offerId', 'applicationId', 'state', 'ends'],
        ['o1', 'a1', 'open', '1970-01-02T00:00:00Z'],
        ['o2', 'a1?[2J', 'redeemed', '1970-01-02T00:00:01Z'],
        ['o3', 'a2', 'withdrawn', '1970-01-02T00:00:02Z'],
        ['o4', 'a2', 'redeemed, then withdrawn', '1970-01-02T00:00:02Z'],
        ['more: gridpass offer list --limit 50 --after 86402.o3 --society society.json --tenant dso'],
        [''],
      ]);
    });

    it('asks for those of one application, page by page, and prints JSON as it came', async () => {
      answers = OFFERS;
      const { out } = await rig.run('offer', 'list', ...DSO, '--application', 'a/1', '--limit', '2', '--after', '1.o', '--json');
      expect(rig.asked[0]?.path).toBe('/t/dso/admin/offers?limit=2&applicationId=a%2F1&after=1.o');
      expect(JSON.parse(out)).toEqual(OFFERS);
    });
  });

  describe('offer withdraw', () => {
    it('says what became of the offer', async () => {
      answers = { offerId: 'o/1', applicationId: 'a1', expiresAt: 1, withdrawn: { at: 7, reason: 'wrong party' } };
      const { code, out } = await rig.run('offer', 'withdraw', 'o/1', ...DSO, '--reason', 'wrong party');
      expect([code, out]).toEqual([0, 'o/1 is withdrawn\n']);
      expect(asked()).toEqual([['POST', '/t/dso/admin/offers/o%2F1/withdraw', { reason: 'wrong party' }, 'Bearer dso-token']]);
    });

    it('wants a reason, and asks nothing without one', async () => {
      const { code, err } = await rig.run('offer', 'withdraw', 'o1', ...DSO);
      expect([code, rig.asked]).toEqual([2, []]);
      expect(err).toContain("required option '--reason <text>' not specified");
    });

    it('ends with the code of the issuer that refuses', async () => {
      refuseWith(409, 'CONFLICT');
      const { code, out, err } = await rig.run('offer', 'withdraw', 'o1', ...DSO, '--reason', 'late');
      expect([code, out]).toEqual([1, '']);
      expect(err).toMatch(/^CONFLICT: o1 was redeemed, .*gridpass credential revoke .*; .*\(request r\)\n$/);
    });
  });

  describe('application close', () => {
    it('says what became of the application', async () => {
      answers = { applicationId: 'a1', state: 'closed' };
      const { code, out } = await rig.run('application', 'close', 'a1', ...DSO, '--reason', 'moved out', '--yes');
      expect([code, out]).toEqual([0, 'a1 is closed\n']);
      expect(asked()).toEqual([['POST', '/t/dso/admin/applications/a1/close', { reason: 'moved out' }, 'Bearer dso-token']]);
    });

    it('wants a reason, and sets no rule aside', async () => {
      expect((await rig.run('application', 'close', 'a1', ...DSO)).err).toContain('--reason');
      expect((await rig.run('application', 'close', 'a1', ...DSO, '--reason', 'x', '--overrule', 'area=x')).err).toContain('--overrule');
      expect(rig.asked).toEqual([]);
    });

    it('lists those that were closed', async () => {
      answers = { rows: [] };
      await rig.run('application', 'list', ...DSO, '--state', 'closed');
      expect(rig.asked[0]?.path).toBe('/t/dso/admin/applications?limit=50&state=closed');
    });
  });

  describe('application approve', () => {
    it('sends the rules that are set aside, each with its reason', async () => {
      answers = { state: 'approved' };
      const rules = ['--overrule', 'area=checked = by hand', '--overrule', 'register-function=letter', '--take-over', 'merged'];
      expect((await rig.run('application', 'approve', 'a1', ...DSO, '--reason', 'fine', ...rules)).out).toBe('a1 is approved\n');
      const overrules = { area: 'checked = by hand', 'register-function': 'letter', 'take-over': 'merged' };
      expect(asked()[0]?.[2]).toEqual({ reason: 'fine', overrules });
    });

    it.each([
      ['without a reason', ['--overrule', 'area']],
      ['without a rule', ['--overrule', '=x']],
      ['of a rule that nobody has', ['--overrule', 'nonsense']],
      ['of a rule that nobody has, with a reason', ['--overrule', 'nonsense=x']],
      ['a rule twice', ['--overrule', 'area=x', '--overrule', 'area=y']],
      ['a take-over twice', ['--overrule', 'take-over=x', '--take-over', 'y']],
    ])('asks nothing where one is given %s', async (_what, rules) => {
      const { code, err } = await rig.run('application', 'approve', 'a1', ...DSO, '--reason', 'fine', ...rules);
      expect([code, err]).toEqual([2, expect.stringMatching(/^REQUEST_MALFORMED: /)]);
      expect(rig.asked).toEqual([]);
    });
  });

  describe('credential', () => {
    it('pending shows what still follows', async () => {
      answers = { rows: [{ job: 'j1', what: 'revoke', of: 'd1\u001b[2J', dueAt: 60 }] };
      const { code, out } = await rig.run('credential', 'pending', ...DSO);
      expect([code, asked()]).toEqual([0, [['GET', '/t/dso/admin/pending', {}, 'Bearer dso-token']]]);
      expect(out.split('\n').map((line) => line.trim().split(/ {2,}/))).toEqual([
        ['job', 'what', 'of', 'due'],
        ['j1', 'revoke', 'd1?[2J', '1970-01-01T00:01:00Z'],
        [''],
      ]);
      expect(JSON.parse((await rig.run('credential', 'pending', ...DSO, '--json')).out)).toEqual(answers);
    });

    it('revoke tells what was closed with it, and what is still to be done', async () => {
      answers = { changed: 1, credentials: [], closed: ['a1', 'a2'], pending: 3 };
      const { out } = await rig.run('credential', 'revoke', ...DSO, '--digest', 'd', '--reason', 'gone', '--yes');
      expect(out).toContain('1 changed\n2 applications closed, with their offers\n3 steps still to be done;');
      answers = { changed: 1, credentials: [], closed: [], pending: 0 };
      expect((await rig.run('credential', 'revoke', ...DSO, '--digest', 'd', '--reason', 'gone', '--yes')).out).not.toMatch(/closed|still/);
    });
  });

  describe('register consequences', () => {
    it('asks the regulator and shows what is to be decided, by when', async () => {
      answers = {
        rows: [{ digest: 'd', type: 'MarketPartyRole', state: 'active', code: 'PARTY_INACTIVE', deadline: 60, detail: 'x\u001b[2J' }],
      };
      const { code, out } = await rig.run('register', 'consequences', '--society', 'society.json');
      expect([code, asked()]).toEqual([0, [['GET', '/t/regulator/admin/consequences', {}, 'Bearer regulator-token']]]);
      expect(out.split('\n').map((line) => line.trim().split(/ {2,}/))).toEqual([
        ['digest', 'type', 'state', 'code', 'deadline', 'detail'],
        ['d', 'MarketPartyRole', 'active', 'PARTY_INACTIVE', '1970-01-01T00:01:00Z', 'x?[2J'],
        [''],
      ]);
      const json = await rig.run('register', 'consequences', '--society', 'society.json', '--tenant', 'dso', '--json');
      expect([JSON.parse(json.out), rig.asked[1]?.path]).toEqual([answers, '/t/dso/admin/consequences']);
    });

    it('are told of by an import that makes some, and the whole register is asked for by --whole', async () => {
      await rig.run('register', 'sample', '--to', 'life-cycle.csv');
      const report = { rows: 12, added: 0, updated: 1, unchanged: 11, rejected: 0, vanished: 2, consequences: 3, rejectedRows: [] };
      rig.answer = (_request, _body, response) => response.writeHead(200).end(`${JSON.stringify({ report })}\n`);
      const { out } = await rig.run(
        'register',
        'import',
        'life-cycle.csv',
        '--yes',
        '--society',
        'society.json',
        '--whole',
        'party,area',
        '--may-vanish',
        '2',
      );
      expect(rig.asked[0]?.path).toBe('/t/regulator/admin/register?whole=party%2Carea&mayVanish=2');
      expect(out).toContain(
        '0 rejected, 2 vanished\n3 credentials stand without what they must rest on; see: gridpass register consequences --society society.json\n',
      );
    });
  });
});
