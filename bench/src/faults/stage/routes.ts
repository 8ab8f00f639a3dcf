import { ask, type Question } from './ask.ts';

/** A route of the API that wants a credential, as the OpenAPI document has it. */
export interface Route {
  readonly method: NonNullable<Question['method']>;
  /** With `{app_id}` and the like. */
  readonly path: string;
  readonly access: 'partner' | 'installation' | 'operator';
}

interface Operation {
  readonly security?: readonly Readonly<Record<string, unknown>>[];
}

/** Every route of the document under /v1 that wants a credential. The OAuth endpoints authenticate clients, in ways of their own (row S6). */
export async function readRoutes(apiUrl: string): Promise<readonly Route[]> {
  const { body } = await ask(apiUrl, { path: '/v1/openapi.json' });
  const paths = body['paths'] as Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  const routes = Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).flatMap(([method, { security = [] }]): Route[] =>
      security.length === 0 || !path.startsWith('/v1/')
        ? []
        : [{ method: method.toUpperCase() as Route['method'], path, access: accessOf(security) }],
    ),
  );
  if (routes.length === 0) throw new Error('the OpenAPI document has no routes');
  return routes;
}

/** Ids in place of the names; one that is not given rejects nothing but is no id of anybody. */
export function filled(path: string, ids: Readonly<Record<string, string>>): string {
  return path.replace(/\{(\w+)\}/g, (_whole, name: string) => ids[name] ?? 'nobodys');
}

/** A body that the route takes, as far as it looks at one before it looks for the id. */
export function bodyOf({ method, path }: Route): unknown {
  if (method === 'PATCH') return { name: 'Another name' };
  if (method === 'POST' && path.endsWith('/keys')) return { mode: 'live' };
  return method === 'POST' ? {} : undefined;
}

function accessOf(security: NonNullable<Operation['security']>): Route['access'] {
  const names = security.flatMap((each) => Object.keys(each));
  if (names.includes('operatorToken')) return 'operator';
  return names.includes('installationToken') ? 'installation' : 'partner';
}
