import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PROBLEMS } from '@hookwright/runtime';
import { type Gateway, call, startGateway } from '../spec/gateway.ts';
import { RouteTable } from '../problem/route-table.ts';

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly security?: Record<string, string[]>[];
  readonly parameters?: { name: string; in: string; required: boolean }[];
  readonly requestBody?: { required: boolean; content: Record<string, { schema: { $ref: string } }> };
  readonly responses: Record<string, { description: string; content?: Record<string, unknown> }>;
}

interface Document {
  readonly openapi: string;
  readonly paths: Record<string, Record<string, Operation>>;
  readonly webhooks: Record<string, { post: { requestBody: unknown } }>;
  readonly components: {
    schemas: Record<string, { example?: unknown; examples?: unknown[]; required?: string[] }>;
    securitySchemes: Record<string, unknown>;
  };
}

let gateway: Gateway;
let document: Document;
let operations: [string, Operation][];

beforeAll(async () => {
  // Documents need no store.
  gateway = await startGateway({ databaseUrl: 'postgresql://nobody@127.0.0.1:1/none', redisUrl: 'redis://127.0.0.1:1' });
  document = (await call(gateway, 'GET /v1/openapi.json')).body as unknown as Document;
  operations = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]): [string, Operation] => [`${method.toUpperCase()} ${path}`, operation]),
  );
});

afterAll(() => gateway.stop());

describe('the OpenAPI document', () => {
  it('is one of version 3.1 and knows what an endpoint receives', () => {
    expect(document.openapi).toMatch(/^3\.1\./);
    expect(document.webhooks['event.delivered']?.post.requestBody).toBeDefined();
  });

  it('has every route of the gateway, and no other', () => {
    const isPage = (name: string): boolean =>
      / \/(docs($|\/(?!errors))|oauth\/(authorize\/|interaction|login|pages)|merchant($|\/))/.test(name);
    const routes = [...gateway.app.get(RouteTable).names].filter((name) => !name.startsWith('HEAD ') && !isPage(name));
    const documented = operations.map(([name]) => name.replace(/\{(\w+)\}/g, ':$1'));
    expect(documented.toSorted()).toEqual(routes.toSorted());
  });

  it('has references that lead somewhere', () => {
    const names = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, target]) => target!);
    expect(names.length).toBeGreaterThan(50);
    for (const name of new Set(names)) {
      const [, ...steps] = name.split('/');
      const target = steps.reduce<unknown>((at, step) => (at as Record<string, unknown> | undefined)?.[step], document);
      expect({ name, found: target !== undefined }).toEqual({ name, found: true });
    }
  });

  it('names each operation once, with a summary and its path parameters', () => {
    const ids = operations.map(([, { operationId }]) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [name, { summary, parameters = [] }] of operations) {
      expect({ name, summary }).toEqual({ name, summary: expect.stringMatching(/./) });
      const inPath = [...name.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => parameter);
      expect(parameters.filter((parameter) => parameter.in === 'path').map((parameter) => parameter.name)).toEqual(inPath);
      expect(parameters.filter((parameter) => parameter.in === 'header' && parameter.required)).toEqual([]);
    }
  });

  it('says of every operation of the API who may call it and how it fails, always as problem+json', () => {
    for (const [name, operation] of operations.filter(([path]) => path.includes(' /v1/'))) {
      const isPublic = ['GET /v1/openapi.json', 'GET /v1/.well-known/webhook-keys'].includes(name);
      expect({ name, secured: operation.security !== undefined }).toEqual({ name, secured: !isPublic });
      const failures = Object.entries(operation.responses).filter(([status]) => Number(status) >= 400);
      expect(failures.map(([status]) => Number(status))).toEqual(expect.arrayContaining([429, 500, 503, ...(isPublic ? [] : [401])]));
      for (const [, { content }] of failures) expect(Object.keys(content ?? {})).toEqual(['application/problem+json']);
      expect(Object.keys(operation.responses).some((status) => status.startsWith('2'))).toBe(true);
      if (operation.requestBody !== undefined)
        expect(Object.keys(operation.responses)).toEqual(expect.arrayContaining(['400', '413', '415', '422']));
    }
  });

  it('knows which bodies may be left out, and both types of a patch', () => {
    const bodyOf = (path: string, method: string) => document.paths[path]?.[method]?.requestBody;
    expect(bodyOf('/v1/apps/{app_id}/rotate-secret', 'post')?.required).toBe(false);
    expect(bodyOf('/v1/apps', 'post')?.required).toBe(true);
    expect(Object.keys(bodyOf('/v1/apps/{app_id}', 'patch')?.content ?? {})).toEqual(['application/json', 'application/merge-patch+json']);
  });

  it('describes what is sent and what is answered apart', () => {
    expect(document.components.schemas['PermissionInput']?.required).toEqual(['id', 'title', 'scopes']);
    expect(document.components.schemas['Permission']?.required).toEqual(['id', 'title', 'scopes', 'optional']);
    expect(document.components.schemas['App']).not.toHaveProperty('additionalProperties');
    expect(document.components.schemas['AppInput']).toHaveProperty('additionalProperties', false);
  });
});

describe('the readable pages', () => {
  it('come without anything from the network', async () => {
    const page = await call(gateway, 'GET /docs');
    expect(page.status).toBe(200);
    expect(page.headers.get('content-security-policy')).toContain("script-src 'self'");
    const text = String(page.body['text']);
    expect(text).not.toMatch(/(src|href)="(https?:)?\/\//);
    for (const [, file] of text.matchAll(/(?:src|href)="\.\/([^"]+)"/g)) {
      expect({ file, status: (await call(gateway, `GET /${file!}`)).status }).toEqual({ file, status: 200 });
    }
  });

  it('explain every error code where the type of a problem leads', async () => {
    const { body } = await call(gateway, 'GET /docs/errors');
    for (const code of Object.keys(PROBLEMS)) expect(body['text']).toContain(`id="${code}"`);
  });
});
