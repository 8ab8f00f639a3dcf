import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { convertSchema } from './json-schema.ts';
import { CLIENT_SCHEME, withOAuth } from './oauth-paths.ts';
import { type OperationShape, PROBLEM_SCHEMA, problemResponses } from './problem-responses.ts';
import { WEBHOOKS, WEBHOOK_EVENT_SCHEMA } from './webhooks.ts';

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;

// The runtime's own controllers, which know nothing of OpenAPI.
const PLAIN: Readonly<Record<string, { summary: string; type: string }>> = {
  '/health/live': { summary: 'The process works', type: 'application/json' },
  '/health/ready': { summary: 'The process has what it needs', type: 'application/json' },
  '/metrics': { summary: 'Prometheus metrics', type: 'text/plain' },
};

const IDEMPOTENCY_KEY = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description: 'The same key and body within 24 h: the first answer again',
  schema: { type: 'string', minLength: 1, maxLength: 255 },
};

type Operation = OperationShape & {
  operationId?: string;
  summary?: string;
  tags?: string[];
  responses: Record<string, object>;
  requestBody?: { required?: boolean; content: Record<string, { schema?: { $ref?: string } }> };
};

/** The OpenAPI 3.1 document of every route, made from the controllers and their zod schemas. */
export function openApiDocument(app: INestApplication): OpenAPIObject {
  const document = SwaggerModule.createDocument(app, description(), { standardSchemaConverter: convertSchema });
  for (const [path, item] of Object.entries(document.paths)) {
    for (const method of METHODS) {
      const operation = item[method] as Operation | undefined;
      if (operation !== undefined) finish(operation, { path, method });
    }
  }
  relaxBodies(document);
  const schemas = { ...document.components?.schemas, Problem: PROBLEM_SCHEMA, WebhookEvent: WEBHOOK_EVENT_SCHEMA };
  return { ...withOAuth(document), webhooks: WEBHOOKS, components: { ...document.components, schemas } } as unknown as OpenAPIObject;
}

/** The groups of routes, in the order in which a partner needs them. */
const TAGS = {
  Apps: 'One resource for an app and its one endpoint',
  Endpoint: 'Signing secrets, pause and resume',
  Installations: "Merchants' grants to an app",
  Merchant: 'What a merchant has installed, for pages of the platform that he is logged in at',
  OAuth: 'Tokens for merchants who installed an app, and for the app itself',
  Deliveries: 'What was sent, when, and how it was answered',
  Catalogue: 'Event types and this document',
  Operator: 'For the platform that runs Hookwright',
  Health: 'For probes and Prometheus',
};

function description(): Omit<OpenAPIObject, 'paths'> {
  const builder = new DocumentBuilder();
  for (const [name, text] of Object.entries(TAGS)) builder.addTag(name, text);
  return builder
    .setOpenAPIVersion('3.1.0')
    .setTitle('Hookwright')
    .setDescription('Webhooks for installable apps: one endpoint per app, signed, retried, replayable.')
    .setVersion('1')
    .setLicense('Apache-2.0', 'https://www.apache.org/licenses/LICENSE-2.0')
    .addServer('/')
    .addSecurity('apiKey', { type: 'http', scheme: 'bearer', bearerFormat: 'hw_live_… or hw_test_…', description: 'API key of a partner' })
    .addSecurity('appToken', { type: 'http', scheme: 'bearer', description: 'Access token of the client_credentials grant: for one app' })
    .addSecurity('installationToken', { type: 'http', scheme: 'bearer', description: 'Access token that a merchant’s consent led to' })
    .addSecurity('merchantSession', {
      type: 'apiKey',
      in: 'cookie',
      name: '__Host-hw_merchant',
      description:
        'Cookie of a merchant’s login; where PUBLIC_URL is http: hw_merchant. What changes something must be sent by a page of PUBLIC_URL',
    })
    .addSecurity(CLIENT_SCHEME, { type: 'http', scheme: 'basic', description: "An app's client id and client secret" })
    .addSecurity('operatorToken', { type: 'http', scheme: 'bearer', description: 'The token of the platform that runs Hookwright' })
    .build();
}

function finish(operation: Operation, { path, method }: { path: string; method: string }): void {
  const plain = PLAIN[path];
  if (plain !== undefined) {
    Object.assign(operation, { operationId: path.slice(1).replace('/', '_'), summary: plain.summary, tags: ['Health'] });
    operation.responses = { '200': { description: 'Yes', content: { [plain.type]: { schema: {} } } }, '503': { description: 'No' } };
    return;
  }
  if (method === 'patch') allowMergePatch(operation);
  if (method === 'post') operation.parameters = [...(operation.parameters ?? []), IDEMPOTENCY_KEY];
  for (const parameter of operation.parameters ?? []) if (parameter.in === 'header') parameter.required = false;
  operation.responses = { ...problemResponses(operation), ...operation.responses };
}

/** A body whose schema has a default may be left out. */
function relaxBodies({ paths, components }: OpenAPIObject): void {
  for (const { post } of Object.values(paths)) {
    const body = post?.requestBody as Operation['requestBody'];
    const name = body?.content['application/json']?.schema?.$ref?.replace('#/components/schemas/', '') ?? '';
    if (body !== undefined && Object.hasOwn(components?.schemas?.[name] ?? {}, 'default')) body.required = false;
  }
}

function allowMergePatch({ requestBody }: Operation): void {
  const json = requestBody?.content['application/json'];
  if (requestBody !== undefined && json !== undefined) requestBody.content['application/merge-patch+json'] = json;
}
