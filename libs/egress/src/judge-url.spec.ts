import { describe, expect, it } from '@jest/globals';
import { judgeUrl } from './judge-url.ts';
import { parseNetwork, PRODUCTION_POLICY, type EgressPolicy } from './policy.ts';
import { ipv4Spellings } from './spec/spellings.ts';

/** What `npm start` runs with. */
const DEVELOPMENT: EgressPolicy = {
  allowNetworks: ['127.0.0.0/8', '::1/128'].map(parseNetwork),
  allowHttp: true,
  allowPorts: '*',
};

/** A platform that delivers into a network of its own. */
const INSIDE: EgressPolicy = { ...PRODUCTION_POLICY, allowNetworks: [parseNetwork('10.0.0.0/8')] };

function codeOf(text: string, policy: EgressPolicy): string {
  const verdict = judgeUrl(text, policy);
  return verdict.ok ? 'ok' : verdict.code;
}

function rowsOf(table: string): string[] {
  return table.split(/\s+/).filter((text) => text !== '');
}

const ACCEPTED = `
  https://shipit.example/hooks https://shipit.example https://shipit.example/ https://SHIPIT.example/Hooks HTTPS://shipit.example/ https://shipit.example:443/
  https://shipit.example:8443/hooks https://shipit.example/?a=b&c=d https://shipit.example?x https://a.b.c.d.e.example.com/ https://example.co.uk/a%20b
  https://example.com/%0d%0a https://example.com/a;b=c/@user https://example.com/?next=http://127.0.0.1/ https://example.com/127.0.0.1 https://xn--bcher-kva.example/
  https://bücher.example/ https://例え.テスト/ https://münchen.de/straße?q=ü https://my_host.example.com/ https://-.example.com/ https://1.example.com/
  https://1e100.net/ https://0x7f.example.com/ https://127.0.0.1.example.com/ https://10.example/ https://localhost.example.com/ https://notlocalhost.com/
  https://internal.example.com/ https://local.example/ https://metadata.example.com/ https://home.example/ https://shipit.example./ https://example.com.:8443/x
  https://hooks.zapier.com/hooks/catch/1/abc https://webhook.site/8c9f https://api.partner.io/v1/events?token=abc%2Bdef https://8.8.8.8/ https://1.1.1.1:8443/x
  https://93.184.216.34/ https://[2606:4700:4700::1111]/ https://[2001:4860:4860::8888]:8443/hook https://[2A00:1450:4001:081B::200E]/ https://[::ffff:8.8.8.8]/
  https://[::ffff:0808:0808]/ https://testserver.test/ https://a.invalid/ https://corp.example/ https://mylocal.dev/ https://example.com:0443/ https://example.com://x
  https://example.com/a/../b https://example.com/~user/!$'()*+,;=:@ https://example.com/[x] https://example.com/|x https://faß.de/ https://☃.net/
  https://example.com:/ https://💩.la/ https://xn--ls8h.la/ https://exa%6dple.com/ https://example.com/%00 https://example.com?@127.0.0.1/ https://8.8.8.8:00443/ https://[2606:4700:4700:0000::1111]/
  https://localhost.example/ https://internal.dev/ https://consul.example.com/ https://nip.io.example.com/ https://[2a10:50c0::ad1:ff]/ https://[2620:fe::fe]:8443/`;

const NOT_HTTPS = `
  http://shipit.example/ HTTP://shipit.example/ http://127.0.0.1/ http://shipit.example:443/ ftp://shipit.example/ ws://shipit.example/ wss://shipit.example/
  file://shipit.example/etc/passwd gopher://shipit.example/ ldap://shipit.example/ dict://shipit.example:11211/ tftp://shipit.example/ jar://shipit.example/
  redis://shipit.example:6379/ netdoc://shipit.example/ javascript://shipit.example/ data://text/plain,x blob://shipit.example/ httpss://shipit.example/
  https+unix://shipit.example/ view-source://shipit.example/ smb://shipit.example/ ssh://git@shipit.example/ unix://run/docker.sock chrome://settings/`;

