import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Transaction, Wallet, hexlify } from 'ethers';
import type { TransactionLike } from 'ethers';
import { parseSignedTransaction } from '../index.js';

const wallet = new Wallet(`0x${'11'.repeat(32)}`);
const expected = { chainId: 31337, maxBytes: 10_000 };

const anyTransaction: fc.Arbitrary<TransactionLike> = fc
  .record({
    type: fc.constantFrom(0, 1, 2),
    nonce: fc.nat({ max: 1_000_000 }),
    gasLimit: fc.bigInt({ min: 0n, max: 30_000_000n }),
    to: fc.option(fc.uint8Array({ minLength: 20, maxLength: 20 }).map((bytes) => hexlify(bytes))),
    value: fc.bigInt({ min: 0n, max: 2n ** 128n }),
    data: fc.uint8Array({ maxLength: 100 }).map((bytes) => hexlify(bytes)),
    fee: fc.bigInt({ min: 0n, max: 10n ** 12n }),
  })
  .map(({ type, fee, ...rest }) => ({
    ...rest,
    type,
    chainId: 31337,
    ...(type === 2 ? { maxFeePerGas: fee, maxPriorityFeePerGas: 0n } : { gasPrice: fee }),
  }));

async function sign(like: TransactionLike): Promise<string> {
  const transaction = Transaction.from(like);
  transaction.signature = wallet.signingKey.sign(transaction.unsignedHash);
  return transaction.serialized;
}

describe('parseSignedTransaction', () => {
  it('finds the signer and the content of every transaction', async () => {
    await fc.assert(
      fc.asyncProperty(anyTransaction, async (like) => {
        const parsed = parseSignedTransaction(await sign(like), expected);
        expect(parsed).toMatchObject({
          ok: true,
          value: { sender: wallet.address, nonce: like.nonce, data: like.data, value: like.value },
        });
      }),
      { numRuns: 60 },
    );
  });

  it('never takes a changed transaction for one of the same signer with the same hash, and never fails', async () => {
    await fc.assert(
      fc.asyncProperty(anyTransaction, fc.nat(), fc.integer({ min: 1, max: 255 }), async (like, at, bits) => {
        const raw = await sign(like);
        const bytes = Buffer.from(raw.slice(2), 'hex');
        bytes[at % bytes.length] = (bytes[at % bytes.length] ?? 0) ^ bits;
        const [genuine, bent] = [parseSignedTransaction(raw, expected), parseSignedTransaction(hexlify(bytes), expected)];
        if (bent.ok) {
          expect(bent.value.hash).not.toBe(genuine.value?.hash);
          expect(bent.value.sender).not.toBe(wallet.address);
        } else expect(['TRANSACTION_MALFORMED', 'CHAIN_MISMATCH']).toContain(bent.refusal.code);
      }),
      { numRuns: 200 },
    );
  });

  it('answers any bytes with a refusal', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        fc.constantFrom('', '01', '02', '03', '04', '05', '7f', 'c0', 'f8'),
        (bytes, start) => {
          expect(parseSignedTransaction(`0x${start}${Buffer.from(bytes).toString('hex')}`, expected).ok).toBe(false);
        },
      ),
      { numRuns: 500 },
    );
  });
});
