import { spawn } from 'node:child_process';
import path from 'node:path';
import { KEEPER_VARIABLE } from '../keeper/client.ts';
import { keepForTeardown } from './running-keeper.ts';

/** Starts the keeper, which starts stores when a spec first asks for one: a run of unit tests pays for none. */
export default async function setUp(): Promise<void> {
  const top = path.resolve(import.meta.dirname, '../../../..');
  const keeper = spawn(
    path.join(top, 'node_modules/.bin/node'),
    [
      '--title=hookwright-test-keeper',
      '--conditions=@hookwright/source',
      '--disable-warning=ExperimentalWarning',
      '--disable-warning=TimeoutNegativeWarning',
      path.join(top, 'libs/testkit/src/keeper/main.ts'),
    ],
    // Detached: Ctrl-C ends Jest, and the closing of stdin then ends the keeper in good order.
    { stdio: ['pipe', 'pipe', 'inherit'], detached: true },
  );
  keepForTeardown(keeper);
  process.env[KEEPER_VARIABLE] = await new Promise<string>((resolve, reject) => {
    keeper.stdout.once('data', (line: Buffer) => resolve(line.toString('utf8').trim()));
    keeper.once('error', reject);
    keeper.once('exit', (code) => reject(new Error(`the keeper of test stores ended with exit code ${String(code)}`)));
  });
}