const INVALID = `
  shipit.example shipit.example/hooks //shipit.example/hooks /hooks hooks ? # https https: https:/ https:// https:/// https://? https://# https://:443/ https://:8443
  https:shipit.example https:/shipit.example https:///shipit.example https:////shipit.example mailto:a@b.c javascript:alert(1) data:text/plain,x file:/etc/passwd
  file:///etc/passwd ://shipit.example 1https://shipit.example/ https://shipit.example/#x https://shipit.example# https://shipit.example/?a#b https://#shipit.example/
  https:\\\\shipit.example\\ https://shipit.example\\@127.0.0.1/ https://127.0.0.1\\@shipit.example/ https://shipit.example/a\\b https:/\\shipit.example/
  https://shipit.example:x/ https://shipit.example:-1/ https://shipit.example:65536/ https://shipit.example:99999999/ https://shipit.example:443:443/ https://::1/
  https://[::1 https://::1]/ https://[]/ https://[:]/ https://[::1]x/ https://[1::2::3]/ https://[127.0.0.1]/ https://[::127.0.0.256]/ https://[g::1]/ https://[::1]]/
  https://[fe80::1%25eth0]/ https://[fe80::1%eth0]/ https://[fe80::1%251]/ https://[::1%25lo]/ https://[v1.x]/ https://[2606:4700:4700::1111%25eth0]/
  https://256.1.1.1/ https://1.2.3.4.5/ https://1.1.1.256/ https://4294967296/ https://0x100000000/ https://08.8.8.8/ https://1.2.3.09/ https://example.1/
  https://127.0.0.1../ https://127.0.0.1.../ https://shipit.example../ https://shipit..example/ https://.shipit.example/ https://./ https://../ https://localhost../
  https://*.example.com/ https://exa*mple.com/ https://a,b.example/ https://a'b.example/ https://a!b.example/ https://{x}.example/ https://a$b.example/ https://a;b.example/
  https://ex%00ample.com/ https://ex%20ample.com/ https://ex%0aample.com/ https://ex%2fample.com/ https://ex%40ample.com/ https://ex%zzample.com/ https://ex<ample.com/
  https://ex^ample.com/ https://ex|ample.com/ https://%/ https://%25/
  https://example.com:443:/ https://example.com:+443/ https://example.com:4４3/ https://example.com:443%20/ https://example.com:0x1bb/ https://example.com%3a443/ https://example.com%00.evil/
  https://127.0.0.1%2f/ https://127.0.0.1%00/ https://١٢٧.0.0.1/ https://੦.0.0.1/ https://[::1%lo]/ https://[::1]:443%00/ https://example.com:443\\@127.0.0.1/ https://00008.8.8.8/
  https://[::ffff:a.b.c.d]/ https://[::ffff:1.2.3]/ https://[2606:4700:4700::1111].:443/ https://2606:4700:4700::1111/`;

