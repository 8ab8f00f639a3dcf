import { isFree } from './free-port.ts';
import { StartError } from './root.ts';

/** Every port npm start uses, each changed by the variable of that name. */
export const DEFAULT_PORTS = {
  GATEWAY_PORT: 8080,
  REGISTRY_HTTP_PORT: 8081,
  REGISTRY_GRPC_PORT: 9081,
  VAULT_HTTP_PORT: 8082,
  VAULT_GRPC_PORT: 9082,
  INGEST_HTTP_PORT: 8083,
  DELIVERY_HTTP_PORT: 8084,
  DELIVERY_GRPC_PORT: 9084,
  DEMO_RECEIVER_PORT: 8090,
  KAFKA_PORT: 19092,
  POSTGRES_PORT: 15432,
  REDIS_PORT: 16379,
} as const;

export type PortName = keyof typeof DEFAULT_PORTS;
export type Ports = Readonly<Record<PortName, number>>;

export const PORT_NAMES = Object.keys(DEFAULT_PORTS) as PortName[];
export const STORE_PORTS: readonly PortName[] = ['KAFKA_PORT', 'POSTGRES_PORT', 'REDIS_PORT'];

const MAX_PORT = 65_535;
// Far enough for the suggestions not to meet each other or a default.
const SHIFT = 10_000;

/** The ports of this run. Throws a StartError that names every variable with a value that is no port, or the same as another's. */
export function readPorts(env: NodeJS.ProcessEnv): Ports {
  const faults: string[] = [];
  const takenBy = new Map<number, PortName>();
  const ports = PORT_NAMES.map((name) => {
    const text = env[name];
    const port = text === undefined || text === '' ? DEFAULT_PORTS[name] : Number(text);
    if (!Number.isInteger(port) || port < 1 || port > MAX_PORT) faults.push(`${name}=${String(text)} is no port (1 to 65535)`);
    const other = takenBy.get(port);
    if (other !== undefined) faults.push(`${name} and ${other} are both ${port}`);
    takenBy.set(port, name);
    return [name, port] as const;
  });
  if (faults.length > 0) throw new StartError(faults.join('; '), 'Give each variable a port of its own.');
  return Object.fromEntries(ports) as Record<PortName, number>;
}

/** Throws a StartError that names each busy port and its variable. */
export async function requireFree(ports: Ports, names: readonly PortName[]): Promise<void> {
  const checks = await Promise.all(names.map(async (name) => ({ name, free: await isFree(ports[name]) })));
  const busy = checks.filter(({ free }) => !free).map(({ name }) => name);
  if (busy.length === 0) return;
  const described = busy.map((name) => `port ${ports[name]} (${name})`).join(', ');
  const example = busy.map((name) => `${name}=${(ports[name] + SHIFT) % MAX_PORT}`).join(' ');
  throw new StartError(
    `${described}: another process listens there`,
    `End that process (ss -ltnp shows it), or choose another port: ${example} npm start`,
  );
}
