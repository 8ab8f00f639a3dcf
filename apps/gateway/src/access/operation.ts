import { HttpCode, applyDecorators } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiExtension, ApiOperation, ApiResponse, ApiSecurity } from '@nestjs/swagger';
import type { z } from 'zod';
import { PROBLEMS, type ProblemCode } from '@hookwright/runtime';
import type { Access } from './caller.ts';

/** Where an operation's problem codes wait for the document to be finished. */
export const PROBLEMS_EXTENSION = 'x-problems';

export interface Operation {
  /** Who may call it: enforced by the door, and documented. */
  readonly access: Access;
  /** In the document, and the method's name in generated clients. */
  readonly id: string;
  readonly summary: string;
  readonly description?: string;
  /** The first status is the usual one; null: without a body. */
  readonly answers: Readonly<Record<number, z.ZodType | null>>;
  /** Beyond those that every operation may answer. */
  readonly problems?: readonly ProblemCode[];
}

const DESCRIPTIONS: Readonly<Record<number, string>> = { 200: 'Done', 201: 'Created', 202: 'Accepted; it goes on', 204: 'Done; no body' };

/** A route of the API: who may call it and what it answers, in one place for the door and the OpenAPI document. */
export function Operation({ access, id, summary, description, answers, problems = [] }: Operation): MethodDecorator {
  const statuses = Object.entries(answers).map(([status, schema]) => ({ status: Number(status), schema }));
  return applyDecorators(
    RouteConfig({ access }),
    HttpCode(statuses[0]?.status ?? 200),
    ApiOperation({ operationId: id, summary, ...(description !== undefined && { description }) }),
    ApiExtension(
      PROBLEMS_EXTENSION,
      problems.toSorted((one, other) => PROBLEMS[one].status - PROBLEMS[other].status),
    ),
    ...securityOf(access),
    ...statuses.map(({ status, schema }) =>
      ApiResponse({ status, description: DESCRIPTIONS[status] ?? '', ...(schema !== null && { standardSchema: schema }) }),
    ),
  );
}

/** What of these the caller has, one is enough. */
function securityOf(access: Access): MethodDecorator[] {
  if (access === 'public') return [];
  if (access === 'operator') return [ApiSecurity('operatorToken', [])];
  if (access === 'installation') return [ApiSecurity('installationToken', [])];
  if (access === 'merchant') return [ApiSecurity('merchantSession', [])];
  return [ApiSecurity('apiKey', scopesOf(access)), ApiSecurity('appToken', scopesOf(access))];
}

/** OpenAPI 3.1 allows roles beside any security scheme, not only OAuth's. */
function scopesOf(access: Access): string[] {
  return access === 'partner' ? [] : [access];
}
