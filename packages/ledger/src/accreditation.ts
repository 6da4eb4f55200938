import { ZeroHash, id, keccak256, AbiCoder } from 'ethers';
import { Fault, ok, refuse } from '@gridpass/core';
import type { Digest, Instant, Outcome, RoleCode } from '@gridpass/core';
import type { Account } from './account.js';
import type { Chain } from './chain.js';
import { toBytes32 } from './channel.js';
import { createContractCalls } from './contract-call.js';
import type { Sender } from './sender.js';

/** What an accreditation allows its holder to attest. */
export interface AccreditationTerms {
  readonly holder: Account;
  readonly roles: readonly RoleCode[];
  readonly notBefore: Instant;
  /** The first second at which it no longer holds. */
  readonly notAfter: Instant;
  /** How many further steps it may be passed on. */
  readonly depth: number;
  /** The credential that states the same. */
  readonly credential: Digest;
}

/** An area as the way down to it, e.g. `['DK', '10YDK-1--------W']`: within means beginning with. */
export type AreaPath = readonly string[];

/** Accredits and asks. Ids are the contract's, 0x-hex. */
export interface AccreditationLedger {
  accreditRoot(terms: AccreditationTerms, area: AreaPath): Promise<Outcome<string>>;
  /** Passes part of `parent` on; `below` are the steps from the parent's area. NOT_ENTITLED when it would be more than the parent has. */
  accredit(parent: string, terms: AccreditationTerms, below: AreaPath): Promise<Outcome<string>>;
  revoke(accreditation: string): Promise<Outcome<true>>;
  /** Whether `holder` may attest `role` in the area that lies `below` the accreditation's own. */
  mayAttest(query: {
    readonly accreditation: string;
    readonly holder: Account;
    readonly role: RoleCode;
    readonly own: AreaPath;
    readonly below: AreaPath;
    readonly at: Instant;
  }): Promise<boolean>;
}

/** The accreditations at `address`, written in transactions of the sender's account. */
export function createAccreditationLedger(chain: Chain, address: Account, sender: Sender): AccreditationLedger {
  const calls = createContractCalls(chain, 'AccreditationRegistry', address);
  const grant = async (method: string, args: readonly unknown[]): Promise<Outcome<string>> => {
    const sent = await sender.send(calls.encode(method, args));
    if (sent.kind === 'reverted') return refuse('NOT_ENTITLED', 'ledger', sent.revert.name || 'the registry did not say why');
    const event = sent.receipt.logs.map((log) => calls.contract.parseLog(log)).find((log) => log?.name === 'AccreditationGranted');
    if (!event) throw new Fault('CHAIN_INCONSISTENT', 'the chain mined an accreditation without its event');
    return ok(String(event.args['id']));
  };
  return {
    accreditRoot: (terms, area) => grant('accreditRoot', [toTerms(terms), areaHash(area)]),
    accredit: (parent, terms, below) => grant('accredit', [parent, toTerms(terms), below.map(id)]),
    revoke: async (accreditation) => {
      const sent = await sender.send(calls.encode('revoke', [accreditation]));
      return sent.kind === 'mined' ? ok(true) : refuse('NOT_ENTITLED', 'ledger', sent.revert.name || 'the registry did not say why');
    },
    mayAttest: async ({ accreditation, holder, role, own, below, at }) => {
      const [answer] = await calls.read('mayAttest', [
        accreditation,
        holder,
        roleBit(role),
        below.map(id),
        areaHash([...own, ...below]),
        at,
      ]);
      return answer === true;
    },
  };
}

/** The chain's name of an area: each step hashed onto the one above. */
export function areaHash(area: AreaPath): string {
  const coder = AbiCoder.defaultAbiCoder();
  return area.reduce((above, step) => keccak256(coder.encode(['bytes32', 'bytes32'], [above, id(step)])), ZeroHash);
}

const roleBit = (role: RoleCode): number => Number(role.slice(1));

function toTerms(terms: AccreditationTerms): readonly unknown[] {
  const roles = terms.roles.reduce((mask, role) => mask | (1n << BigInt(roleBit(role))), 0n);
  return [terms.holder, roles, terms.notBefore, terms.notAfter, terms.depth, toBytes32(terms.credential)];
}
