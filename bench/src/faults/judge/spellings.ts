/** Something that must be nowhere: its name, which may be shown, and its bytes, which may not. */
export interface Needle {
  readonly name: string;
  readonly bytes: Buffer;
}

export interface Spelling {
  readonly name: string;
  readonly text: string;
}

// Of fewer characters a hit would be chance.
const SHORTEST = 8;

/**
 * Every way to write some bytes that a search has to know, as Latin-1 text: raw, hex in both cases, and base64 in both alphabets at each of
 * the three offsets that it may have in a longer text. Characters at the ends, which also hold a neighbour's bits, are left out.
 */
export function spellings({ name, bytes }: Needle): readonly Spelling[] {
  const hex = bytes.toString('hex');
  const base64 = [0, 1, 2].map((offset) => innerBase64(bytes, offset));
  const all = [
    { form: 'raw', text: bytes.toString('latin1') },
    { form: 'hex', text: hex },
    { form: 'hex', text: hex.toUpperCase() },
    ...base64.map((text) => ({ form: 'base64', text })),
    ...base64.map((text) => ({ form: 'base64url', text: text.replaceAll('+', '-').replaceAll('/', '_') })),
  ];
  const known = new Set<string>();
  return all
    .filter(({ text }) => text.length >= SHORTEST && !known.has(text) && known.add(text).size > 0)
    .map(({ form, text }) => ({ name: `${name} (${form})`, text }));
}

/** What of a place holds any of them, each name once. The place is read as Latin-1: a byte is a character. */
export function hits(place: Buffer | string, all: readonly Spelling[]): readonly string[] {
  const text = typeof place === 'string' ? place : place.toString('latin1');
  return [...new Set(all.filter((spelling) => text.includes(spelling.text)).map(({ name }) => name))];
}

function innerBase64(bytes: Buffer, offset: number): string {
  const padded = Buffer.concat([Buffer.alloc(offset), bytes]);
  const text = padded.toString('base64').replaceAll('=', '');
  const from = Math.ceil((offset * 8) / 6);
  const whole = Math.floor((padded.length * 8) / 6);
  return text.slice(from, whole);
}