const BLOCKED: Record<string, string> = {
  credentials: `
    https://user@shipit.example/ https://user:pass@shipit.example/ https://:pass@shipit.example/ https://@shipit.example/ https://:@shipit.example/
    https://shipit.example@127.0.0.1/ https://127.0.0.1@shipit.example/ https://shipit.example:443@127.0.0.1/ https://user%40x@shipit.example/ https://a@b@shipit.example/
    https://shipit.example%20@127.0.0.1/ https://8.8.8.8:80@10.0.0.1/
    https://example.com%2f@127.0.0.1/ https://example.com;@127.0.0.1/ https://example.com&@127.0.0.1/ https://user:@example.com/`,
  'ports that are not allowed': `
    https://shipit.example:0/ https://shipit.example:1/ https://shipit.example:22/ https://shipit.example:25/ https://shipit.example:53/ https://shipit.example:80/
    https://shipit.example:444/ https://shipit.example:2375/ https://shipit.example:3306/ https://shipit.example:5432/ https://shipit.example:6379/
    https://shipit.example:8080/ https://shipit.example:9092/ https://shipit.example:9200/ https://shipit.example:11211/ https://shipit.example:65535/
    https://8.8.8.8:22/ https://[2606:4700:4700::1111]:22/ https://shipit.example:00080/`,
  'this machine by name': `
    https://localhost/ https://LOCALHOST/ https://LocalHost:8443/ https://localhost./ https://foo.localhost/ https://a.b.localhost./ https://localhost.localdomain/
    https://localhost6/ https://localhost6.localdomain6/ https://ip6-localhost/ https://ip6-loopback/ https://%6c%6fcalhost/ https://ⓛocalhost/ https://ｌｏｃａｌｈｏｓｔ/ https://localtest.me/
    https://foo.localtest.me/ https://lvh.me/ https://api.lvh.me/ https://vcap.me/ https://127.0.0.1.nip.io/ https://10-0-0-1.sslip.io/ https://a9fea9fe.nip.io/ https://www.127.0.0.1.xip.io/
    https://localho.st/ https://lacolhost.com/ https://spoofed.burpcollaborator.net/ https://app.traefik.me/ https://make-127.0.0.1-rr.1u.ms/ https://7f000001.c0a80001.rbndr.us/`,
  'metadata services and inside names': `
    https://metadata/ https://metadata.google.internal/ https://METADATA.GOOGLE.INTERNAL/computeMetadata/v1/ https://metadata.google.internal./ https://metadata.goog/
    https://instance-data/latest/ https://instance-data.ec2.internal/ https://rancher-metadata/ https://metadata.tencentyun.com/ https://ip-10-0-0-1.ec2.internal/
    https://vault.internal/ https://db.internal./ https://printer.local/ https://kubernetes/ https://kubernetes.default.svc/ https://kubernetes.default.svc.cluster.local/
    https://redis/ https://intranet/ https://wiki.intranet/ https://host.docker.internal/ https://gateway.docker.internal/ https://nas.lan/ https://router.home/ https://x.home.arpa/
    https://git.corp/ https://db.private/ https://1.0.0.127.in-addr.arpa/ https://x.ip6.arpa/ https://expyuzz4wqqyqhjn.onion/ https://com/ https://a/
    https://metadata.packet.net/ https://metadata.platformequinix.com/ https://db.service.consul/ https://wpad/ https://broadcasthost/ https://ip6-allnodes/ https://xn--127-0-0-1/ https://ⓔxample.ⓛocal/
    https://example.internal。/`,
  'IPv4 that is not publicly routable': `
    https://0.0.0.0/ https://0.1.2.3/ https://10.0.0.1/ https://10.255.255.255/ https://100.64.0.1/ https://100.100.100.200/ https://127.0.0.1/ https://127.0.0.1:443/
    https://127.0.0.1:8443/ https://127.255.255.254/ https://168.63.129.16/ https://169.254.169.254/latest/meta-data/ https://169.254.170.2/ https://172.16.0.1/
    https://172.31.255.255/ https://192.0.0.1/ https://192.0.2.1/ https://192.88.99.1/ https://192.168.1.1/ https://198.18.0.1/ https://198.51.100.1/ https://203.0.113.1/
    https://224.0.0.1/ https://239.255.255.250/ https://240.0.0.1/ https://255.255.255.255/ https://127.0.0.1./ https://169.254.169.254./ https://10.0.0.1.:8443/ https://127.0.0.1?x https://127.0.0.1
    https://0/ https://0.0/ https://1/ https://127.1/ https://127.1:443/ https://①②⑦.⓪.⓪.①/ https://127.0.0.1。/ https://127.0.0.1%E3%80%82/ https://001.002.003.004/ https://8.8.8.8.:443/`,
  'IPv6 that is not publicly routable': `
    https://[::]/ https://[::1]/ https://[::1]:8443/ https://[0:0:0:0:0:0:0:1]/ https://[0000:0000:0000:0000:0000:0000:0000:0001]/ https://[::ffff:127.0.0.1]/ https://[::ffff:7f00:1]/
    https://[::FFFF:7F00:0001]/ https://[0:0:0:0:0:ffff:127.0.0.1]/ https://[::ffff:169.254.169.254]/ https://[::ffff:a9fe:a9fe]/ https://[::ffff:10.0.0.1]/ https://[::ffff:0:127.0.0.1]/
    https://[::127.0.0.1]/ https://[::7f00:1]/ https://[::8.8.8.8]/ https://[64:ff9b::127.0.0.1]/ https://[64:ff9b::a9fe:a9fe]/ https://[64:ff9b::8.8.8.8]/ https://[64:ff9b:1::a00:1]/
    https://[2002:7f00:1::]/ https://[2002:a9fe:a9fe::1]/ https://[2002:808:808::1]/ https://[2001::1]/ https://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/ https://[2001:10::1]/
    https://[2001:20::1]/ https://[2001:2::1]/ https://[2001:db8::1]/ https://[3fff::1]/ https://[fc00::1]/ https://[fd00:ec2::254]/ https://[fe80::1]/ https://[fec0::1]/ https://[ff02::1]/
    https://[100::1]/ https://[5f00::1]/ https://[4000::1]/ https://[e000::1]/ https://[1::1]/ https://[3ffe::1]/ https://[2a00:1450::5efe:10.0.0.1]/
    https://[2000::1]/ https://[2004::1]/ https://[2100::1]/ https://[2500::1]/ https://[2900::1]/ https://[2b00::1]/ https://[2f00::1]/ https://[0::0]/ https://[::ffff:0:0]/ https://[100:0:0:1::1]/`,
};

