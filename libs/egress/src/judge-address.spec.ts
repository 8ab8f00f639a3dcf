import { describe, expect, it } from '@jest/globals';
import { judgeAddress } from './judge-address.ts';
import { parseNetwork, PRODUCTION_POLICY, type EgressPolicy } from './policy.ts';

function verdictsOf(table: string): string[] {
  return table.split(/\s+/).filter((text) => text !== '');
}

function allowing(...networks: string[]): EgressPolicy {
  return { ...PRODUCTION_POLICY, allowNetworks: networks.map(parseNetwork) };
}

const PUBLIC: Record<string, string> = {
  'IPv4 of well-known services': `
    1.1.1.1 8.8.8.8 9.9.9.9 23.192.0.1 34.117.59.81 52.95.110.1 93.184.216.34 104.16.0.1 140.82.112.3 151.101.1.69 185.199.108.153 208.67.222.222`,
  'IPv4 beside special networks': `
    1.0.0.0 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.0 169.253.255.255 169.255.0.0 172.15.255.255 172.32.0.0
    168.63.129.15 168.63.129.17 191.255.255.255 192.0.1.0 192.0.3.0 192.31.195.255 192.31.197.0 192.52.192.255 192.52.194.0 192.88.98.255 192.88.100.0
    192.167.255.255 192.169.0.0 192.175.47.255 192.175.49.0 198.17.255.255 198.20.0.0 198.51.99.255 198.51.101.0 203.0.112.255 203.0.114.0 223.255.255.255`,
  'IPv4 in its mapped IPv6 form, which the system connects to as IPv4':
    '::ffff:8.8.8.8 ::ffff:808:808 0:0:0:0:0:ffff:0808:0808 ::FFFF:1.1.1.1',
  'IPv6 of well-known services': `
    2001:4860:4860::8888 2606:4700:4700::1111 2620:fe::fe 2a00:1450:4001:81b::200e 2a03:2880:f12f:83:face:b00c:0:25de 2c0f:fb50:4003::1
    2400:cb00:2048:1::c629:d7a2 2800:3f0:4001:80c::200e 2603:1030:20e:3::23c 2001:200::1 2003:e8:f0::1 2A04:4E42:0000::223`,
  'IPv6 beside special networks': `
    2001:400::1 2001:db7:ffff::1 2001:db9::1 2003::1 2620:4f:7fff:ffff::1 2620:4f:8001::1 2cff:ffff::1 2a00:1450::5efd:7f00:1`,
};

const REFUSED: Record<string, string> = {
  'this network and broadcast': '0.0.0.0 0.0.0.1 0.255.255.255 255.255.255.255',
  loopback: '127.0.0.0 127.0.0.1 127.0.0.53 127.1.2.3 127.255.255.255 ::1 0:0:0:0:0:0:0:1',
  'private networks': '10.0.0.0 10.0.0.1 10.255.255.255 172.16.0.0 172.17.0.1 172.31.255.255 192.168.0.0 192.168.1.1 192.168.255.255',
  'shared address space, also of clouds': '100.64.0.0 100.100.100.200 100.127.255.255',
  'link-local and metadata services':
    '169.254.0.0 169.254.169.254 169.254.170.2 169.254.169.123 169.254.255.255 168.63.129.16 192.0.0.192 fd00:ec2::254 fd20:ce::254',
  'protocol assignments': '192.0.0.0 192.0.0.8 192.0.0.9 192.0.0.10 192.0.0.170 192.0.0.171 192.0.0.255',
  documentation:
    '192.0.2.0 192.0.2.255 198.51.100.0 198.51.100.7 203.0.113.0 203.0.113.255 2001:db8:: 2001:db8::1 2001:db8:ffff:ffff:ffff:ffff:ffff:ffff 3fff::1 3fff:fff:ffff::1',
  benchmarking: '198.18.0.0 198.18.0.1 198.19.255.255 2001:2::1 2001:2:0:ffff::1',
  'anycast relays and sinks':
    '192.88.99.0 192.88.99.1 192.31.196.1 192.52.193.1 192.175.48.1 2001:3::1 2001:4:112::1 2620:4f:8000::1 2001:1::1 2001:1::2',
  multicast: '224.0.0.0 224.0.0.1 239.255.255.250 239.255.255.255 ff00:: ff01::1 ff02::1 ff05::1:3 ff0e::1',
  'reserved IPv4': '240.0.0.0 240.0.0.1 250.1.2.3 255.255.255.254',
  unspecified: ':: 0:0:0:0:0:0:0:0',
  'mapped IPv4': `
    ::ffff:0.0.0.0 ::ffff:10.0.0.1 ::ffff:127.0.0.1 ::ffff:169.254.169.254 ::ffff:192.168.0.1 ::ffff:100.64.0.1 ::ffff:168.63.129.16
    ::ffff:7f00:1 ::ffff:a9fe:a9fe ::FFFF:A00:1 0:0:0:0:0:ffff:7f00:0001 0000:0000:0000:0000:0000:ffff:127.0.0.1`,
  'compatible IPv4, public ones too': '::127.0.0.1 ::7f00:1 ::10.0.0.1 ::169.254.169.254 ::8.8.8.8 ::808:808 ::2 ::ffff',
  'translated IPv4': '::ffff:0:127.0.0.1 ::ffff:0:7f00:1 ::ffff:0:8.8.8.8',
  NAT64: `
    64:ff9b::127.0.0.1 64:ff9b::7f00:1 64:ff9b::10.0.0.1 64:ff9b::a9fe:a9fe 64:ff9b::8.8.8.8 64:ff9b:1::1 64:ff9b:1::127.0.0.1 64:ff9b:1:ffff::1 64:ff9b:2::1`,
  '6to4': '2002:: 2002:7f00:1:: 2002:7f00:1::1 2002:a00:1::1 2002:a9fe:a9fe:: 2002:c0a8:101::1 2002:808:808::1',
  Teredo: '2001:: 2001::1 2001:0:7f00:1:: 2001:0:4136:e378:8000:63bf:3fff:fdd2 2001:0:ffff::1',
  'ORCHID and other protocol assignments':
    '2001:10::1 2001:1f:ffff::1 2001:20::1 2001:2f:ffff::1 2001:30::1 2001:5::1 2001:100::1 2001:1ff:ffff::1',
  ISATAP: '2a00:1450::5efe:7f00:1 2a00:1450::200:5efe:10.0.0.1 2606:4700:0:1:0:5efe:192.168.0.1',
  'unique local': 'fc00:: fc00::1 fd00::1 fd12:3456:789a:1::1 fdff:ffff::1',
  'link-local and site-local': 'fe80:: fe80::1 fe80::a9fe:a9fe febf::1 fec0::1 feff::1',
  'discard-only and dummy': '100::1 100:0:0:1::1 100::ffff',
  'segment routing': '5f00::1 5f00:ffff::1',
  'not allocated':
    '2000::1 2004::1 20ff::1 2100::1 23ff::1 2500::1 2700::1 2900::1 2b00::1 1::1 200::1 400::1 800::1 1000::1 1fff:ffff::1 2d00::1 2e00::1 2fff::1 3000::1 3ffe::1 3fff:1000::1 4000::1 6000::1 8000::1 a000::1 c000::1 e000::1 f000::1 f800::1 fe00::1',
  'zone ids': 'fe80::1%eth0 fe80::1%1 ::1%lo 2606:4700:4700::1111%eth0',
  'what is no address in the spelling of DNS': `
    127.1 0x7f000001 0x7f.0.0.1 2130706433 017700000001 0177.0.0.1 08.8.8.8 8.8.8 8.8.8.8. 8.8.8.8/32 1.2.3.4.5 256.1.1.1 1.1.1.1:80 [::1] [2606:4700:4700::1111]
    :::1 1::2::3 ::ffff:127.0.0.256 ::g localhost example.com 127。0。0。1 １２７.0.0.1`,
};

