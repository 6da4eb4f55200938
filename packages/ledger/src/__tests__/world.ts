import { randomBytes } from 'node:crypto';
import { Interface } from 'ethers';
import type { Instant, Digest } from '@gridpass/core';
import { instant } from '@gridpass/core';
import { DEVELOPMENT_KEYS, startAnvil } from '@gridpass/testkit';
import { ARTEFACTS, accountFromPrivateKey, connectChain, createAccountKey, createSender, deployContracts } from '../index.js';
import type { Account, AccountSigner, Chain, ContractAddresses, ContractName, EmbeddedNode, Sender, Sent } from '../index.js';

export const CHANNEL = 'behind_the_meter';
export const admin = accountFromPrivateKey(DEVELOPMENT_KEYS[0]);
export const gate = accountFromPrivateKey(DEVELOPMENT_KEYS[1]);

/** A chain with the contracts on it. */
export interface World {
  readonly node: EmbeddedNode;
  readonly chain: Chain;
  readonly contracts: ContractAddresses;
  readonly asAdmin: Sender;
  readonly asGate: Sender;
  /** A new account without any money, with its sender. */
  stranger(): { readonly signer: AccountSigner; readonly account: Account; readonly sender: Sender };
  /** Sends to a contract as `sender`. */
  tell(sender: Sender, name: ContractName, method: string, args: readonly unknown[]): Promise<Sent>;
  /** Asks a contract. */
  ask(name: ContractName, method: string, args: readonly unknown[]): Promise<unknown[]>;
  now(): Promise<Instant>;
  /** Mines a block `seconds` later. */
  pass(seconds: number): Promise<void>;
  stop(): Promise<void>;
}

export async function createWorld(): Promise<World> {
  const node = await startAnvil();
  const chain = connectChain({ rpcUrl: node.rpcUrl, chainId: node.chainId });
  const contracts = await deployContracts({ chain, deployer: admin, gate: gate.account, channels: [CHANNEL] });
  const now = async (): Promise<Instant> => instant((await chain.provider.getBlock('latest'))?.timestamp ?? 0);
  return {
    node,
    chain,
    contracts,
    now,
    asAdmin: createSender(chain, admin),
    asGate: createSender(chain, gate),
    stranger: () => {
      const signer = accountFromPrivateKey(createAccountKey());
      return { signer, account: signer.account, sender: createSender(chain, signer) };
    },
    tell: (sender, name, method, args) =>
      sender.send({ to: contracts[name], data: new Interface(ARTEFACTS[name].abi).encodeFunctionData(method, [...args]) }),
    ask: async (name, method, args) => {
      const contract = new Interface(ARTEFACTS[name].abi);
      const data = await chain.provider.call({ to: contracts[name], data: contract.encodeFunctionData(method, [...args]) });
      return contract.decodeFunctionResult(method, data).toArray(true);
    },
    pass: async (seconds) => {
      await chain.ask('evm_increaseTime', [seconds]);
      await chain.ask('evm_mine', []);
    },
    stop: async () => {
      chain.close();
      await node.stop();
    },
  };
}

export function newReceipt(): Digest {
  return randomBytes(32).toString('base64url') as Digest;
}

export function newBytes32(): string {
  return `0x${randomBytes(32).toString('hex')}`;
}

/** The name of the error a call was turned down with, or 'mined'. */
export const outcomeOf = async (sent: Promise<Sent>): Promise<string> => {
  const result = await sent;
  return result.kind === 'mined' ? 'mined' : result.revert.name;
};