describe('judgeUrl in production', () => {
  it.each(rowsOf(ACCEPTED))('accepts %s', (text) => {
    expect(judgeUrl(text, PRODUCTION_POLICY)).toEqual({ ok: true, url: expect.any(URL) });
  });

  it.each(rowsOf(NOT_HTTPS))('asks for https: %s', (text) => {
    expect(codeOf(text, PRODUCTION_POLICY)).toBe('url_not_https');
  });

  it.each(rowsOf(INVALID))('refuses what is no absolute URL of a host: %s', (text) => {
    expect(codeOf(text, PRODUCTION_POLICY)).toBe('invalid_url');
  });

  describe.each(Object.entries(BLOCKED))('blocks %s', (_group, table) => {
    it.each(rowsOf(table))('%s', (text) => {
      expect(codeOf(text, PRODUCTION_POLICY)).toBe('url_blocked');
    });
  });

  describe.each(['127.0.0.1', '10.1.2.3', '169.254.169.254', '192.168.11.22', '172.20.33.44', '100.64.99.1', '168.63.129.16', '8.8.8.8'])(
    'blocks every unusual spelling of %s',
    (address) => {
      it.each(ipv4Spellings(address))('https://%s/', (host) => {
        expect(codeOf(`https://${host}/`, PRODUCTION_POLICY)).toBe('url_blocked');
      });
    },
  );

  it.each([
    '',
    ' ',
    ' https://shipit.example/',
    'https://shipit.example/ ',
    'https://ship it.example/',
    'https://shipit.example/a b',
    'https://shipit.example/\r\nhost: x',
    'https://shipit.example/\n',
    'ht\ntps://shipit.example/',
    'https://ship\tit.example/',
    'https://shipit.example/\u0000',
    'https://shipit.example/\u007f',
    'https://shipit.example/\u0085',
    'https://shipit.example/\u00a0',
    'https://shipit.example/\u2028',
    'https://shipit.example/\u3000',
    '\ufeffhttps://shipit.example/',
    'https://ship\u00adit.example/',
    'https://ship\u200bit.example/',
    'https://ship\u200dit.example/',
    'https://\u202eelpmaxe.tipihs/',
    'https://shipit.example/\ud800',
    'https://127.0.0\u00ad.1/',
    `https://${'a'.repeat(64)}.example/`,
    `https://${'a.'.repeat(126)}example/`,
    `https://shipit.example/${'a'.repeat(2048 - 'https://shipit.example/'.length + 1)}`,
    `https://shipit.example/${'ü'.repeat(500)}`,
  ])('refuses unseen characters and what is too long: %j', (text) => {
    expect(codeOf(text, PRODUCTION_POLICY)).toBe('invalid_url');
  });

  it('takes 2048 characters, labels of 63 and names of 253', () => {
    expect(codeOf(`https://shipit.example/${'a'.repeat(2048 - 'https://shipit.example/'.length)}`, PRODUCTION_POLICY)).toBe('ok');
    expect(codeOf(`https://${'a'.repeat(63)}.example/`, PRODUCTION_POLICY)).toBe('ok');
    expect(codeOf(`https://${'a.'.repeat(123)}example/`, PRODUCTION_POLICY)).toBe('ok');
  });

  it.each([
    ['HTTPS://Shipit.EXAMPLE:443/a/../b?x', 'https://shipit.example/b?x'],
    ['https://shipit.example.', 'https://shipit.example/'],
    ['https://bücher.example/ü', 'https://xn--bcher-kva.example/%C3%BC'],
    ['https://[2606:4700:4700:0:0:0:0:1111]/', 'https://[2606:4700:4700::1111]/'],
  ])('normalises %s', (text, href) => {
    const verdict = judgeUrl(text, PRODUCTION_POLICY);
    expect(verdict.ok && verdict.url.href).toBe(href);
  });

  it('does not repeat an inside address in its reason', () => {
    expect(judgeUrl('https://10.0.0.1/', PRODUCTION_POLICY)).toEqual({
      ok: false,
      code: 'url_blocked',
      reason: 'the address is not publicly routable (private)',
    });
  });
});

