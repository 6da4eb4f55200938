import type { LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { isError } from '@gridpass/core';
import { classifyAddress, isOpenAddress } from './address.js';

/** Asks the resolver of the system for every address of a name. */
export type ResolveName = (hostname: string) => Promise<readonly LookupAddress[]>;

/** A name led to an address that is not open; told apart from failures by its class, and turned into a refusal. */
export class AddressNotAllowed extends Error {}

/**
 * A lookup for sockets that resolves once and hands on only what it checked: the address checked is the address
 * connected to, so that a second answer (DNS rebinding) has nobody to ask for it. One bad address spoils the name.
 */
export function createPinnedLookup(resolveName: ResolveName, allowPrivate: boolean): LookupFunction {
  // The connection asks for all addresses (`autoSelectFamily`); asked for one, a list fails to connect, which is closed.
  return (hostname, _options, callback) => {
    resolveName(hostname).then(
      (addresses) => {
        const open = addresses.length > 0 && addresses.every(({ address }) => isOpen(hostname, address, allowPrivate));
        if (open) callback(null, [...addresses]);
        else callback(new AddressNotAllowed('an address of the name is not open'), []);
      },
      (error: unknown) => {
        callback(isError(error) ? error : new Error('the name does not resolve', { cause: error }), []);
      },
    );
  };
}

function isOpen(hostname: string, address: string, allowPrivate: boolean): boolean {
  // RFC 6761 §6.3: localhost is loopback and nothing else; plain http relies on it.
  return hostname === 'localhost' ? allowPrivate && classifyAddress(address) === 'loopback' : isOpenAddress(address, allowPrivate);
}
