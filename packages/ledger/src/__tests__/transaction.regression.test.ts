import { describe, expect, it } from '@jest/globals';
import { Transaction, Wallet, encodeRlp } from 'ethers';
import { parseSignedTransaction } from '../index.js';

describe('a transaction that cannot be written down', () => {
  it('is malformed when its priority fee is above its maximum fee, though each field decodes', () => {
    const wallet = new Wallet(`0x${'11'.repeat(32)}`);
    const transaction = Transaction.from({
      type: 2,
      chainId: 31337,
      nonce: 0,
      gasLimit: 0n,
      to: null,
      maxFeePerGas: 0n,
      maxPriorityFeePerGas: 0n,
    });
    const { r, s } = wallet.signingKey.sign(transaction.unsignedHash);
    const fields = ['0x7a69', '0x', '0x01', '0x', '0x', '0x', '0x', '0x', [], '0x', r, s];
    const parsed = parseSignedTransaction(`0x02${encodeRlp(fields).slice(2)}`, { chainId: 31337, maxBytes: 10_000 });
    expect(parsed.refusal?.code).toBe('TRANSACTION_MALFORMED');
  });
});
