import { describe, expect, it } from '@jest/globals';
import { untilWon } from '../index.js';

describe('what somebody else may be quicker with', () => {
  it('is done once where nobody is', async () => {
    const turns: number[] = [];
    const won = await untilWon(async (turn) => {
      turns.push(turn);
      return 'won';
    });
    expect([won, turns]).toEqual(['won', [0]]);
  });

  it('is tried again until it is won, however many are quicker, and each turn knows its number', async () => {
    const turns: number[] = [];
    const won = await untilWon(async (turn) => {
      turns.push(turn);
      return turn === 12 ? turn : undefined;
    });
    expect([won, turns]).toEqual([12, Array.from({ length: 13 }, (_, turn) => turn)]);
  });

  it('is won by what is false or empty, too: undefined alone is lost', async () => {
    expect(await untilWon(async () => false)).toBe(false);
    expect(await untilWon(async () => '')).toBe('');
  });

  it('is not tried again where the attempt throws', async () => {
    let attempts = 0;
    const attempt = async (): Promise<undefined> => {
      attempts += 1;
      throw new Error('the store is away');
    };
    await expect(untilWon(attempt)).rejects.toThrow('the store is away');
    expect(attempts).toBe(1);
  });
});
