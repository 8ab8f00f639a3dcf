import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { boundLog, lastLines, openLog } from './process-log.ts';

let directory: string;
let file: string;
beforeEach(() => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), 'hookwright-log-'));
  file = path.join(directory, 'logs/service.log');
});
afterEach(() => fs.rmSync(directory, { recursive: true }));

describe('a log', () => {
  it('begins anew with every run, the one before kept beside it', () => {
    fs.closeSync(openLog(file));
    fs.writeFileSync(file, 'first run\n');
    fs.closeSync(openLog(file));
    expect(fs.readFileSync(file, 'utf8')).toBe('');
    expect(fs.readFileSync(`${file}.1`, 'utf8')).toBe('first run\n');
  });

  it('is cut while it is being written, and the writer goes on at its start', () => {
    const log = openLog(file);
    fs.writeSync(log, Buffer.alloc(33 * 1024 * 1024, 'x'));
    boundLog(file);
    fs.writeSync(log, 'next\n');
    fs.closeSync(log);
    expect(fs.readFileSync(file, 'utf8')).toBe('next\n');
  });

  it('shows its last lines, and none when there is no log', () => {
    expect(lastLines(file, 2)).toEqual([]);
    fs.closeSync(openLog(file));
    fs.writeFileSync(file, 'one\n\ntwo\nthree\n');
    expect(lastLines(file, 2)).toEqual(['two', 'three']);
  });
});
