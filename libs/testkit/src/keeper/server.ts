import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DATABASE_OWNERS } from '@hookwright/local';
import type { Keeper } from './keeper.ts';
import { STORE_KINDS } from './store-factory.ts';

/**
 * The keeper's API for the test workers, on 127.0.0.1:
 * GET /stores?kinds=kafka,redis · POST /own-stores · DELETE /own-stores/<id> · POST /databases/<owner> · DELETE /databases/<name>
 * · POST /service-databases?server=<url> · POST /directories
 */
export async function serveKeeper(keeper: Keeper): Promise<{ readonly url: string; close(): void }> {
  const server = createServer((request, response) => {
    // A connection that was idle for a while may close just as its worker asks again.
    response.setHeader('connection', 'close');
    answer(keeper, request).then(
      (body) => response.end(JSON.stringify(body)),
      (error: unknown) => {
        response.statusCode = 500;
        response.end(error instanceof Error ? error.message : String(error));
      },
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, close: () => server.close() };
}

async function answer(keeper: Keeper, request: IncomingMessage): Promise<unknown> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://keeper');
  const [resource, id = ''] = pathname.slice(1).split('/');
  switch (`${request.method ?? ''} ${resource ?? ''}`) {
    case 'GET stores': {
      const wanted = (searchParams.get('kinds') ?? '').split(',');
      return await keeper.stores(STORE_KINDS.filter((kind) => wanted.includes(kind)));
    }
    case 'POST own-stores':
      return await keeper.ownStores();
    case 'DELETE own-stores':
      await keeper.stopOwn(id);
      return undefined;
    case 'POST databases': {
      const owner = DATABASE_OWNERS.find((candidate) => candidate === id);
      if (owner === undefined) throw new Error(`no service called ${id} owns a database`);
      return await keeper.createDatabase(owner);
    }
    case 'DELETE databases':
      await keeper.dropDatabase(id);
      return undefined;
    case 'POST service-databases':
      await keeper.createServiceDatabases(searchParams.get('server') ?? '');
      return undefined;
    case 'POST directories':
      return keeper.createDirectory();
    default:
      throw new Error(`the keeper knows no ${request.method ?? ''} ${pathname}`);
  }
}
