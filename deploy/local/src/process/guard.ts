/**
 * The guard: a process that ends what `npm start` leaves behind when it is killed without a chance to do so itself. Their IPC
 * channel closes then. In a session of its own, so that a signal to npm's process group does not reach it. It also holds the
 * clone's socket, so that a second `npm start` can be told apart from the remains of a first.
 */
import fs from 'node:fs';
import net from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { FromGuard, ToGuard, WatchedProcess } from './guard-messages.ts';

const POLL_MS = 50;
/** A killed process is gone by then, or it is a zombie that nobody reaps. */
const AFTER_KILL_MS = 2000;
/** How long the remains of an earlier run may take to end. */
const TAKEOVER_MS = 20_000;

let held: string | undefined;
const watched = new Map<number, WatchedProcess>();
const starter = process.ppid;
let ending = false;

process.on('message', (message: ToGuard) => {
  if (message.kind === 'watch') watched.set(message.process.pid, message.process);
  else if (message.kind === 'forget') watched.delete(message.pid);
  else void hold(message.socket).then(reply);
});
process.on('disconnect', () => void endAll());
// Only its parent's end ends the guard.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);

function reply(answer: FromGuard): void {
  // The parent may be gone by now: 'disconnect' is on its way.
  process.send?.(answer, undefined, undefined, () => undefined);
}

async function endAll(): Promise<void> {
  ending = true;
  const orders = [...new Set([...watched.values()].map(({ order }) => order))].sort((a, b) => a - b);
  for (const order of orders) await end([...watched.values()].filter((each) => each.order === order));
  if (held !== undefined) fs.rmSync(held, { force: true });
  process.exit(0);
}

async function end(processes: readonly WatchedProcess[]): Promise<void> {
  for (const { pid, stopSignal } of processes) kill(pid, stopSignal);
  const deadline = Date.now() + Math.max(...processes.map(({ graceMs }) => graceMs));
  while (processes.some(({ pid }) => kill(pid, 0))) {
    // Each leads a process group of its own: what it started goes with it.
    if (Date.now() > deadline) for (const { pid } of processes) kill(-pid, 'SIGKILL');
    if (Date.now() > deadline + AFTER_KILL_MS) return;
    await delay(POLL_MS);
  }
}

function kill(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

async function hold(socket: string): Promise<FromGuard> {
  const deadline = Date.now() + TAKEOVER_MS;
  for (;;) {
    if (await listen(socket)) {
      held = socket;
      return { kind: 'held' };
    }
    const holder = await askHolder(socket);
    // Nobody answers: the socket of a guard that was killed.
    if (holder === undefined) fs.rmSync(socket, { force: true });
    else if (!holder.ending || Date.now() > deadline) return { kind: 'taken', pid: holder.pid };
    else await delay(POLL_MS);
  }
}

async function listen(socket: string): Promise<boolean> {
  const server = net.createServer((client) => {
    client.on('error', () => undefined);
    client.end(JSON.stringify({ pid: starter, ending }));
  });
  server.unref();
  return await new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(socket, () => resolve(true));
  });
}

async function askHolder(socket: string): Promise<{ readonly pid: number; readonly ending: boolean } | undefined> {
  return await new Promise((resolve) => {
    let answer = '';
    const client = net.connect(socket);
    client.on('data', (data) => (answer += data.toString('utf8')));
    client.on('error', () => resolve(undefined));
    client.on('close', () => resolve(answer === '' ? undefined : (JSON.parse(answer) as { pid: number; ending: boolean })));
  });
}
