import { describe, expect, it } from '@jest/globals';
import { RouteTable } from './route-table.ts';

const routes = new RouteTable();
routes.add({ method: 'GET', url: '/v1/apps' });
routes.add({ method: 'POST', url: '/v1/apps' });
routes.add({ method: ['GET', 'PATCH'], url: '/v1/apps/:app_id' });
routes.add({ method: 'GET', url: '/docs/*' });

describe('the methods of a path', () => {
  it.each([
    ['/v1/apps', ['GET', 'POST']],
    ['/v1/apps/app_1', ['GET', 'PATCH']],
    ['/v1/apps/', []],
    ['/v1/apps/app_1/more', []],
    ['/v1xapps', []],
    ['/docs/*', ['GET']],
  ])('%s: %j', (path, methods) => {
    expect(routes.methodsOf(path)).toEqual(methods);
  });
});
