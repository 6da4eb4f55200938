import { copyFile, readFile, rename } from 'node:fs/promises';
import { Fault } from '@gridpass/core';
import { hasErrorCode } from './error-code.js';

/** The last copy that is known to be whole. */
const previous = (file: string): string => `${file}.previous`;

/**
 * Makes sure that the node finds a whole state file or none. A damaged one (power cut while it was written) is moved
 * aside and its last good copy takes its place; true then. What the copy lacks is written again by `reconcile`.
 * Throws Fault CHAIN_UNAVAILABLE when it is damaged and there is no copy.
 */
export async function recoverState(file: string): Promise<boolean> {
  const state = await readState(file);
  if (state === 'whole') return false;
  const copy = await readState(previous(file));
  if (copy === 'whole') {
    if (state === 'damaged') await rename(file, `${file}.damaged`);
    await copyFile(previous(file), file);
    return true;
  }
  if (state === 'absent') return false;
  throw new Fault(
    'CHAIN_UNAVAILABLE',
    `the chain state ${file} is damaged and has no good copy; move it away to begin an empty chain, on which the admissions are written again`,
  );
}

/** Keeps a copy of the state file if it is whole. The guarantee is crash safety: copy, then rename. */
export async function rememberState(file: string): Promise<void> {
  if ((await readState(file)) !== 'whole') return;
  await copyFile(file, `${previous(file)}.new`);
  await rename(`${previous(file)}.new`, previous(file));
}

async function readState(file: string): Promise<'whole' | 'damaged' | 'absent'> {
  try {
    return isWhole(await readFile(file, 'utf8')) ? 'whole' : 'damaged';
  } catch (cause) {
    if (hasErrorCode(cause, 'ENOENT')) return 'absent';
    throw new Fault('CHAIN_UNAVAILABLE', `the chain state ${file} cannot be read`, { cause });
  }
}

function isWhole(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    // JSON.parse throws nothing but SyntaxError.
    return false;
  }
}
