import type { Supervisor } from '../process/supervisor.ts';
import type { Ports } from '../ports.ts';
import type { Terminal } from '../terminal.ts';

export const INFRASTRUCTURE_KINDS = ['external', 'docker', 'local'] as const;
export type InfrastructureKind = (typeof INFRASTRUCTURE_KINDS)[number];

/** How the services reach their stores. */
export interface StoreAddresses {
  /** `host:port`, comma-separated. */
  readonly kafkaBrokers: string;
  /** A database of the server where the services' databases are made. */
  readonly postgresUrl: string;
  readonly redisUrl: string;
}

/** What bringing up stores needs from the run. */
export interface Site {
  readonly terminal: Terminal;
  readonly ports: Ports;
  readonly stores: Supervisor;
  readonly logDirectory: string;
  readonly stateDirectory: string;
}
