import { parseArgs } from 'node:util';
import { INFRASTRUCTURE_KINDS, type InfrastructureKind } from './infrastructure/infrastructure.ts';
import { StartError } from './root.ts';

export interface Options {
  /** End after the demo's first verified webhook. */
  readonly once: boolean;
  /** Begin without any state. */
  readonly fresh: boolean;
  /** Production's egress policy, and no demo delivery. */
  readonly strictEgress: boolean;
  readonly help: boolean;
  readonly infra: InfrastructureKind | undefined;
}

export const HELP = `npm start [-- options]      brings the whole system up on this machine; Ctrl-C ends it

  --once             wait for the demo's first verified webhook, print it, stop everything
  --fresh            begin without any state: wipes .hookwright/ (the fetched Kafka broker stays)
  --infra=KIND       external, docker or local; default: the first that applies
                       external  KAFKA_BROKERS, POSTGRES_URL and REDIS_URL in the environment
                       docker    the stores of docker-compose.yml, where a Docker engine answers
                       local     Kafka, PostgreSQL and redis-server as local processes
  --strict-egress    production's egress policy (https, public addresses only) and no demo delivery
  --help             this text

Ports, each changed by its variable: GATEWAY_PORT 8080, KAFKA_PORT 19092, POSTGRES_PORT 15432, REDIS_PORT 16379,
DEMO_RECEIVER_PORT 8090, REGISTRY_HTTP_PORT 8081, VAULT_HTTP_PORT 8082, INGEST_HTTP_PORT 8083, DELIVERY_HTTP_PORT 8084,
REGISTRY_GRPC_PORT 9081, VAULT_GRPC_PORT 9082, DELIVERY_GRPC_PORT 9084.`;

/** Reads the command line. Throws a StartError for an option that does not exist or has a wrong value. */
export function readOptions(args: readonly string[]): Options {
  const values = parse(args);
  const infra = INFRASTRUCTURE_KINDS.find((kind) => kind === values.infra);
  if (values.infra !== undefined && infra === undefined) {
    throw new StartError(`--infra=${values.infra} is not one of ${INFRASTRUCTURE_KINDS.join(', ')}`, HELP);
  }
  if (values.once && values['strict-egress']) {
    throw new StartError('--once waits for the demo delivery, and --strict-egress has none', 'Leave one of them out.');
  }
  return { once: values.once, fresh: values.fresh, strictEgress: values['strict-egress'], help: values.help, infra };
}

function parse(args: readonly string[]): Record<'once' | 'fresh' | 'strict-egress' | 'help', boolean> & { infra?: string } {
  const flag = { type: 'boolean', default: false } as const;
  const options = { once: flag, fresh: flag, 'strict-egress': flag, help: flag, infra: { type: 'string' } } as const;
  try {
    return parseArgs({ args: [...args], options, strict: true, allowPositionals: false }).values;
  } catch (error) {
    throw new StartError(error instanceof Error ? error.message : String(error), HELP, { cause: error });
  }
}
