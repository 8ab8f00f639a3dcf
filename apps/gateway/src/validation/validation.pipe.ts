import type { ArgumentMetadata, PipeTransform } from '@nestjs/common';
import { z } from 'zod';
import { notFound, validationFailed } from '@hookwright/runtime';
import { fieldErrors } from './field-errors.ts';

/**
 * Checks what a route takes against the zod schema beside it: `@Body({ schema })`. The only validation of the gateway.
 * Nest's StandardSchemaValidationPipe knows an issue's message but not the value, so it could not tell a missing field from a wrong one.
 */
export class ValidationPipe implements PipeTransform {
  transform(value: unknown, { schema, type, data }: ArgumentMetadata): unknown {
    if (!(schema instanceof z.ZodType)) return value;
    const result = schema.safeParse(value);
    if (result.success) return result.data;
    // What cannot be an id is one that nobody has.
    if (type === 'param') throw notFound(NOUNS[data ?? ''] ?? 'resource');
    throw validationFailed(fieldErrors(result.error.issues, value));
  }
}

const NOUNS: Readonly<Record<string, string>> = {
  app_id: 'app',
  installation_id: 'installation',
  secret_id: 'signing secret',
  delivery_id: 'delivery',
  partner_id: 'partner',
  key_id: 'API key',
};
