import { StartError } from '../root.ts';
import { kafkaAnswers, postgresAnswers, redisAnswers } from '../stores/answers.ts';
import type { StoreAddresses } from './infrastructure.ts';

export const EXTERNAL_VARIABLES = ['KAFKA_BROKERS', 'POSTGRES_URL', 'REDIS_URL'] as const;

/** The stores given in the environment, after each has answered. Throws a StartError that names the variable of one that does not. */
export async function externalStores(env: NodeJS.ProcessEnv): Promise<StoreAddresses> {
  const kafkaBrokers = required(env, 'KAFKA_BROKERS');
  const postgresUrl = required(env, 'POSTGRES_URL');
  const redisUrl = required(env, 'REDIS_URL');
  await Promise.all([
    check('KAFKA_BROKERS', 'Kafka', () => kafkaAnswers(kafkaBrokers.split(','))),
    check('POSTGRES_URL', 'PostgreSQL', () => postgresAnswers(postgresUrl)),
    check('REDIS_URL', 'Redis', () => redisAnswers(redisUrl)),
  ]);
  return { kafkaBrokers, postgresUrl, redisUrl };
}

/** Whether the environment gives the stores: all three or none. */
export function hasExternalStores(env: NodeJS.ProcessEnv): boolean {
  const given = EXTERNAL_VARIABLES.filter((name) => isSet(env, name));
  if (given.length === 0) return false;
  const missing = EXTERNAL_VARIABLES.filter((name) => !isSet(env, name));
  if (missing.length === 0) return true;
  throw new StartError(
    `${given.join(' and ')} set, but not ${missing.join(' and ')}`,
    'Set all three to use stores of your own, or none of them.',
  );
}

function required(env: NodeJS.ProcessEnv, name: string): string {
  const value = env[name];
  if (value === undefined || value === '')
    throw new StartError(`${name} is not set`, `--infra=external needs ${EXTERNAL_VARIABLES.join(', ')}.`);
  return value;
}

function isSet(env: NodeJS.ProcessEnv, name: string): boolean {
  return (env[name] ?? '') !== '';
}

async function check(variable: string, what: string, answers: () => Promise<void>): Promise<void> {
  try {
    await answers();
  } catch (error) {
    // A URL may carry a password: the reason is shown, the value is not.
    const reason = error instanceof Error && error.message !== '' ? error.message : String(error);
    throw new StartError(`${what} at ${variable} does not answer: ${reason}`, `Check ${variable}, and that the server is up.`, {
      cause: error,
    });
  }
}
