import fs from 'node:fs';
import type { Socket } from 'node:net';

// The other side's address, and state 01 (proc_net(5), tcp).
const ESTABLISHED = /^([0-9A-F]{8}:[0-9A-F]{4}) 01 /;

/**
 * Bytes of a connection that this side's kernel holds because the other side has not acknowledged them; 0 where there is no /proc. On the
 * loopback device the kernel takes 4 MiB from a process at once, which says nothing about what the other side reads.
 */
export function unsentBytes({ localPort, remotePort }: Socket): number {
  const queue = new RegExp(`:${hex(localPort)} [0-9A-F]{8}:${hex(remotePort)} [0-9A-F]{2} ([0-9A-F]{8}):`).exec(connectionTable());
  return Number.parseInt(queue?.[1] ?? '0', 16);
}

/**
 * Connections to a local address and port that neither side has ended; undefined where there is no /proc. The event loop hears of a new
 * connection before it hears that an earlier one has ended, the kernel knows both. But it tells them page by page: one may end, and another
 * begin, between two pages, and both are in the table. What is in two tables, one read after the other, was there in the moment between.
 */
export function establishedAt(host: string, port: number): number | undefined {
  const before = remotesOf(host, port);
  const after = remotesOf(host, port);
  return before === undefined || after === undefined ? undefined : [...before].filter((remote) => after.has(remote)).length;
}

/** The other sides' addresses and ports. */
function remotesOf(host: string, port: number): ReadonlySet<string> | undefined {
  const table = connectionTable();
  if (table === '') return undefined;
  const address = host
    .split('.')
    .reverse()
    .map((part) => Number(part).toString(16).toUpperCase().padStart(2, '0'))
    .join('');
  const established = table.split(`: ${address}:${hex(port)} `).map((rest) => ESTABLISHED.exec(rest)?.[1]);
  return new Set(established.filter((remote) => remote !== undefined));
}

function hex(port = 0): string {
  return port.toString(16).toUpperCase().padStart(4, '0');
}

function connectionTable(): string {
  try {
    return fs.readFileSync('/proc/net/tcp', 'latin1');
  } catch {
    return '';
  }
}
