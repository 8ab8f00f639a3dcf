import net, { type Socket } from 'node:net';
import { EgressProxy } from '../index.ts';
import { listening, type Listening } from './servers.ts';

export interface ProxyOnTrial extends Listening {
  readonly proxy: EgressProxy;
  /** Heads of the CONNECT requests so far. */
  readonly heads: string[];
}

/** A proxy that connects to 127.0.0.1 at the port it is asked for, whatever the host; or answers as it is told. */
export async function connectProxy(answer?: string | ((socket: Socket) => void), port = 0): Promise<ProxyOnTrial> {
  const heads: string[] = [];
  const server = net.createServer((socket) => {
    socket.once('data', (data) => {
      const head = data.toString('latin1');
      heads.push(head);
      if (typeof answer === 'function') answer(socket);
      else if (answer === undefined) tunnel(socket, Number(/^CONNECT \S+:(\d+) /.exec(head)?.[1]));
      else socket.end(answer);
    });
  });
  const listens = await listening(server, { port });
  return { ...listens, heads, proxy: new EgressProxy(`http://hook:s3cret@127.0.0.1:${listens.port}`) };
}

function tunnel(socket: Socket, port: number): void {
  const onward = net.connect(port, '127.0.0.1', () => {
    socket.write('HTTP/1.1 200 Connection established\r\nx-proxy: yes\r\n\r\n');
    socket.pipe(onward).pipe(socket);
  });
  onward.on('error', () => socket.destroy());
  socket.on('close', () => onward.destroy());
}
