import { describe, expect, it } from '@jest/globals';
import { createCliRig } from './cli-rig.js';

/** As a wallet prints it; the issuer reads lower case alone. */
const ACCOUNT = `0x${'aB'.repeat(20)}`;

describe('gridpass', () => {
  const rig = createCliRig();

  describe('did and ledger', () => {
    it('resolves what needs no chain, and says no to what is no DID', async () => {
      const did = 'did:key:zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169';
      const { code, out } = await rig.run('did', 'resolve', did);
      expect([code, JSON.parse(out)]).toMatchObject([0, { didDocument: { id: did } }]);
      expect(await rig.run('did', 'resolve', 'did:nobody')).toMatchObject({ code: 2, err: expect.stringMatching(/^DID_MALFORMED: /) });
      expect(await rig.run('did', 'resolve', did, '--at', 'yesterday')).toMatchObject({
        code: 2,
        err: expect.stringMatching(/^REQUEST_MALFORMED: /),
      });
    });

    it('asks a did:web on this machine over plain http', async () => {
      const did = `did:web:${new URL(rig.url).host.replace(':', '%3A')}`;
      rig.answer = (_request, _body, response) =>
        response.writeHead(200, { 'content-type': 'application/did+json' }).end(JSON.stringify({ id: did }));
      const { code, out } = await rig.run('did', 'resolve', did);
      expect([code, JSON.parse(out)]).toMatchObject([0, { didDocument: { id: did } }]);
    });

    it('tells a change on a chain from one of a did:web, which has no block', async () => {
      const add = [
        'did',
        'service',
        'add',
        'did:x:1',
        'Exchange',
        'https://a.example',
        '--for',
        '90',
        '--tenant',
        'dso',
        '--society',
        'society.json',
      ];
      for (const [json, out] of [
        ['{"did":"did:web:a.example","transactions":[]}', 'did:web:a.example changed\n'],
        ['{"did":"did:x:1","transactions":["0xab"],"block":7}', 'did:x:1 changed in block 7 (0xab)\n'],
      ] as const) {
        rig.answer = (_request, _body, response) => response.writeHead(200, { 'content-type': 'application/json' }).end(json);
        expect(await rig.run(...add)).toEqual({ code: 0, out, err: '' });
      }
    });

    it('has no document of the past for a did:web, and asks nobody for it', async () => {
      const { code, out } = await rig.run('did', 'resolve', 'did:web:nowhere.invalid', '--at', '2020-01-01T00:00:00Z');
      expect([code, JSON.parse(out)]).toMatchObject([1, { didDocument: null, didResolutionMetadata: { error: 'featureNotSupported' } }]);
    });

    it.each([
      [['did', 'list', '--tenant', 'dso'], 'GET', '/t/dso/admin/dids', ''],
      [['did', 'create', '--tenant', 'dso'], 'POST', '/t/dso/admin/dids', '{}'],
      [['did', 'create', '--alias', 'meter', '--tenant', 'dso'], 'POST', '/t/dso/admin/dids', '{"alias":"meter"}'],
      [
        ['did', 'delegate', 'add', 'did:x:1', ACCOUNT, '--for', '30d', '--tenant', 'dso'],
        'POST',
        '/t/dso/admin/did/delegates/add',
        '{"did":"did:x:1","account":"0xabababababababababababababababababababab","type":"veriKey","validSeconds":2592000}',
      ],
      [
        ['did', 'delegate', 'remove', 'did:x:1', ACCOUNT, '--type', 'sigAuth', '--tenant', 'dso'],
        'POST',
        '/t/dso/admin/did/delegates/remove',
        '{"did":"did:x:1","account":"0xabababababababababababababababababababab","type":"sigAuth"}',
      ],
      [
        ['did', 'service', 'add', 'did:x:1', 'Exchange', 'https://a.example', '--for', '90', '--tenant', 'dso'],
        'POST',
        '/t/dso/admin/did/services/add',
        '{"did":"did:x:1","type":"Exchange","endpoint":"https://a.example","validSeconds":90}',
      ],
      [
        ['did', 'service', 'remove', 'did:x:1', 'Exchange', 'https://a.example', '--tenant', 'dso'],
        'POST',
        '/t/dso/admin/did/services/remove',
        '{"did":"did:x:1","type":"Exchange","endpoint":"https://a.example"}',
      ],
      [
        ['did', 'key', 'add', 'did:x:1', 'public.json', '--for', '1y', '--tenant', 'dso'],
        'POST',
        '/t/dso/admin/did/keys/add',
        '{"did":"did:x:1","publicJwk":{"kty":"EC"},"use":"assertion","validSeconds":31536000}',
      ],
      [
        ['did', 'owner', 'did:x:1', ACCOUNT, '--yes', '--tenant', 'dso'],
        'POST',
        '/t/dso/admin/did/owner',
        '{"did":"did:x:1","newOwner":"0xabababababababababababababababababababab"}',
      ],
      [['did', 'deactivate', 'did:x:1', '--yes', '--tenant', 'dso'], 'POST', '/t/dso/admin/did/deactivate', '{"did":"did:x:1"}'],
      [
        ['did', 'deactivate', 'did:x:1', '--own', '--yes', '--tenant', 'dso'],
        'POST',
        '/t/dso/admin/did/deactivate',
        '{"did":"did:x:1","own":true}',
      ],
      [
        ['did', 'rotate', 'did:x:1', '--emergency', '--yes', '--tenant', 'dso'],
        'POST',
        '/t/dso/admin/did/rotate',
        '{"did":"did:x:1","emergency":true}',
      ],
      [['did', 'rotate', '--yes', '--tenant', 'dso'], 'POST', '/t/dso/admin/did/rotate', '{}'],
      [
        ['did', 'transfer', 'offer', 'did:ethr:0x1:0xab', '--to', 'dso', '--hours', '2', '--tenant', 'regulator'],
        'POST',
        '/t/regulator/admin/did/transfers',
        '{"did":"did:ethr:0x1:0xab","to":"dso","lifeSeconds":"7200"}',
      ],
      [['did', 'transfer', 'accept', 'a/b', '--tenant', 'dso'], 'POST', '/t/dso/admin/did/transfers/a%2Fb/accept', '{}'],
      [['did', 'transfer', 'ownership', 't', '--tenant', 'dso'], 'POST', '/t/dso/admin/did/transfers/t/ownership', '{}'],
      [
        ['did', 'transfer', 'answer', 'https://a.example/t/x/transfers/1', '--reject', '--tenant', 'dso'],
        'POST',
        '/t/dso/admin/did/offers/answer',
        '{"offer":"https://a.example/t/x/transfers/1","decision":"reject"}',
      ],
      [['did', 'transfer', 'list', '--tenant', 'dso'], 'GET', '/t/dso/admin/did/transfers', ''],
      [['ledger', 'status'], 'GET', '/t/dso/admin/ledger', ''],
      [['ledger', 'rebuild'], 'POST', '/t/dso/admin/ledger/rebuild', ''],
    ])('%j asks as the operator of that tenant', async (args, method, path, body) => {
      expect(await rig.run(...args, '--society', 'society.json')).toMatchObject({ code: 0, err: '' });
      expect(rig.asked).toEqual([{ method, path, token: `Bearer ${args.includes('regulator') ? 'regulator' : 'dso'}-token`, body }]);
    });
  });
});
