import { type Logger, pino } from 'pino';

export type { Logger } from 'pino';

// A secret must not reach a log by way of an object that happens to carry it.
const REDACTED = [
  'req.headers.authorization',
  'req.headers.cookie',
  'headers.authorization',
  'secret',
  '*.secret',
  'client_secret',
  '*.client_secret',
  'client_assertion',
  '*.client_assertion',
  'token',
  '*.token',
  'access_token',
  '*.access_token',
  'refresh_token',
  '*.refresh_token',
  'key',
  '*.key',
];

/** A service's logger: JSON lines on stdout with the service's name; ids always, payloads and secrets never. */
export function createLogger(service: string, level = 'info'): Logger {
  return pino({ level, base: { service }, timestamp: pino.stdTimeFunctions.isoTime, redact: { paths: REDACTED, censor: '[redacted]' } });
}
