import { BlockList } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import ipaddr from 'ipaddr.js';
import { judgeAddress } from './judge-address.ts';
import { judgeUrl } from './judge-url.ts';
import { PRODUCTION_POLICY } from './policy.ts';
import { ipv4InIpv6, ipv4Spellings } from './spec/spellings.ts';

// IANA's "IPv4 Special-Purpose Address Registry" and multicast; also those that it calls globally reachable: no webhook ends in an anycast
// relay or a sink. And the one public address that is a cloud's own.
const SPECIAL_IPV4 = `
  0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 192.31.196.0/24 192.52.193.0/24 192.88.99.0/24
  192.168.0.0/16 192.175.48.0/24 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4 255.255.255.255/32 168.63.129.16/32`;

// IANA's "IPv6 Special-Purpose Address Registry", multicast, what was given back (fec0::/10, 3ffe::/16) and what was never given out.
const SPECIAL_IPV6 = `
  ::/128 ::1/128 ::/96 ::ffff:0:0:0/96 64:ff9b::/96 64:ff9b:1::/48 100::/64 100:0:0:1::/64 2001::/23 2001::/32 2001:1::1/128 2001:1::2/128 2001:1::3/128 2001:2::/48
  2001:3::/32 2001:4:112::/48 2001:10::/28 2001:20::/28 2001:30::/28 2001:db8::/32 2002::/16 2620:4f:8000::/48 3fff::/20 5f00::/16 fc00::/7 fe80::/10 ff00::/8 fec0::/10
  3ffe::/16 1::/16 200::/7 400::/6 800::/5 1000::/4 2000::/16 2004::/14 2100::/8 2200::/7 2500::/8 2700::/8 2900::/8 2b00::/8 2d00::/8 2e00::/7 3000::/4 4000::/3 6000::/3
  8000::/3 a000::/3 c000::/3 e000::/4 f000::/5 f800::/6 fe00::/9`;

// Parts of IANA's "IPv6 Global Unicast Address Assignments", one of each registry.
const GIVEN_OUT_IPV6 =
  '2001:4800::/23 2001:8000::/19 2003::/18 2400::/12 2600::/12 2610::/23 2620::/23 2800::/12 2a00::/12 2a10::/12 2c00::/12';

const SCHEMES_AND_PORTS: readonly (readonly [string, string])[] = [
  ['https', ''],
  ['https', ':443'],
  ['HTTPS', ':8443'],
];

function rowsOf(table: string): string[] {
  return table.split(/\s+/).filter((text) => text !== '');
}

/** The first and the last address of a network, and some between, as ipaddr.js writes them. */
function samplesOf(network: string): string[] {
  const [address, prefixLength] = ipaddr.parseCIDR(network);
  const bytes = address.toByteArray();
  const filled = (fill: (index: number) => number): string => {
    const host = bytes.map((byte, index) => {
      const mask = 0xff >> Math.min(8, Math.max(0, prefixLength - index * 8));
      return (byte & ~mask & 0xff) | (fill(index) & mask);
    });
    return ipaddr.fromByteArray(host).toString();
  };
  return [
    ...new Set([
      filled(() => 0),
      filled(() => 0xff),
      filled((i) => 37 * i + 11),
      filled((i) => 0xa5 ^ i),
      filled((i) => (i === bytes.length - 1 ? 1 : 0)),
    ]),
  ];
}

function urlsOf(host: string): string[] {
  return SCHEMES_AND_PORTS.map(([scheme, port]) => `${scheme}://${host}${port}/hooks`);
}

function accepted(urls: readonly string[]): string[] {
  return urls.filter((url) => judgeUrl(url, PRODUCTION_POLICY).ok);
}

describe('the corpus of addresses', () => {
  it.each(rowsOf(SPECIAL_IPV4))('in %s is refused in every spelling', (network) => {
    const addresses = samplesOf(network);
    const hosts = addresses.flatMap((address) => [address, ...ipv4Spellings(address), ...ipv4InIpv6(address).map((text) => `[${text}]`)]);
    expect(accepted(hosts.flatMap(urlsOf))).toEqual([]);
    const answers = addresses.flatMap((address) => [address, ...ipv4InIpv6(address)]);
    expect(answers.filter((address) => judgeAddress(address, PRODUCTION_POLICY).ok)).toEqual([]);
  });

  it.each(rowsOf(SPECIAL_IPV6))('in %s is refused in every spelling', (network) => {
    const addresses = samplesOf(network);
    const texts = addresses.flatMap((address) => [address, address.toUpperCase(), ipaddr.IPv6.parse(address).toNormalizedString()]);
    expect(accepted(texts.flatMap((text) => urlsOf(`[${text}]`)))).toEqual([]);
    expect(texts.filter((text) => judgeAddress(text, PRODUCTION_POLICY).ok)).toEqual([]);
  });

  it('beside the special networks is accepted as it is usually written, and mapped into IPv6', () => {
    const special = new BlockList();
    for (const [address, prefixLength] of rowsOf(SPECIAL_IPV4).map((network) => ipaddr.parseCIDR(network))) {
      special.addSubnet(address.toString(), prefixLength, 'ipv4');
    }
    const good = everyNthIpv4(6_700_417).filter((address) => !special.check(address, 'ipv4'));
    expect(good.length).toBeGreaterThan(400);
    const hosts = good.flatMap((address) => [address, `[::ffff:${address}]`]);
    expect(hosts.filter((host) => accepted([`https://${host}/`]).length === 0)).toEqual([]);
    // Everything else that it can be written as is refused: others may read another address in it.
    const odd = good.slice(0, 40).flatMap((address) => [
      ...ipv4Spellings(address),
      ...ipv4InIpv6(address)
        .slice(5)
        .map((text) => `[${text}]`),
    ]);
    expect(accepted(odd.map((host) => `https://${host}/`))).toEqual([]);
  });

  it.each(rowsOf(GIVEN_OUT_IPV6))('in %s is accepted', (network) => {
    const hosts = samplesOf(network).map((address) => `[${address}]`);
    expect(hosts.filter((host) => accepted([`https://${host}/`]).length === 0)).toEqual([]);
  });
});

/** Addresses spread over all of IPv4. */
function everyNthIpv4(step: number): string[] {
  return Array.from({ length: Math.floor(2 ** 32 / step) }, (_, n) => {
    const value = n * step;
    return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');
  });
}
