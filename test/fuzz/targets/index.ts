import { createPaperSociety } from '@gridpass/testkit';
import type { Target } from '../target.js';
import { codecTargets } from './codec.js';
import { fileTargets } from './files.js';
import { listTargets } from './lists.js';
import { messageTargets } from './messages.js';
import { nameTargets } from './names.js';
import { tokenTargets } from './tokens.js';
import { wireTargets } from './wire.js';

/** Every parser of foreign input. */
export async function createTargets(): Promise<readonly Target[]> {
  const society = await createPaperSociety();
  return [
    ...codecTargets(),
    ...nameTargets(society),
    ...(await tokenTargets(society)),
    ...listTargets(),
    ...messageTargets(society),
    ...fileTargets(society),
    ...wireTargets(),
  ];
}
