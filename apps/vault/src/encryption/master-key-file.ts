import { createSecretKey, type KeyObject } from 'node:crypto';
import fs from 'node:fs';
import { KEY_BYTES } from './aes-gcm.ts';

/** The master key, or a sentence on what is wrong with its file; it never repeats what the file holds. */
export type MasterKey = { readonly ok: true; readonly key: KeyObject } | { readonly ok: false; readonly reason: string };

export interface MasterKeyFile {
  readonly path: string;
  /** `private`: only the owner may have rights on the file. `any`: whoever runs a development machine decides. */
  readonly mode: 'private' | 'any';
}

// Buffer.from would skip what is not base64 and make another key of the rest.
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const MAX_FILE_BYTES = 1024;
const OTHERS = 0o077;

/** Reads the master key: a file with 32 bytes in base64 and nothing else but white space around it. */
export function readMasterKey({ path, mode }: MasterKeyFile): MasterKey {
  let file: number | undefined;
  try {
    // Opened once, so that what is judged is what is read. Non-blocking: opening a pipe must not hang the start.
    file = fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
    const fault = faultOf(fs.fstatSync(file), mode);
    return fault === undefined ? parseMasterKey(fs.readFileSync(file), path) : { ok: false, reason: `${path} ${fault}` };
  } catch (error) {
    return { ok: false, reason: `${path} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})` };
  } finally {
    if (file !== undefined) fs.closeSync(file);
  }
}

function faultOf(stats: fs.Stats, mode: MasterKeyFile['mode']): string | undefined {
  if (!stats.isFile()) return 'is not a file';
  if (stats.size > MAX_FILE_BYTES) return `has ${stats.size} bytes; 32 bytes in base64 are expected`;
  const rights = stats.mode & 0o777;
  if (mode === 'private' && (rights & OTHERS) !== 0) {
    return `is open to its group or to others (mode ${rights.toString(8).padStart(4, '0')}); chmod 600 it`;
  }
  return undefined;
}

function parseMasterKey(contents: Buffer, path: string): MasterKey {
  const text = contents.toString('latin1').trim();
  contents.fill(0);
  if (!BASE64.test(text)) return { ok: false, reason: `${path} does not hold base64 and nothing else` };
  const bytes = Buffer.from(text, 'base64');
  try {
    if (bytes.length !== KEY_BYTES) return { ok: false, reason: `${path} holds ${bytes.length} bytes in base64, not ${KEY_BYTES}` };
    return { ok: true, key: createSecretKey(bytes) };
  } finally {
    bytes.fill(0);
  }
}
