/** Stands for an `npm start` that is killed: starts a guard and a process that does not want to end, and says their pids. */
import { Guard } from '../guard-client.ts';
import { ManagedProcess } from '../managed-process.ts';
import { httpProcess } from './example-process.ts';

const [directory = '', socket = ''] = process.argv.slice(2);
const guard = new Guard(socket);
await guard.hold();
const stubborn = `process.on('SIGTERM', () => undefined); setInterval(() => undefined, 1000); require('node:http').createServer((_, r) => r.end()).listen(Number(process.env.PORT), '127.0.0.1')`;
const child = new ManagedProcess(await httpProcess(directory, { script: stubborn, stopTimeoutMs: 300 }));
guard.watch(child, 0);
await child.waitUntilReady();
process.stdout.write(`${String(child.pid)}\n`);
