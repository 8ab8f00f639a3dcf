import { spawnSync } from 'node:child_process';

export type Command = readonly [string, ...string[]];

let supported: boolean | undefined;

/**
 * Linux can end a process when its parent is gone, however that was killed; elsewhere the guard does it (guard.ts).
 * setpriv replaces itself by the program: there is no process in between.
 */
export function withParentDeathSignal(command: Command, signal: NodeJS.Signals): Command {
  supported ??= process.platform === 'linux' && spawnSync('setpriv', ['--pdeathsig', 'TERM', 'true']).status === 0;
  return supported ? ['setpriv', '--pdeathsig', signal.replace('SIG', ''), '--', ...command] : command;
}
