import process from 'node:process';
import { SigningKey } from 'ethers';
import { assertOk, instant } from '@gridpass/core';
import { createRelayRepository, openStore } from '@gridpass/store';
import { accountFromPrivateKey, connectChain, createRelayer, parseAccount } from '../index.js';
import { createOwner, TENANT } from './relay-owner.js';

// A relayer in a process of its own, for the test beside it to kill: says each step before it takes it.
const [rpcUrl = '', registry = '', directory = '', key = '', count = '0', sender = ''] = process.argv.slice(2);
const store = await openStore({ kind: 'pglite', directory });
await store.migrate();
const chain = connectChain({ rpcUrl, chainId: 31_337 });
const relayer = createRelayer({
  repository: createRelayRepository(store),
  chain,
  signer: accountFromPrivateKey(sender),
  registry: assertOk(parseAccount(registry)),
  clock: { now: () => instant(Math.floor(Date.now() / 1000)) },
  settings: { pollMs: 5 },
  before: async (step) => {
    process.stdout.write(`${step}\n`);
    // Long enough for the parent to act on the line.
    await new Promise((resolve) => setTimeout(resolve, 25));
  },
});
const owner = createOwner(new SigningKey(key), registry.toLowerCase());
const ids = assertOk(
  await relayer.addCalls(
    TENANT,
    Array.from({ length: Number(count) }, (_, nonce) => owner.service(`https://${String(nonce)}.example`, nonce)),
  ),
);
const ends = await relayer.settled(TENANT, ids);
process.stdout.write(`ends ${ends.map(({ state }) => state).join(' ')}\n`);
await relayer.close();
chain.close();
await store.close();
