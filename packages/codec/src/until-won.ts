import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

const SECONDS = 30;
const PAUSE_MS = 50;

/**
 * Tries a change that somebody else may be quicker with (undefined) until it is done; undefined where that takes half a minute. By time
 * and not by a count of attempts: each that is lost was won by another one, and of many at once the last loses to all others. The pause
 * is random, since two that go in step would lose to the same one for ever.
 */
export async function untilWon<T>(attempt: (turn: number) => Promise<T | undefined>): Promise<T | undefined> {
  const end = performance.now() + SECONDS * 1000;
  for (let turn = 0; ; turn += 1) {
    const won = await attempt(turn);
    if (won !== undefined || performance.now() >= end) return won;
    await sleep(randomInt(1, PAUSE_MS));
  }
}
