import { ask, type Question } from './ask.ts';

/** Whose credential a route wants; an installation's is an access token, a merchant's the cookie of his login, a client's that of OAuth. */
export type Access = 'partner' | 'installation' | 'merchant' | 'operator' | 'client' | 'public';

/** A route of the gateway as the OpenAPI document has it. */
export interface Route {
  readonly method: NonNullable<Question['method']>;
  /** With `{app_id}` and the like. */
  readonly path: string;
  readonly access: Access;
}

interface Operation {
  readonly security?: readonly Readonly<Record<string, unknown>>[];
}

/** By security scheme. One that is not here is a route that no row knows how to try. */
const ACCESS: Readonly<Record<string, Access>> = {
  apiKey: 'partner',
  appToken: 'partner',
  installationToken: 'installation',
  merchantSession: 'merchant',
  operatorToken: 'operator',
  client: 'client',
};

/** Every route of the document, none left out. (That the document has every route of the gateway is held by openapi.spec.ts.) */
export async function readRoutes(apiUrl: string): Promise<readonly Route[]> {
  const { body } = await ask(apiUrl, { path: '/v1/openapi.json' });
  const paths = body['paths'] as Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  const routes = Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, { security = [] }]): Route => {
      return { method: method.toUpperCase() as Route['method'], path, access: accessOf(security) };
    }),
  );
  if (routes.length === 0) throw new Error('the OpenAPI document has no routes');
  return routes;
}

/** `GET /v1/apps/{app_id}`. */
export function nameOf({ method, path }: Route): string {
  return `${method} ${path}`;
}

/** The names of the ids in a route's path. */
export function idNamesOf({ path }: Route): readonly string[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
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

function accessOf(security: NonNullable<Operation['security']>): Access {
  const [name] = security.flatMap((each) => Object.keys(each));
  if (name === undefined) return 'public';
  const access = ACCESS[name];
  if (access === undefined) throw new Error(`routes want a credential of a kind that no row has: ${name}`);
  return access;
}
