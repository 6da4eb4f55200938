import { describe, expect, it } from '@jest/globals';
import { Wallet, verifyTypedData } from 'ethers';
import {
  accountClaimText,
  accountClaimTypedData,
  accountFromPrivateKey,
  checkAccountClaim,
  createAccountKey,
  parseAccount,
  signAccountClaim,
} from '../index.js';
import type { AccountClaim } from '../index.js';

const key = createAccountKey();
const signer = accountFromPrivateKey(key);
const claim: AccountClaim = {
  account: signer.account,
  channel: 'multi_class',
  state: 'state-1',
  chainId: 31337,
  audience: 'https://ledger.example',
};

describe('parseAccount', () => {
  it('takes lower case and the right checksum, and gives one spelling', () => {
    expect(parseAccount('0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed')).toEqual({
      ok: true,
      value: '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed',
    });
    expect(parseAccount('0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed').ok).toBe(true);
  });

  it.each([
    '0x5AAeb6053F3E94C9b9A09f33669435E7Ef1BeAed',
    '0x5AAEB6053F3E94C9B9A09F33669435E7EF1BEAED',
    '5aaeb6053f3e94c9b9a09f33669435e7ef1beaed',
    '0x5aaeb6053f3e94c9b9a09f33669435e7ef1beae',
    '0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed0',
    ' 0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed',
    '0X5aaeb6053f3e94c9b9a09f33669435e7ef1beaed',
    'XE7338O073KYGTWWZN0F2WZ0R8PX5ZPPZS',
    'vitalik.eth',
    '',
    undefined,
    null,
    7,
    {},
    ['0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed'],
  ])('refuses %p', (text) => {
    expect(parseAccount(text)).toMatchObject({ ok: false, refusal: { code: 'REQUEST_MALFORMED' } });
  });
});

describe('an account claim', () => {
  it('counts when the account signed it, as typed data or as text', async () => {
    const wallet = new Wallet(key);
    expect(checkAccountClaim(claim, await signAccountClaim(claim, signer))).toEqual({ ok: true, value: true });
    expect(checkAccountClaim(claim, await wallet.signMessage(accountClaimText(claim)))).toEqual({ ok: true, value: true });
    const { domain, types, message } = accountClaimTypedData(claim) as { domain: object; types: Record<string, never>; message: object };
    const { EIP712Domain: _, ...own } = types;
    expect(verifyTypedData(domain, own, message, await signAccountClaim(claim, signer))).toBe(signer.account);
  });

  it('counts for nothing else', async () => {
    const signature = await signAccountClaim(claim, signer);
    const other = accountFromPrivateKey(createAccountKey());
    for (const change of [
      { channel: 'behind_the_meter' },
      { state: 'state-2' },
      { chainId: 1 },
      { audience: 'https://market.example' },
      { account: other.account },
    ]) {
      expect(checkAccountClaim({ ...claim, ...change }, signature)).toMatchObject({ refusal: { code: 'PROOF_INVALID' } });
    }
    expect(checkAccountClaim(claim, await signAccountClaim(claim, other))).toMatchObject({ refusal: { code: 'PROOF_INVALID' } });
  });

  it('has one signature: no twin with a high s, no other spelling, no bytes after it', async () => {
    const signature = await signAccountClaim(claim, signer);
    const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
    const s = (order - BigInt(`0x${signature.slice(66, 130)}`)).toString(16).padStart(64, '0');
    const twin = `${signature.slice(0, 66)}${s}${signature.endsWith('1b') ? '1c' : '1b'}`;
    for (const bad of [
      twin,
      signature.toUpperCase(),
      `${signature}00`,
      signature.slice(2),
      signature.replace(/1[bc]$/, '00'),
      `0x${'00'.repeat(64)}1b`,
      `0x${'ff'.repeat(64)}1b`,
      '',
      undefined,
      7,
    ]) {
      expect(checkAccountClaim(claim, bad)).toMatchObject({ refusal: { code: 'PROOF_INVALID' } });
    }
  });

  it('is signed with a key of secp256k1 only', () => {
    for (const bad of ['', '0x', `0x${'00'.repeat(32)}`, `0x${'ff'.repeat(32)}`, '0x1234', new Uint8Array(31)])
      expect(() => accountFromPrivateKey(bad)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  });
});
