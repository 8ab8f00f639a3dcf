import http from 'node:http';
import type { BehaviourTable } from './behaviours/behaviour-table.ts';
import type { Journal } from './journal.ts';

/**
 * What the rows ask of the running process: `GET /journal?path=/hang`, `POST /reset`, `POST /heal?name=hang`, `POST /sicken?name=hang`.
 * A port of its own: whatever the hostile ones do, this one answers.
 */
export function controlServer(journal: Journal, behaviours: BehaviourTable): http.Server {
  return http.createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://control');
    const name = searchParams.get('name') ?? '';
    response.setHeader('content-type', 'application/json');
    switch (pathname) {
      case '/journal':
        response.end(JSON.stringify(journal.page(searchParams.get('path') ?? '')));
        return;
      case '/reset':
        journal.reset();
        break;
      case '/heal':
        behaviours.heal(name);
        break;
      case '/sicken':
        behaviours.sicken(name);
        break;
      default:
        response.statusCode = 404;
    }
    response.end('{}');
  });
}
