import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { type CommandResult, runCommand } from '../process/run-command.ts';
import type { Command } from '../process/parent-death.ts';
import { StartError } from '../root.ts';
import { kafkaJarsDirectory } from '../stores/kafka-distribution.ts';
import { findBrowser, findPrograms, inPath, type Programs } from '../stores/programs.ts';
import type { Terminal } from '../terminal.ts';

/** Every program that the local stores need. */
export interface CompletePrograms {
  readonly java: string;
  /** Needed only while the broker's jars are missing. */
  readonly maven: string | undefined;
  readonly postgres: string;
  readonly redis: string;
}

type ForStores = 'java' | 'maven' | 'postgres' | 'redis';
type Missing = ForStores | 'chromium';

// Debian and Ubuntu: the first one that the release has.
const APT_CHOICES: Readonly<Record<Missing, readonly string[]>> = {
  java: ['openjdk-21-jre-headless', 'openjdk-17-jre-headless', 'openjdk-25-jre-headless', 'default-jre-headless'],
  maven: ['maven'],
  postgres: ['postgresql'],
  redis: ['redis-server', 'valkey-redis-compat'],
  chromium: ['chromium'],
};
const BREW_PACKAGES: Readonly<Record<Missing, string>> = {
  java: 'openjdk@21',
  maven: 'maven',
  postgres: 'postgresql@17',
  redis: 'redis',
  chromium: '--cask google-chrome',
};

/** Finds the programs; on Debian and Ubuntu, as root or with passwordless sudo, installs the missing ones. Else says what to type. */
export async function ensurePrograms(terminal: Terminal): Promise<CompletePrograms> {
  await install(() => findMissing(findPrograms()), terminal);
  return complete(findPrograms());
}

/** Finds the browser that tests drive, and installs Debian's where there is none. Returns its path. Only tests need it. */
export async function ensureBrowser(terminal: Terminal): Promise<string> {
  await install(() => (findBrowser() === undefined ? ['chromium'] : []), terminal);
  return findBrowser() as string;
}

async function install(stillMissing: () => readonly Missing[], terminal: Terminal): Promise<void> {
  const missing = stillMissing();
  if (missing.length === 0) return;
  const sudo = privilege();
  if (inPath('apt-get') === undefined || sudo === undefined) throw new StartError(`missing: ${describe(missing)}`, commandToType(missing));
  await installWithApt(missing, sudo, terminal);
  const still = stillMissing();
  if (still.length > 0) throw new StartError(`still missing after the installation: ${describe(still)}`, commandToType(still));
}

function findMissing(programs: Programs): readonly ForStores[] {
  const wanted: readonly ForStores[] = fs.existsSync(kafkaJarsDirectory())
    ? ['java', 'postgres', 'redis']
    : ['java', 'maven', 'postgres', 'redis'];
  return wanted.filter((name) => programs[name] === undefined);
}

function complete({ java, maven, postgres, redis }: Programs): CompletePrograms {
  if (java === undefined || postgres === undefined || redis === undefined) throw new Error('a program is missing');
  return { java, maven, postgres, redis };
}

async function installWithApt(missing: readonly Missing[], sudo: readonly string[], terminal: Terminal): Promise<void> {
  const purpose = missing.includes('chromium') ? 'the tests of pages' : 'local stores';
  terminal.say(`missing for ${purpose}: ${describe(missing)}; installing with apt-get`);
  await terminal.step('package lists (apt-get update)', async () => {
    // A repository that is down, but none of ours, must not stop the start: the installation will tell.
    await apt(sudo, ['update', '-q']);
  });
  const packages = missing.map((name) => APT_CHOICES[name].find(isOffered) ?? APT_CHOICES[name][0] ?? name);
  await terminal.step(`system packages (apt-get install ${packages.join(' ')})`, async (note) => {
    const { code, output } = await withoutServices(sudo, () =>
      apt(sudo, ['install', '-y', '-q', '--no-install-recommends', ...packages], (line) => note(line.slice(0, 60))),
    );
    if (code !== 0) throw new StartError(`apt-get install failed:\n${output.split('\n').slice(-12).join('\n')}`, commandToType(missing));
  });
}

function apt(sudo: readonly string[], args: readonly string[], onLine?: (line: string) => void): Promise<CommandResult> {
  const command = [...sudo, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', ...args] as unknown as Command;
  return runCommand(command, onLine === undefined ? {} : { onLine });
}

/**
 * Debian starts a server when its package is installed, here a PostgreSQL and a Redis that nobody asked for and that would outlive
 * us. policy-rc.d is its own way to forbid that for the time being; one that is there already is left alone.
 */
async function withoutServices<T>(sudo: readonly string[], act: () => Promise<T>): Promise<T> {
  const policy = '/usr/sbin/policy-rc.d';
  if (fs.existsSync(policy)) return await act();
  const write = `printf '#!/bin/sh\\nexit 101\\n' > ${policy} && chmod 755 ${policy}`;
  // Not runCommand: it refuses to work once everything is being stopped, and the file must go also then.
  const asRoot = (...command: string[]): void => {
    const [file = '', ...args] = [...sudo, ...command];
    spawnSync(file, args, { stdio: 'ignore' });
  };
  asRoot('sh', '-c', write);
  try {
    return await act();
  } finally {
    asRoot('rm', '-f', policy);
  }
}

/** How to become root without a question: not at all, sudo, or undefined: it cannot be done. */
function privilege(): readonly string[] | undefined {
  if (process.getuid?.() === 0) return [];
  return spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status === 0 ? ['sudo', '-n'] : undefined;
}

function isOffered(name: string): boolean {
  const { stdout } = spawnSync('apt-cache', ['policy', name], { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C' } });
  return /Candidate: (?!\(none\))/.test(stdout);
}

function commandToType(missing: readonly Missing[]): string {
  const instead = missing.includes('chromium')
    ? 'or say in CHROMIUM where a Chromium or Chrome is'
    : 'or start a Docker engine, or give KAFKA_BROKERS, POSTGRES_URL and REDIS_URL';
  if (inPath('apt-get') !== undefined) {
    const packages = missing.map((name) => APT_CHOICES[name].find(isOffered) ?? APT_CHOICES[name][0]);
    return `Type: sudo apt-get update && sudo apt-get install -y ${packages.join(' ')}\n(${instead})`;
  }
  if (process.platform === 'darwin') return `Type: brew install ${missing.map((name) => BREW_PACKAGES[name]).join(' ')}\n(${instead})`;
  return `Install ${describe(missing)} with your system's package manager, ${instead}.`;
}

function describe(missing: readonly Missing[]): string {
  const names = { java: 'Java 17 or newer', maven: 'Maven', postgres: 'PostgreSQL', redis: 'redis-server', chromium: 'Chromium' };
  return missing.map((name) => names[name]).join(', ');
}
