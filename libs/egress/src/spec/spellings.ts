/** The ways inet_aton() and WHATWG's URL let one IPv4 address be written. */
export function ipv4Spellings(address: string): string[] {
  const [a, b, c, d] = address.split('.').map(Number) as [number, number, number, number];
  const last2 = c * 256 + d;
  const last3 = b * 65_536 + last2;
  const whole = a * 16_777_216 + last3;
  const hex = (value: number): string => `0x${value.toString(16)}`;
  const octal = (value: number): string => `0${value.toString(8)}`;
  return [
    String(whole),
    hex(whole),
    hex(whole).toUpperCase(),
    octal(whole),
    `0x${whole.toString(16).padStart(8, '0')}`,
    `00${octal(whole)}`,
    `${a}.${last3}`,
    `${a}.${b}.${last2}`,
    [a, b, c, d].map(hex).join('.'),
    [a, b, c, d].map(octal).join('.'),
    [a, b, c, d].map((part) => octal(part).padStart(4, '0')).join('.'),
    `${hex(a)}.${octal(b)}.${c}.${d}`,
    `${hex(a)}.${last3}`,
    `${octal(a)}.${hex(last3)}`,
    `${a}.${hex(b)}.${octal(last2)}`,
    address.replaceAll('.', '。'),
    address.replaceAll('.', '．'),
    address.replaceAll('.', '｡'),
    address.replaceAll('.', '%2e'),
    `%${a.toString().charCodeAt(0).toString(16)}${address.slice(1)}`,
    address.replace(/\d/g, (digit) => String.fromCodePoint(0xff10 + Number(digit))),
    address.replace(/[1-9]/g, (digit) => String.fromCodePoint(0x2460 + Number(digit) - 1)),
  ];
}

/** The ways an IPv4 address can hide in an IPv6 address, without brackets. */
export function ipv4InIpv6(address: string): string[] {
  const [a, b, c, d] = address.split('.').map(Number) as [number, number, number, number];
  const high = (a * 256 + b).toString(16);
  const low = (c * 256 + d).toString(16);
  const flipped = [a * 256 + b, c * 256 + d].map((part) => (part ^ 0xffff).toString(16)).join(':');
  return [
    `::ffff:${address}`,
    `::ffff:${high}:${low}`,
    `::FFFF:${high.toUpperCase()}:${low.padStart(4, '0')}`,
    `0:0:0:0:0:ffff:${address}`,
    `0000:0000:0000:0000:0000:ffff:${high}:${low}`,
    `::${address}`,
    `::${high}:${low}`,
    `::ffff:0:${address}`,
    `64:ff9b::${address}`,
    `64:ff9b::${high}:${low}`,
    `64:ff9b:1::${address}`,
    `64:ff9b:1:ffff::${high}:${low}`,
    `2002:${high}:${low}::`,
    `2002:${high}:${low}::1`,
    `2001:0:${high}:${low}::1`,
    `2001:0:4136:e378:8000:63bf:${flipped}`,
    `2a00:1450::5efe:${address}`,
    `2606:4700::200:5efe:${high}:${low}`,
  ];
}
