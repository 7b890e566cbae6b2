/** Who sent a request: the socket's peer, or what trusted proxies say of it. */
import { isIP } from 'node:net';
import type { AddressRanges } from '../config/readers';

/**
 * Walks X-Forwarded-For from the right and stops at the first hop that is no trusted proxy, so that entries a
 * client wrote itself are never reached. An entry that is no address ends the walk at the last good hop.
 */
export function clientAddress(
  peer: string,
  forwardedFor: string | undefined,
  trusted: AddressRanges,
): string {
  let address = plainAddress(peer);
  const hops = (forwardedFor ?? '').split(',').map((hop) => plainAddress(hop.trim()));
  while (trusted.includes(address) && hops.length > 0) {
    const previous = hops.pop() ?? '';
    if (isIP(previous) === 0) break;
    address = previous;
  }
  return address;
}

/** An IPv4 address in IPv6 clothes, undressed; an IPv6 one without the name of our own network card behind `%`. */
export function plainAddress(typed: string): string {
  const address = isIP(typed) === 6 ? typed.replace(/%.*$/, '') : typed;
  return address.startsWith('::ffff:') && isIP(address.slice(7)) === 4 ? address.slice(7) : address;
}

/** What counts as one sender for limits: an IPv4 address, or the /64 that an IPv6 subscriber gets. */
export function addressBlock(address: string): string {
  if (isIP(address) !== 6) return address;
  const groups = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const head = (groups[0] ?? '').split(':').filter(Boolean);
  const tail = (groups[1] ?? '').split(':').filter(Boolean);
  const zeros =
    groups.length === 2 ? Array<string>(Math.max(0, 8 - head.length - tail.length)).fill('0') : [];
  return `${[...head, ...zeros, ...tail].slice(0, 4).join(':')}::/64`;
}
