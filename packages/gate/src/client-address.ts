import type { IncomingMessage } from 'node:http';
import { InputError } from '@gridpass/core';
import ipaddr from 'ipaddr.js';
import { forwardedFor } from './forwarding.js';
import type { ForwardingHeader } from './forwarding.js';

/**
 * Names the client of a request for counting: an IPv4 address, or the /64 network of an IPv6 address, since whoever has one
 * address of a /64 has all 2^64 of them. An IPv4-mapped address is its IPv4 address.
 */
export type ClientAddress = (request: Pick<IncomingMessage, 'headers' | 'socket'>) => string;

type Address = ReturnType<typeof ipaddr.process>;
type Network = ReturnType<typeof ipaddr.parseCIDR>;

/** Who stands in front of a program, and in which header it says whom it speaks for. */
export interface ProxySettings {
  /** Addresses or CIDR networks. Empty means that the connection alone counts. */
  readonly trustedProxies: readonly string[];
  /** The one header that these write or append to. The other is never read: a proxy passes it on as its client sent it. */
  readonly forwardingHeader: ForwardingHeader;
}

/**
 * Makes a {@link ClientAddress}. The forwarding header counts only where the connection comes from a trusted proxy, and then as
 * far from the right as the entries were written by these: what a client sends itself stands further left and is never read.
 * Throws InputError CONFIG_INVALID for what is neither address nor network.
 */
export function createClientAddress({ trustedProxies, forwardingHeader }: ProxySettings): ClientAddress {
  const networks = trustedProxies.map(parseNetwork);
  const isTrusted = (address: Address): boolean =>
    networks.some((network) => address.kind() === network[0].kind() && address.match(network));
  return ({ headers, socket }) => {
    let client = parseAddress(socket.remoteAddress ?? '');
    if (client === undefined) return 'unknown';
    const entries = forwardedFor(forwardingHeader, headers);
    while (isTrusted(client)) {
      const before = parseAddress(entries.pop() ?? '');
      // A proxy that names nobody, or not by an address, is counted itself: better too many in one bucket than one too few.
      if (before === undefined) break;
      client = before;
    }
    return toGroup(client);
  };
}

function parseNetwork(text: string): Network {
  const address = parseAddress(text);
  if (address !== undefined) return [address, address.toByteArray().length * 8];
  if (!ipaddr.isValidCIDR(text)) throw new InputError('CONFIG_INVALID', `trustedProxies: ${text} is neither an address nor a network`);
  return ipaddr.parseCIDR(text);
}

/** Four decimal parts or an IPv6 address; the other spellings of IPv4 (`0x7f.1`) are read differently by different programs. */
function parseAddress(text: string): Address | undefined {
  return ipaddr.IPv4.isValidFourPartDecimal(text) || ipaddr.IPv6.isValid(text) ? ipaddr.process(text) : undefined;
}

function toGroup(address: Address): string {
  if (address.kind() === 'ipv4') return address.toString();
  return `${new ipaddr.IPv6([...address.toByteArray().slice(0, 8), 0, 0, 0, 0, 0, 0, 0, 0]).toString()}/64`;
}
