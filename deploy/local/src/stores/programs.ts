import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

/** The programs local stores need, each where it was found; undefined: missing. */
export interface Programs {
  readonly java: string | undefined;
  readonly maven: string | undefined;
  /** Folder with `postgres` and `initdb`. */
  readonly postgres: string | undefined;
  readonly redis: string | undefined;
}

const MIN_JAVA = 17;
const BROWSERS = ['chromium', 'chromium-browser', 'google-chrome', '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'];

export function findPrograms(): Programs {
  return { java: findJava(), maven: inPath('mvn'), postgres: findPostgres(), redis: inPath('redis-server') };
}

/** The Chromium or Chrome that tests look at pages with: CHROMIUM, or the first that is found; undefined: there is none. */
export function findBrowser(): string | undefined {
  const chosen = process.env['CHROMIUM'];
  return [...(chosen === undefined ? [] : [chosen]), ...BROWSERS]
    .map((browser) => (path.isAbsolute(browser) ? browser : inPath(browser)))
    .find((browser) => browser !== undefined && isExecutable(browser));
}

/** Absolute path of a program in PATH (with the folders Debian leaves out of an ordinary user's), or undefined. */
export function inPath(program: string): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(path.delimiter), '/usr/local/sbin', '/usr/sbin', '/sbin'];
  return folders
    .filter((folder) => folder !== '')
    .map((folder) => path.join(folder, program))
    .find(isExecutable);
}

function findJava(): string | undefined {
  const home = process.env['JAVA_HOME'];
  const candidates = [home === undefined ? undefined : path.join(home, 'bin/java'), inPath('java')];
  return candidates.find((java) => java !== undefined && isExecutable(java) && javaVersion(java) >= MIN_JAVA);
}

/** Major version, 0 when it cannot be told. It is printed on stderr: `openjdk version "17.0.15" 2025-04-15`. */
function javaVersion(java: string): number {
  const { stderr } = spawnSync(java, ['-version'], { encoding: 'utf8' });
  return Number(/version "(\d+)/.exec(stderr)?.[1] ?? 0);
}

function findPostgres(): string | undefined {
  const debian = '/usr/lib/postgresql';
  const versions = fs.existsSync(debian) ? fs.readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  const folders = versions.map((version) => path.join(debian, version, 'bin'));
  const found = inPath('postgres');
  return [...folders, ...(found === undefined ? [] : [path.dirname(fs.realpathSync(found))])].find(
    (folder) => isExecutable(path.join(folder, 'postgres')) && isExecutable(path.join(folder, 'initdb')),
  );
}

function isExecutable(file: string): boolean {
  try {
    fs.accessSync(file, fs.constants.X_OK);
    return fs.statSync(file).isFile();
  } catch {
    return false;
  }
}
