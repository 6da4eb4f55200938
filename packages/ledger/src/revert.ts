import { Interface, isError } from 'ethers';
import { ARTEFACTS } from './generated/artefacts.js';
import { CONTRACT_NAMES } from './artefact.js';

/** A contract said no, with one of its custom errors. */
export interface Revert {
  /** The error's name, e.g. `AdmittedNotAdmitted`; '' when the contract gave none that we know. */
  readonly name: string;
  readonly args: readonly unknown[];
}

const ERRORS: ReadonlyMap<string, Interface> = new Map(
  CONTRACT_NAMES.flatMap((name) => {
    const contract = new Interface(ARTEFACTS[name].abi);
    return contract.fragments
      .filter((fragment) => fragment.type === 'error')
      .map((fragment) => [contract.getError(fragment.format())?.selector ?? '', contract] as const);
  }),
);

/** What a failed call or transaction was refused with, or undefined when the failure was another one. */
export function revertOf(cause: unknown): Revert | undefined {
  if (!isError(cause, 'CALL_EXCEPTION')) return undefined;
  const data = cause.data ?? '';
  const parsed = ERRORS.get(data.slice(0, 10))?.parseError(data);
  return { name: parsed?.name ?? '', args: parsed?.args.toArray() ?? [] };
}
