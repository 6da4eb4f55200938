import { createECDH } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { NODE_CHANNEL, createNodeReader } from '@gridpass/ledger';
import { openLedgerAccount } from '../ledger-account.js';
import { assertShown, type Act } from './act.js';
import { admit, giveUp } from './ledger.js';

/** A node joins the network by the credential of who runs it, and is out when the admission is withdrawn. */
export const admitNode: Act = {
  id: 'node',
  title: 'The grid operator’s node may connect while it is admitted, and is expelled when that is withdrawn',
  async play(society, says) {
    const file = join(society.config.directory, 'keys', 'dso-node');
    const account = await openLedgerAccount(file);
    const key = createECDH('secp256k1');
    key.setPrivateKey((await readFile(file, 'utf8')).trim().slice(2), 'hex');
    // A node is known by its public key, without the byte that says how the point is written.
    const node = { enodeId: key.getPublicKey('hex').slice(2), host: '10.0.0.7', port: 30_303 };
    const { connectionAllowed } = createNodeReader(society.chain, society.ledgerGate.contracts.NodePermissioning);

    const candidate = { organisation: 'dso', channel: NODE_CHANNEL, account } as const;
    // An act that broke off finds what it left.
    if (await connectionAllowed(node)) await giveUp(society, candidate);
    const before = await connectionAllowed(node);
    assertShown(!before, 'a node that nobody admitted may not connect');
    const until = await admit(society, candidate);
    const admitted = await connectionAllowed(node);
    assertShown(admitted, 'the admitted node may connect');
    says(`the grid operator's node ${account.account} may connect until ${new Date(until * 1000).toISOString()}`);
    await giveUp(society, candidate);
    const expelled = !(await connectionAllowed(node));
    assertShown(expelled, 'the node whose admission is withdrawn may not connect');
    says('its admission is withdrawn: the contract turns the node away');
    return { node: account.account, before, admitted, expelled };
  },
};