describe('judgeAddress in production', () => {
  describe.each(Object.entries(PUBLIC))('lets pass %s', (_group, table) => {
    it.each(verdictsOf(table))('%s', (text) => {
      expect(judgeAddress(text, PRODUCTION_POLICY)).toEqual({ ok: true });
    });
  });

  describe.each(Object.entries(REFUSED))('refuses %s', (_group, table) => {
    it.each(verdictsOf(table))('%s', (text) => {
      expect(judgeAddress(text, PRODUCTION_POLICY)).toEqual({ ok: false, reason: expect.stringMatching(/^(not|a) /) });
    });
  });

  it.each(['', ' ', '127.0.0.1 ', '\n8.8.8.8', '8.8.8.8\u0000'])('refuses %j', (text) => {
    expect(judgeAddress(text, PRODUCTION_POLICY).ok).toBe(false);
  });
});

describe('judgeAddress with allowed networks', () => {
  it.each([
    ['127.0.0.1', ['127.0.0.0/8'], true],
    ['127.255.0.1', ['127.0.0.0/8'], true],
    ['::ffff:127.0.0.1', ['127.0.0.0/8'], true],
    ['::ffff:7f00:1', ['127.0.0.0/8'], true],
    ['::1', ['127.0.0.0/8'], false],
    ['::1', ['127.0.0.0/8', '::1/128'], true],
    ['::127.0.0.1', ['127.0.0.0/8', '::1/128'], false],
    ['64:ff9b::7f00:1', ['127.0.0.0/8', '::1/128'], false],
    ['2002:7f00:1::', ['127.0.0.0/8', '::1/128'], false],
    ['::', ['127.0.0.0/8', '::1/128'], false],
    ['0.0.0.0', ['127.0.0.0/8', '::1/128'], false],
    ['169.254.169.254', ['127.0.0.0/8', '::1/128'], false],
    ['10.1.2.3', ['10.1.0.0/16'], true],
    ['10.2.0.1', ['10.1.0.0/16'], false],
    ['10.1.2.3', ['10.1.2.3/32'], true],
    ['10.1.2.4', ['10.1.2.3/32'], false],
    ['fd00::1', ['fd00::/8'], true],
    ['fc00::1', ['fd00::/8'], false],
    ['64:ff9b::808:808', ['64:ff9b::/96'], true],
    ['8.8.8.8', ['10.0.0.0/8'], true],
    ['10.0.0.1', ['0.0.0.0/0'], true],
    ['fd00::1', ['0.0.0.0/0'], false],
    ['fd00::1', ['::/0'], true],
    ['10.0.0.1', ['::/0'], false],
    ['fe80::1%eth0', ['fe80::/10'], false],
  ])('%s with %j: %s', (text, networks, ok) => {
    expect(judgeAddress(text, allowing(...networks)).ok).toBe(ok);
  });
});
