import type { RouteOptions } from 'fastify';

interface Route {
  readonly path: RegExp;
  readonly methods: readonly string[];
}

/** Every route the gateway has, to tell a wrong path (404) from a wrong method (405). */
export class RouteTable {
  /** As Fastify has them: `GET /v1/apps/:app_id`. */
  readonly names = new Set<string>();
  private readonly routes: Route[] = [];

  add({ url, method }: Pick<RouteOptions, 'url' | 'method'>): void {
    const pattern = url.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/:\w+/g, '[^/]+');
    for (const name of [method].flat()) this.names.add(`${name} ${url}`);
    this.routes.push({ path: new RegExp(`^${pattern}$`), methods: [method].flat() });
  }

  /** The methods that a path has; none: there is no such path. */
  methodsOf(path: string): readonly string[] {
    const matching = this.routes.filter((route) => route.path.test(path));
    return [...new Set(matching.flatMap((route) => route.methods))].sort();
  }
}
