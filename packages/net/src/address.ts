import { BlockList, isIP } from 'node:net';

/**
 * `public`: anyone's. `loopback`, `private`: this machine, this site; open only by configuration.
 * `forbidden`: link-local (cloud metadata), multicast, translation and documentation ranges; never open.
 */
export type AddressClass = 'public' | 'loopback' | 'private' | 'forbidden';

type Range = readonly [network: string, prefix: number];

function listOf(family: 'ipv4' | 'ipv6', ranges: readonly Range[]): BlockList {
  const list = new BlockList();
  for (const [network, prefix] of ranges) list.addSubnet(network, prefix, family);
  return list;
}

// RFC 6890 and the IANA special-purpose registries.
const V4_LOOPBACK = listOf('ipv4', [['127.0.0.0', 8]]);
const V4_PRIVATE = listOf('ipv4', [
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['100.64.0.0', 10],
]);
const V4_FORBIDDEN = listOf('ipv4', [
  ['0.0.0.0', 8],
  ['169.254.0.0', 16],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.31.196.0', 24],
  ['192.52.193.0', 24],
  ['192.88.99.0', 24],
  ['192.175.48.0', 24],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
]);
const V6_LOOPBACK = listOf('ipv6', [['::1', 128]]);
const V6_PRIVATE = listOf('ipv6', [['fc00::', 7]]);
// Global unicast is 2000::/3 alone: mapped, translated (64:ff9b::/96) and link-local addresses lie outside it.
const V6_GLOBAL = listOf('ipv6', [['2000::', 3]]);
const V6_FORBIDDEN = listOf('ipv6', [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
]);

/** What kind of address an IP literal is; anything that is no IP literal is forbidden. */
export function classifyAddress(address: string): AddressClass {
  switch (isIP(address)) {
    case 4:
      if (V4_LOOPBACK.check(address, 'ipv4')) return 'loopback';
      if (V4_PRIVATE.check(address, 'ipv4')) return 'private';
      return V4_FORBIDDEN.check(address, 'ipv4') ? 'forbidden' : 'public';
    case 6:
      // A zone (fe80::1%eth0) names a link; BlockList would ignore it.
      if (address.includes('%')) return 'forbidden';
      if (V6_LOOPBACK.check(address, 'ipv6')) return 'loopback';
      if (V6_PRIVATE.check(address, 'ipv6')) return 'private';
      return V6_GLOBAL.check(address, 'ipv6') && !V6_FORBIDDEN.check(address, 'ipv6') ? 'public' : 'forbidden';
    default:
      return 'forbidden';
  }
}

/** Whether an address may be connected to: public ones always, one's own site where the configuration opens it. */
export function isOpenAddress(address: string, allowPrivate: boolean): boolean {
  const kind = classifyAddress(address);
  return kind === 'public' || (allowPrivate && kind !== 'forbidden');
}