describe('judgeUrl in the development profile', () => {
  it.each(
    rowsOf(`
      http://127.0.0.1/ http://127.0.0.1:8090/hooks https://127.0.0.1:1/ http://localhost:3000/ http://app.localhost/ http://[::1]:8090/ http://[::ffff:127.0.0.1]/ http://127.9.9.9/
      https://shipit.example:1234/ http://shipit.example/ http://localhost./ http://127.0.0.1.nip.io/`),
  )('accepts %s', (text) => {
    expect(codeOf(text, DEVELOPMENT)).toBe('ok');
  });

  it.each([
    ['http://10.0.0.1/', 'url_blocked'],
    ['http://169.254.169.254/', 'url_blocked'],
    ['http://metadata.google.internal/', 'url_blocked'],
    ['http://redis:6379/', 'url_blocked'],
    ['http://db.internal/', 'url_blocked'],
    ['http://0.0.0.0/', 'url_blocked'],
    ['http://[::]/', 'url_blocked'],
    ['http://[::127.0.0.1]/', 'url_blocked'],
    ['http://2130706433/', 'url_blocked'],
    ['http://user@127.0.0.1/', 'url_blocked'],
    ['http://127.0.0.1:0/', 'url_blocked'],
    ['ftp://127.0.0.1/', 'url_not_https'],
    ['http://127.0.0.1/#x', 'invalid_url'],
  ])('still refuses %s: %s', (text, code) => {
    expect(codeOf(text, DEVELOPMENT)).toBe(code);
  });
});

describe('judgeUrl where an inside network is allowed', () => {
  it.each([
    ['https://10.0.0.1/', 'ok'],
    ['https://redis/', 'ok'],
    ['https://db.internal/', 'ok'],
    ['https://kubernetes.default.svc/', 'ok'],
    ['https://192.168.0.1/', 'url_blocked'],
    ['https://localhost/', 'url_blocked'],
    ['https://metadata.google.internal/', 'url_blocked'],
    ['http://10.0.0.1/', 'url_not_https'],
    ['https://10.0.0.1:8080/', 'url_blocked'],
  ])('%s: %s', (text, code) => {
    expect(codeOf(text, INSIDE)).toBe(code);
  });
});
