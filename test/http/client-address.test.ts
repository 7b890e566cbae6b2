/** Who is counted as the sender of a request. */
import { addressRanges } from '../../src/config/readers';
import { addressBlock, clientAddress } from '../../src/http/client-address';

const trusted = addressRanges('10.0.0.0/8, 192.0.2.1, 2001:db8:ffff::/48');
const nobody = addressRanges('');

describe('the address of a client', () => {
  it.each([
    ['no proxy is trusted', '198.51.100.9', '203.0.113.5'],
    ['the peer is no trusted proxy', '198.51.100.9', '203.0.113.5, 10.0.0.1'],
    ['the peer only neighbours a trusted range', '11.0.0.1', '203.0.113.5'],
  ])('is the peer when %s', (_case, peer, header) => {
    const ranges = _case.startsWith('no proxy') ? nobody : trusted;
    expect(clientAddress(peer, header, ranges)).toBe(peer);
  });

  it.each([
    ['one proxy', '10.0.0.1', '203.0.113.5', '203.0.113.5'],
    ['two proxies', '10.0.0.1', '203.0.113.5, 10.9.9.9', '203.0.113.5'],
    ['an entry the client wrote', '10.0.0.1', '127.0.0.1, 203.0.113.5', '203.0.113.5'],
    ['an entry that names a trusted proxy', '10.0.0.1', '10.1.1.1, 203.0.113.5', '203.0.113.5'],
    ['many invented entries', '10.0.0.1', `${'1.1.1.1, '.repeat(500)}203.0.113.5`, '203.0.113.5'],
    ['no spaces', '10.0.0.1', '203.0.113.5,10.2.2.2', '203.0.113.5'],
    ['many spaces', '10.0.0.1', '   203.0.113.5   ,   10.2.2.2  ', '203.0.113.5'],
    ['IPv6', '2001:db8:ffff::1', '2001:db8:1::7', '2001:db8:1::7'],
    ['an IPv4 peer in IPv6 clothes', '::ffff:10.0.0.1', '203.0.113.5', '203.0.113.5'],
    ['an entry in IPv6 clothes', '10.0.0.1', '::ffff:203.0.113.5', '203.0.113.5'],
    ['a proxy in IPv6 clothes', '10.0.0.1', '203.0.113.5, ::ffff:10.3.3.3', '203.0.113.5'],
    ['an entry with a zone', '10.0.0.1', 'fe80::1%eth0', 'fe80::1'],
    ['only proxies', '10.0.0.1', '10.1.1.1, 10.2.2.2', '10.1.1.1'],
  ])('is read from the right through %s', (_case, peer, header, expected) => {
    expect(clientAddress(peer, header, trusted)).toBe(expected);
  });

  it.each([
    '',
    'unknown',
    'evil.example',
    '203.0.113.5:4711',
    '[2001:db8::1]',
    '999.1.1.1',
    '<script>',
    '203.0.113.5, ',
    '203.0.113.5, unknown',
    '0x7f.1',
    '1.2.3',
  ])('is the last good hop when the entry beside it is %j', (header) => {
    expect(clientAddress('10.0.0.1', header, trusted)).toBe('10.0.0.1');
  });

  it('is the peer without its zone', () => {
    expect(clientAddress('fe80::1%eth0', undefined, trusted)).toBe('fe80::1');
  });

  it('is the proxy when it says nothing', () => {
    expect(clientAddress('10.0.0.1', undefined, trusted)).toBe('10.0.0.1');
  });
});

describe('what counts as one sender', () => {
  it('is an IPv4 address', () => {
    expect(addressBlock('203.0.113.5')).toBe('203.0.113.5');
  });

  it.each(['2001:db8:1:2::7', '2001:0db8:0001:0002:ffff:ffff:ffff:ffff', '2001:DB8:1:2:0:0:0:1'])(
    'is the network of %s, however it is written',
    (address) => {
      expect(addressBlock(address)).toBe('2001:db8:1:2::/64');
    },
  );

  it.each([
    ['::1', '0:0:0:0::/64'],
    ['2001:db8::', '2001:db8:0:0::/64'],
    ['2001:db8::1:2:3', '2001:db8:0:0::/64'],
    ['2001:db8:1:3::7', '2001:db8:1:3::/64'],
  ])('of %s is %s', (address, block) => {
    expect(addressBlock(address)).toBe(block);
  });
});
