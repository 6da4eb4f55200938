import { Fault } from '@gridpass/core';
import type { Society } from '../compose.js';

/** Facts an act leaves behind: public, short, and no claim of a person. */
export type Facts = Readonly<Record<string, string | number | boolean>>;

/** One act: it does something that can be seen, and fails loudly when what it shows does not hold. */
export interface Act {
  readonly id: string;
  readonly title: string;
  play(society: Society, says: (line: string) => void): Promise<Facts>;
}

/** What an act claims must hold; a claim that does not is a failed act. */
export function assertShown(holds: boolean, claim: string): asserts holds {
  if (!holds) throw new Fault('INTERNAL', `the act did not show that ${claim}`);
}
