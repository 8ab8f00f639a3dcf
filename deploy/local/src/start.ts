/** What `npm start` runs once everything is installed (bootstrap.mjs): builds, brings everything up, keeps it up, ends it. */
import { setTimeout as delay } from 'node:timers/promises';
import { HELP, readOptions } from './options.ts';
import { StartError } from './root.ts';
import { System } from './system.ts';
import { Terminal } from './terminal.ts';

const SIGNAL_LAG_MS = 50;

interface StopRequest {
  readonly reason: string;
  readonly exitCode: number;
}

const terminal = new Terminal();
/** Ends the start at whatever step it is: the reason to stop, and the exit code that tells it. */
const stopRequest = Promise.withResolvers<StopRequest>();

function stopOn(event: NodeJS.Signals | 'disconnect', reason: string, exitCode: number): void {
  process.on(event, () => stopRequest.resolve({ reason, exitCode }));
}

stopOn('SIGINT', 'Ctrl-C', 130);
stopOn('SIGTERM', 'SIGTERM', 143);
stopOn('SIGHUP', 'the terminal is gone', 129);
// The channel to bootstrap.mjs closes however that one ended.
stopOn('disconnect', 'npm start is gone', 1);
// Nobody reads any more: what is left to do is to stop in good order.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', () => stopRequest.resolve({ reason: 'output closed', exitCode: 1 }));

function explain(error: unknown): void {
  if (error instanceof StartError) terminal.say(`\n${error.message}\n${error.advice}`);
  else terminal.say(`\n${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
}

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  if (options.help) {
    terminal.say(HELP);
    return 0;
  }
  const system = new System(options, terminal);
  try {
    const early = await Promise.race([system.start(), stopRequest.promise]);
    if (early !== undefined) return reportStop(early);
    const result = options.once ? await Promise.race([system.waitForDemo(), stopRequest.promise]) : await stopRequest.promise;
    if (typeof result === 'number') return result;
    // Ending a system that is up is no failure; ending one that was to show a webhook is.
    return options.once ? reportStop(result) : reportStop({ ...result, exitCode: 0 });
  } catch (error) {
    return await reportFailure(error);
  } finally {
    await system.stop();
  }
}

function reportStop({ reason, exitCode }: StopRequest): number {
  terminal.endSteps();
  terminal.say(`${reason}: stopping`);
  return exitCode;
}

/** Ctrl-C reaches what a step runs too, and that may fail before this process hears of it. */
async function reportFailure(error: unknown): Promise<number> {
  const stop = await Promise.race([stopRequest.promise, delay(SIGNAL_LAG_MS, undefined)]);
  if (stop !== undefined) return reportStop(stop);
  explain(error);
  return 1;
}

let exitCode: number;
try {
  exitCode = await main();
} catch (error) {
  explain(error);
  exitCode = 1;
}
process.exit(exitCode);
