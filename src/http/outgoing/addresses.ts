/** Which addresses of the internet an outgoing call may reach: those that anybody could have. */
import { BlockList, isIP } from 'node:net';

/** IANA special-purpose addresses, multicast and reserved (RFC 6890 and its registry). */
const SPECIAL_IPV4: readonly [prefix: string, bits: number][] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
];

/** Within global unicast, but leading elsewhere: protocol assignments, Teredo, documentation, 6to4. */
const SPECIAL_IPV6: readonly [prefix: string, bits: number][] = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
];

const special = new BlockList();
for (const [prefix, bits] of SPECIAL_IPV4) special.addSubnet(prefix, bits, 'ipv4');
for (const [prefix, bits] of SPECIAL_IPV6) special.addSubnet(prefix, bits, 'ipv6');

/** All that is routed to anybody (RFC 4291 §2.4); IPv4 in IPv6 clothes and translators are outside of it. */
const global = new BlockList();
global.addSubnet('2000::', 3, 'ipv6');

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

export function isPublicAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 4) return !special.check(address, 'ipv4');
  return family === 6 && global.check(address, 'ipv6') && !special.check(address, 'ipv6');
}

export function isLoopbackAddress(address: string): boolean {
  const family = isIP(address);
  return family !== 0 && loopback.check(address, family === 6 ? 'ipv6' : 'ipv4');
}
