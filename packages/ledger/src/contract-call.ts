import { Interface, Result } from 'ethers';
import { Fault } from '@gridpass/core';
import { ARTEFACTS } from './generated/artefacts.js';
import type { ContractName } from './artefact.js';
import type { Account } from './account.js';
import type { Chain } from './chain.js';
import type { Call } from './sign-call.js';
import { revertOf } from './revert.js';
import type { Revert } from './revert.js';

/** One contract at one address: encodes calls and reads answers. */
export interface ContractCalls {
  readonly address: Account;
  readonly contract: Interface;
  /** The call as a transaction. */
  encode(name: string, args: readonly unknown[]): Call;
  /** Asks a view. A contract that is not there is Fault CHAIN_INCONSISTENT: the chain lost what it had. */
  read(name: string, args: readonly unknown[]): Promise<Result>;
  /** Asks a view that may say no. */
  tryRead(name: string, args: readonly unknown[]): Promise<Result | Revert>;
}

/** Calls to `name` at `address`. */
export function createContractCalls(chain: Chain, name: ContractName, address: Account): ContractCalls {
  const contract = new Interface(ARTEFACTS[name].abi);
  const tryRead = async (method: string, args: readonly unknown[]): Promise<Result | Revert> => {
    const data = contract.encodeFunctionData(method, [...args]);
    try {
      const answer = await chain.use((provider) => provider.call({ to: address, data }));
      if (answer === '0x') throw new Fault('CHAIN_INCONSISTENT', `the chain has no ${name} where it was deployed`);
      return contract.decodeFunctionResult(method, answer);
    } catch (cause) {
      const revert = revertOf(cause);
      if (revert === undefined) throw cause;
      return revert;
    }
  };
  return {
    address,
    contract,
    tryRead,
    encode: (method, args) => ({ to: address, data: contract.encodeFunctionData(method, [...args]) }),
    read: async (method, args) => {
      const answer = await tryRead(method, args);
      if (isRevert(answer)) throw new Fault('CHAIN_INCONSISTENT', `${name}.${method} answered ${answer.name || 'nothing known'}`);
      return answer;
    },
  };
}

/** The values of an answer, in their order. */
export function valuesOf(answer: Result): readonly unknown[] {
  const values: unknown[] = answer.toArray();
  return values;
}

/** The members of an answer that is one struct, in their order. */
export function membersOf(answer: Result): readonly unknown[] {
  const [struct] = valuesOf(answer);
  if (!(struct instanceof Result)) throw new Fault('CHAIN_INCONSISTENT', 'the contract answered with something that is no struct');
  return valuesOf(struct);
}

/** Whether an answer is the contract's no. */
export function isRevert(answer: Result | Revert): answer is Revert {
  return !Array.isArray(answer);
}
