import fs from 'node:fs';
import path from 'node:path';

const MAX_LOG_BYTES = 32 * 1024 * 1024;
const TAIL_BYTES = 16 * 1024;

/** Opens a log for appending, with the previous run's kept beside it as `<file>.1`. Returns the descriptor. */
export function openLog(file: string): number {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  if (sizeOf(file) > 0) fs.renameSync(file, `${file}.1`);
  return fs.openSync(file, 'a');
}

/** Keeps a log that is being written within its bound: the writer appends, so it goes on at the start of the emptied file. */
export function boundLog(file: string): void {
  if (sizeOf(file) <= MAX_LOG_BYTES) return;
  fs.copyFileSync(file, `${file}.1`);
  fs.truncateSync(file, 0);
}

/** The last lines of a log, newest last; empty when there is none. */
export function lastLines(file: string, count: number): readonly string[] {
  const size = sizeOf(file);
  if (size === 0) return [];
  const descriptor = fs.openSync(file, 'r');
  try {
    const buffer = Buffer.alloc(Math.min(size, TAIL_BYTES));
    fs.readSync(descriptor, buffer, 0, buffer.length, size - buffer.length);
    const lines = buffer.toString('utf8').split('\n');
    return lines.filter((line) => line.trim() !== '').slice(-count);
  } finally {
    fs.closeSync(descriptor);
  }
}

function sizeOf(file: string): number {
  return fs.statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}
