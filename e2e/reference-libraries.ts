import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { ROOT } from '@hookwright/local';
import type { ReceivedRequest } from './receiver.ts';

const SOURCES = path.join(import.meta.dirname, 'reference-libraries');
const INSTALLED = path.join(ROOT, '.hookwright/reference-libraries');
const INSTALL_MS = 180_000;
const VERIFY_MS = 60_000;
// Each answer is `false` and a line's end at most: two million of them.
const MAX_OUTPUT_BYTES = 16 * 1024 * 1024;

/** A request and a secret that may have signed it. */
export interface Question {
  readonly request: ReceivedRequest;
  readonly secret: string;
}

/** One of Standard Webhooks' own libraries, in the language that it was written for. */
export interface ReferenceLibrary {
  readonly language: string;
  /** Whether the secret's signature is among the request's, for each question. */
  readonly verify: (questions: readonly Question[]) => boolean[];
}

/** The libraries for Python and Go, installed on the first use. What cannot be installed here is left out, with a line that says so. */
export function referenceLibraries(): ReferenceLibrary[] {
  return [libraryOf('Python', preparePython), libraryOf('Go', prepareGo)].filter((library) => library !== undefined);
}

function libraryOf(language: string, prepare: () => readonly [string, ...string[]]): ReferenceLibrary | undefined {
  try {
    const [file, ...args] = prepare();
    return { language, verify: (questions) => ask(file, args, questions) };
  } catch (error) {
    const [reason = ''] = String((error as { stderr?: unknown }).stderr ?? error)
      .trim()
      .split('\n')
      .slice(-1);
    process.stderr.write(`SKIPPED: Standard Webhooks' library for ${language} cannot be installed here: ${reason}\n`);
    return undefined;
  }
}

/** In an environment of its own: nothing of the machine's is changed. */
function preparePython(): [string, string] {
  const requirements = path.join(SOURCES, 'requirements.txt');
  const environment = path.join(INSTALLED, 'python');
  const python = path.join(environment, 'bin/python');
  const done = path.join(environment, 'installed.txt');
  const wanted = fs.readFileSync(requirements, 'utf8');
  if (!fs.existsSync(done) || fs.readFileSync(done, 'utf8') !== wanted) {
    install('python3', ['-m', 'venv', '--clear', environment]);
    install(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', requirements]);
    fs.writeFileSync(done, wanted);
  }
  return [python, path.join(SOURCES, 'verify.py')];
}

function prepareGo(): [string] {
  const program = path.join(INSTALLED, 'verify-go');
  install('go', ['build', '-o', program, '.']);
  return [program];
}

function install(file: string, args: readonly string[]): void {
  execFileSync(file, args, { cwd: SOURCES, stdio: 'pipe', timeout: INSTALL_MS });
}

/** Secrets go in by stdin: arguments are for everybody to read. */
function ask(file: string, args: readonly string[], questions: readonly Question[]): boolean[] {
  const lines = questions.map(({ request: { headers, body }, secret }) => JSON.stringify({ secret, headers, body }));
  const options = { input: lines.join('\n'), timeout: VERIFY_MS, maxBuffer: MAX_OUTPUT_BYTES, encoding: 'utf8' } as const;
  const answers = execFileSync(file, args, options).trim().split('\n');
  if (answers.length !== questions.length) throw new Error(`${answers.length} answers to ${questions.length} questions`);
  return answers.map((answer) => answer === 'true');
}
