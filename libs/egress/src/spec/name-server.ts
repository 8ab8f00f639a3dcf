import dgram from 'node:dgram';
import { once } from 'node:events';
import { isIPv4 } from 'node:net';
import ipaddr from 'ipaddr.js';

const A = 1;
const AAAA = 28;
const HEADER_BYTES = 12;
// After the name: type and class.
const QUESTION_TAIL_BYTES = 4;

export interface NameServer {
  /** address:port */
  readonly server: string;
  /** Questions so far, of both types. */
  readonly questions: () => number;
  close(): Promise<void>;
}

/** A name server over UDP that answers every question, with a TTL of 0, from what `addressesOf` says for a name at that moment. */
export async function nameServer(addressesOf: (name: string) => readonly string[]): Promise<NameServer> {
  const socket = dgram.createSocket('udp4');
  let questions = 0;
  socket.on('message', (query, { port, address }) => {
    questions += 1;
    socket.send(answerTo(query, addressesOf), port, address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return {
    server: `127.0.0.1:${socket.address().port}`,
    questions: () => questions,
    close: async () => {
      socket.close();
      await once(socket, 'close');
    },
  };
}

function answerTo(query: Buffer, addressesOf: (name: string) => readonly string[]): Buffer {
  const { name, end } = nameAt(query, HEADER_BYTES);
  const type = query.readUInt16BE(end);
  const records = addressesOf(name)
    .filter((address) => (type === A && isIPv4(address)) || (type === AAAA && !isIPv4(address)))
    .map((address) => recordOf(type, address));
  const header = Buffer.alloc(HEADER_BYTES);
  query.copy(header, 0, 0, 2);
  // A response, recursion asked for and available, no error.
  header.writeUInt16BE(0x8180, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(records.length, 6);
  return Buffer.concat([header, query.subarray(HEADER_BYTES, end + QUESTION_TAIL_BYTES), ...records]);
}

function nameAt(query: Buffer, start: number): { name: string; end: number } {
  const labels: string[] = [];
  let at = start;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.').toLowerCase(), end: at + 1 };
}

function recordOf(type: number, address: string): Buffer {
  const bytes = Buffer.from(ipaddr.parse(address).toByteArray());
  const head = Buffer.alloc(HEADER_BYTES);
  // The name of the question, class IN, TTL 0.
  head.writeUInt16BE(0xc00c, 0);
  head.writeUInt16BE(type, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(bytes.length, 10);
  return Buffer.concat([head, bytes]);
}
