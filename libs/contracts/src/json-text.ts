/**
 * JSON looked at as bytes. An event's data is passed on byte for byte, so it is never parsed and written again:
 * these functions find out what must be known about the text without changing it.
 */

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const COLON = 0x3a;
const COMMA = 0x2c;

/** How many levels of objects and arrays the text has. Meant for valid JSON; for other text any number may come back, but it always ends. */
export function depthOfJson(text: Uint8Array): number {
  let depth = 0;
  let deepest = 0;
  for (let at = 0; at < text.length; at++) {
    const byte = text[at];
    if (byte === QUOTE) at = endOfString(text, at);
    else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) deepest = Math.max(deepest, ++depth);
    else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) depth--;
  }
  return deepest;
}

/** The bytes of a member's value in a valid JSON object, without white space around it; undefined when it has no such member. The last one wins, as in JSON.parse. */
export function memberOfJson(text: Buffer, name: string): Buffer | undefined {
  let found: Buffer | undefined;
  let at = text.indexOf(OPEN_BRACE) + 1;
  while (at > 0 && at < text.length) {
    const keyStart = text.indexOf(QUOTE, at);
    if (keyStart < 0) break;
    const keyEnd = endOfString(text, keyStart) + 1;
    const valueStart = text.indexOf(COLON, keyEnd) + 1;
    const valueEnd = endOfValue(text, valueStart);
    if (JSON.parse(text.toString('utf8', keyStart, keyEnd)) === name) found = trimmed(text.subarray(valueStart, valueEnd));
    at = valueEnd + 1;
  }
  return found;
}

/** Index of the quote that ends the string which begins at `start`; the text's length when it never ends. */
function endOfString(text: Uint8Array, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const byte = text[at];
    if (byte === BACKSLASH) at++;
    else if (byte === QUOTE) return at;
  }
  return text.length;
}

/** Index of the comma or brace that follows the value. */
function endOfValue(text: Uint8Array, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    const byte = text[at];
    if (byte === QUOTE) at = endOfString(text, at);
    else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth++;
    else if (depth === 0 && (byte === COMMA || byte === CLOSE_BRACE)) return at;
    else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) depth--;
  }
  return text.length;
}

function trimmed(bytes: Buffer): Buffer {
  let start = 0;
  let end = bytes.length;
  while (start < end && isSpace(bytes[start])) start++;
  while (end > start && isSpace(bytes[end - 1])) end--;
  return bytes.subarray(start, end);
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}
