import { createRequire } from 'node:module';
import { ContractFactory, Interface, ZeroAddress, getBytes, hexlify, keccak256 } from 'ethers';
import { Fault } from '@gridpass/core';
import { ARTEFACTS } from './generated/artefacts.js';
import type { ContractName } from './artefact.js';
import type { Account, AccountSigner } from './account.js';
import type { Chain } from './chain.js';
import { DEPLOY_CHANNEL, channelId } from './channel.js';
import { createSender } from './sender.js';
import type { Sender } from './sender.js';

/** Where the contracts stand. `DidRegistry` is ERC-1056, unchanged from `ethr-did-registry`. */
export type ContractAddresses = Readonly<Record<ContractName | 'DidRegistry', Account>>;

export interface DeployOptions {
  readonly chain: Chain;
  /** Pays for the deployment and becomes administrator of all contracts. */
  readonly deployer: AccountSigner;
  /** The account of the gate: it alone admits and withdraws. */
  readonly gate: Account;
  /** Channels whose accounts may call the market and the DID registry. */
  readonly channels: readonly string[];
  /** What an earlier deployment returned; what still stands there is kept. */
  readonly recorded?: Partial<ContractAddresses>;
}

const require = createRequire(import.meta.url);

/**
 * Puts the contracts on the chain, or finds them: a recorded address is kept if the code behind it is what these
 * sources compile to and it asks the right registry. Run again, it changes nothing; on a chain that lost its state it
 * begins anew. Throws Fault CHAIN_UNAVAILABLE or CHAIN_INCONSISTENT.
 */
export async function deployContracts(options: DeployOptions): Promise<ContractAddresses> {
  const { chain, deployer, gate, recorded = {} } = options;
  await chain.assertChain();
  const sender = createSender(chain, deployer);
  const admin = deployer.account;
  const place = async (name: ContractName, args: readonly unknown[], registry?: Account): Promise<Account> => {
    const known = recorded[name];
    if (
      known !== undefined &&
      (await isDeployed(chain, name, known)) &&
      (registry === undefined || (await registryOf(chain, known)) === registry)
    )
      return known;
    const { abi, bytecode } = ARTEFACTS[name];
    return create(sender, `${bytecode}${new Interface(abi).encodeDeploy([...args]).slice(2)}`);
  };

  const DidRegistry = await placeDidRegistry(chain, sender, recorded.DidRegistry);
  const ChannelAdmission = await place('ChannelAdmission', [admin, gate]);
  const AccreditationRegistry = await place('AccreditationRegistry', [admin, admin]);
  const AuditAnchor = await place('AuditAnchor', [admin, admin]);
  const EnergyMarket = await place('EnergyMarket', [ChannelAdmission], ChannelAdmission);
  const AccountPermissioning = await place('AccountPermissioning', [ChannelAdmission, admin, gate], ChannelAdmission);
  const NodePermissioning = await place('NodePermissioning', [ChannelAdmission, admin], ChannelAdmission);
  const contracts = {
    DidRegistry,
    ChannelAdmission,
    AccreditationRegistry,
    AuditAnchor,
    EnergyMarket,
    AccountPermissioning,
    NodePermissioning,
  };
  for (const [target, channels] of openTargets(contracts, options.channels))
    await openTarget({ chain, sender, permissioning: AccountPermissioning, target: target ?? (ZeroAddress as Account), channels });
  return contracts;
}

/**
 * What accounts of which channels may call; `undefined` is the creation of a contract. The RPC gate judges by this table and
 * AccountPermissioning is opened by it, so that gate and validators give one answer.
 */
export function openTargets(
  contracts: Pick<ContractAddresses, 'EnergyMarket' | 'DidRegistry'>,
  channels: readonly string[],
): ReadonlyMap<Account | undefined, readonly string[]> {
  return new Map<Account | undefined, readonly string[]>([
    [contracts.EnergyMarket, channels],
    // Organisations keep their DIDs in it, by their own transactions or a relayer's.
    [contracts.DidRegistry, channels],
    [undefined, [DEPLOY_CHANNEL]],
  ]);
}

/** Whether the code at an address is what our sources compile to. */
export async function isDeployed(chain: Chain, name: ContractName, address: Account): Promise<boolean> {
  const code = getBytes(await chain.use((provider) => provider.getCode(address)));
  for (const [start, length] of ARTEFACTS[name].immutables) code.fill(0, start, start + length);
  return keccak256(code) === ARTEFACTS[name].codeHash;
}

async function registryOf(chain: Chain, address: Account): Promise<string> {
  const contract = new Interface(['function admissions() view returns (address)']);
  const answer = await chain.use((provider) => provider.call({ to: address, data: contract.encodeFunctionData('admissions') }));
  return String(contract.decodeFunctionResult('admissions', answer)[0]);
}

async function placeDidRegistry(chain: Chain, sender: Sender, known: Account | undefined): Promise<Account> {
  const { abi, bytecode } = didRegistryArtefact();
  if (known !== undefined) {
    const code = await chain.use((provider) => provider.getCode(known));
    // Its creation code ends with the code it leaves behind.
    if (code.length > 2 && bytecode.includes(code.slice(2))) return known;
  }
  return create(sender, hexlify(new ContractFactory([...abi], bytecode).bytecode));
}

function didRegistryArtefact(): { readonly abi: readonly string[]; readonly bytecode: string } {
  const { EthereumDIDRegistry } = require('ethr-did-registry') as {
    readonly EthereumDIDRegistry: { readonly abi: readonly string[]; readonly bytecode: string };
  };
  return EthereumDIDRegistry;
}

async function create(sender: Sender, data: string): Promise<Account> {
  const sent = await sender.send({ data });
  if (sent.kind !== 'mined' || sent.created === undefined) throw new Fault('CHAIN_UNAVAILABLE', 'the chain did not accept a contract');
  return sent.created;
}

async function openTarget(parts: {
  readonly chain: Chain;
  readonly sender: Sender;
  readonly permissioning: Account;
  readonly target: Account;
  readonly channels: readonly string[];
}): Promise<void> {
  const { chain, sender, permissioning, target } = parts;
  const contract = new Interface(ARTEFACTS.AccountPermissioning.abi);
  const wanted = parts.channels.map(channelId);
  const answer = await chain.use((provider) =>
    provider.call({ to: permissioning, data: contract.encodeFunctionData('channelsOf', [target]) }),
  );
  const open: unknown = contract.decodeFunctionResult('channelsOf', answer)[0];
  if (Array.isArray(open) && open.length === wanted.length && wanted.every((channel, i) => channel === open[i])) return;
  const sent = await sender.send({ to: permissioning, data: contract.encodeFunctionData('openTarget', [target, wanted]) });
  if (sent.kind !== 'mined') throw new Fault('CHAIN_UNAVAILABLE', `the chain did not open a target: ${sent.revert.name}`);
}
