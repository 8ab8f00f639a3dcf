import { PROBLEMS, type ProblemCode } from '@hookwright/runtime';
import { problemType } from '../problem/problem-document.ts';

type JsonObject = Record<string, unknown>;

/** The parts of an operation that say how it can fail. */
export interface OperationShape {
  readonly security?: readonly Readonly<Record<string, readonly string[]>>[];
  parameters?: { readonly in?: string; readonly name?: string; required?: boolean }[];
  readonly requestBody?: unknown;
  readonly 'x-problems'?: readonly ProblemCode[];
}

export const PROBLEM_SCHEMA: JsonObject = {
  type: 'object',
  description: 'RFC 9457',
  required: ['type', 'title', 'status', 'detail', 'instance', 'code', 'request_id'],
  properties: {
    type: { type: 'string', format: 'uri-reference' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    instance: { type: 'string' },
    code: { type: 'string', enum: Object.keys(PROBLEMS) },
    request_id: { type: 'string' },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        required: ['pointer', 'code', 'message'],
        properties: {
          pointer: { type: 'string', description: 'JSON Pointer (RFC 6901) into the body, or to a query parameter' },
          code: { type: 'string', enum: Object.keys(PROBLEMS) },
          message: { type: 'string' },
        },
      },
    },
  },
};

/** Every way in which an operation can fail, by status. */
export function problemResponses(operation: OperationShape): Record<string, JsonObject> {
  const codes = new Set([...generalCodes(operation), ...(operation['x-problems'] ?? [])]);
  const byStatus = Map.groupBy(codes, (code) => PROBLEMS[code].status);
  return Object.fromEntries([...byStatus].map(([status, ofStatus]) => [String(status), problemResponse(ofStatus)]));
}

function generalCodes({ security = [], parameters = [], requestBody }: OperationShape): ProblemCode[] {
  const has = (place: string): boolean => parameters.some((parameter) => parameter.in === place);
  return [
    'invalid_request',
    'rate_limited',
    'headers_too_large',
    'internal_error',
    'service_unavailable',
    ...when(security.length > 0, ['unauthenticated']),
    ...when(
      security.some((requirement) => Object.values(requirement).flat().length > 0),
      ['insufficient_scope'],
    ),
    ...when(
      parameters.some(({ name }) => name === 'Idempotency-Key'),
      ['idempotency_in_progress', 'idempotency_key_reused'],
    ),
    ...when(has('path'), ['not_found', 'uri_too_long']),
    ...when(has('query'), ['invalid_cursor', 'validation_failed', 'invalid_field', 'unknown_field']),
    ...when(requestBody !== undefined, ['invalid_json', 'nesting_too_deep', 'body_too_large', 'unsupported_media_type']),
    ...when(requestBody !== undefined, ['validation_failed', 'invalid_field', 'missing_field', 'unknown_field']),
  ];
}

function when(condition: boolean, codes: ProblemCode[]): ProblemCode[] {
  return condition ? codes : [];
}

function problemResponse(codes: readonly ProblemCode[]): JsonObject {
  const [first] = codes;
  const retry = codes.includes('rate_limited') || codes.includes('service_unavailable');
  return {
    description: codes.map((code) => `\`${code}\`: ${PROBLEMS[code].title}`).join('. '),
    ...(retry && { headers: { 'Retry-After': { description: 'seconds', schema: { type: 'integer' } } } }),
    content: {
      'application/problem+json': {
        schema: { $ref: '#/components/schemas/Problem' },
        ...(first !== undefined && { example: example(first) }),
      },
    },
  };
}

function example(code: ProblemCode): JsonObject {
  const { status, title } = PROBLEMS[code];
  const document = {
    type: problemType(code),
    title,
    status,
    detail: `${title}.`,
    instance: '/v1/apps',
    code,
    request_id: 'req_06f1kq3zv8r0c2t4y6b8d0e1g3',
  };
  return status === 422 ? { ...document, errors: [{ pointer: '/name', code, message: title }] } : document;
}
