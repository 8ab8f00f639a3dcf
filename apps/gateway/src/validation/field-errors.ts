import type { z } from 'zod';
import { type FieldError, PROBLEMS, type ProblemCode } from '@hookwright/runtime';

// A body of a megabyte may be wrong in very many places.
const MAX_ERRORS = 50;

/** What zod found wrong with a value, as a caller is told. */
export function fieldErrors(issues: readonly z.core.$ZodIssue[], value: unknown): FieldError[] {
  return issues.flatMap((issue) => errorsOfIssue(issue, value)).slice(0, MAX_ERRORS);
}

function errorsOfIssue(issue: z.core.$ZodIssue, value: unknown): FieldError[] {
  const { path, message } = issue;
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({
      pointer: pointerTo([...path, key]),
      code: 'unknown_field',
      message: 'There is no such field, or it is read-only.',
    }));
  if (issue.code === 'invalid_type' && valueAt(value, path) === undefined)
    return [{ pointer: pointerTo(path), code: 'missing_field', message: 'Required.' }];
  return [{ pointer: pointerTo(path), code: codeOf(issue), message }];
}

/** A schema may name the code of its own refinement in `params.code`. */
function codeOf(issue: z.core.$ZodIssue): ProblemCode {
  const code: unknown = issue.code === 'custom' ? issue.params?.['code'] : undefined;
  return typeof code === 'string' && Object.hasOwn(PROBLEMS, code) ? (code as ProblemCode) : 'invalid_field';
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown> | null | undefined)?.[key], value);
}

/** RFC 6901. */
function pointerTo(path: readonly PropertyKey[]): string {
  return path.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}
