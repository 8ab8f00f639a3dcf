import { z } from 'zod';

/** Variables that every service reads; a service's own env.ts extends them. */
export const serviceEnv = z.object({
  HOST: z.string().min(1).default('127.0.0.1').describe('address that every server of the process binds'),
  HTTP_PORT: port().describe('health, metrics and, at the gateway, the API'),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace']).default('info'),
  HOOKWRIGHT_PROFILE: z.enum(['development', 'production']).default('production').describe('development allows demo keys'),
  SHUTDOWN_GRACE_SECONDS: z.coerce
    .number()
    .int()
    .min(1)
    .max(300)
    .default(35)
    .describe('a shutdown that takes longer is cut off: requests under way may take 30 s, the longest timeout of an endpoint'),
});

/**
 * The environment as the schema types it. With bad values it prints every one of them, and what was expected, to stderr and exits with 1:
 * a service must not start on a guess.
 */
export function readEnv<Schema extends z.ZodObject>(schema: Schema, env: NodeJS.ProcessEnv = process.env): z.infer<Schema> {
  const result = parseEnv(schema, env);
  if (result.ok) return result.env;
  return refuseStart(result.faults);
}

/** Says what is wrong with the environment and ends the process with 1. */
export function refuseStart(faults: readonly string[]): never {
  process.stderr.write(`The environment is not usable:\n${faults.map((fault) => `  ${fault}\n`).join('')}`);
  process.exit(1);
}

/** The pure part of readEnv. An empty or blank variable counts as unset. Values are never repeated in a fault: one may be a secret. */
export function parseEnv<Schema extends z.ZodObject>(
  schema: Schema,
  env: NodeJS.ProcessEnv,
): { ok: true; env: z.infer<Schema> } | { ok: false; faults: string[] } {
  const present = Object.fromEntries(Object.entries(env).filter(([, value]) => value?.trim() !== ''));
  const parsed = schema.safeParse(present);
  if (parsed.success) return { ok: true, env: parsed.data };
  return { ok: false, faults: parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`) };
}

// By name: URLs of stores and proxies may have a password in them.
const MAY_BE_SECRET = /(URLS?|TOKEN|SECRET|PASSWORD|PROXY|KEY)$/;

/** The environment as it may be logged: of what may hold a secret, only whether it is set. */
export function shownEnv(env: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).map(([name, value]) => {
      if (MAY_BE_SECRET.test(name)) return [name, value === undefined ? 'unset' : 'set'];
      return [name, String(value)];
    }),
  );
}

/** A TCP port; 0 asks the system for a free one. */
export function port(): z.ZodCoercedNumber<string> {
  return z.coerce.number<string>().int().min(0).max(65_535);
}

/** `host:port`. */
export function hostPort(): z.ZodString {
  return z.string().regex(/^[^\s:]+:\d{1,5}$|^\[[0-9a-fA-F:]+\]:\d{1,5}$/, 'must be host:port');
}

/** A comma-separated list without empty items. */
export function list(): z.ZodPipe<z.ZodString, z.ZodTransform<string[], string>> {
  return z.string().transform((text) =>
    text
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== ''),
  );
}

/** `on` or `off` as a boolean. */
export function onOff(): z.ZodPipe<z.ZodEnum<{ on: 'on'; off: 'off' }>, z.ZodTransform<boolean, 'on' | 'off'>> {
  return z.enum(['on', 'off']).transform((value) => value === 'on');
}
