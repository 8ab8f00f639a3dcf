import type { OpenAPIObject } from '@nestjs/swagger';

type JsonObject = Record<string, unknown>;

/** What authenticates an app at the token endpoint; not a credential of the API. */
export const CLIENT_SCHEME = 'client';

const text = { type: 'string' };
const ERROR: JsonObject = {
  type: 'object',
  description: 'RFC 6749, 5.2: not a problem document',
  required: ['error'],
  properties: { error: { type: 'string', examples: ['invalid_grant'] }, error_description: text },
};

const TOKEN_ANSWER: JsonObject = {
  type: 'object',
  required: ['access_token', 'token_type', 'expires_in'],
  properties: {
    access_token: text,
    token_type: { const: 'Bearer' },
    expires_in: { type: 'integer', description: 'seconds' },
    scope: text,
    refresh_token: { ...text, description: 'each is used once; with one that was used before, all tokens of the consent end' },
    merchant_id: { ...text, description: 'who agreed; not with client_credentials' },
    installation_id: text,
  },
};

const INTROSPECTION_ANSWER: JsonObject = {
  type: 'object',
  required: ['active'],
  properties: {
    active: { type: 'boolean' },
    client_id: text,
    scope: text,
    aud: text,
    iss: text,
    iat: { type: 'integer' },
    exp: { type: 'integer' },
    sub: { ...text, description: 'the merchant' },
    app_id: text,
    partner_id: text,
    mode: { enum: ['live', 'test'] },
    merchant_id: text,
    installation_id: text,
  },
};

const CREDENTIALS = {
  client_id: text,
  client_secret: { ...text, description: 'here or in the Authorization header (Basic), when the app has no keys' },
  client_assertion: { ...text, description: 'a JWT (RFC 7523) signed with a key of the app, when it has keys' },
  client_assertion_type: { const: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer' },
};

const TOKEN_FORM = {
  type: 'object',
  required: ['grant_type'],
  properties: {
    grant_type: { enum: ['authorization_code', 'refresh_token', 'client_credentials'] },
    code: text,
    redirect_uri: { ...text, description: 'the same as in the authorization request' },
    code_verifier: text,
    refresh_token: text,
    scope: { ...text, description: 'fewer scopes than could be had' },
    ...CREDENTIALS,
  },
};
const LOOK_UP_FORM = {
  type: 'object',
  required: ['token'],
  properties: { token: text, token_type_hint: { enum: ['access_token', 'refresh_token'] }, ...CREDENTIALS },
};

interface Endpoint {
  readonly id: string;
  readonly summary: string;
  readonly description?: string;
  readonly form: JsonObject;
  readonly answer: JsonObject | undefined;
}

/** The OAuth endpoints, which oidc-provider answers: Nest knows nothing of them. */
export const OAUTH_PATHS = {
  '/.well-known/oauth-authorization-server': {
    get: {
      operationId: 'getAuthorizationServerMetadata',
      summary: 'Authorization server metadata (RFC 8414)',
      tags: ['OAuth'],
      responses: { '200': { description: 'Done', content: { 'application/json': { schema: { type: 'object' } } } } },
    },
  },
  '/oauth/authorize': {
    get: {
      operationId: 'authorize',
      summary: 'Send a merchant here to install the app',
      description:
        'Shows the consent page. Then, or when something is wrong, the browser goes to `redirect_uri` with `code` or `error`, `state` and `iss`; ' +
        'with a `redirect_uri` that is not the app’s it is told so here.',
      tags: ['OAuth'],
      parameters: [
        query('client_id', text),
        query('redirect_uri', { ...text, description: 'letter by letter one of the app’s' }),
        query('response_type', { const: 'code' }),
        query('state', { ...text, description: 'comes back as it is; compare it with what this browser was given' }),
        query('code_challenge', { ...text, description: 'SHA-256 of the code verifier (RFC 7636), base64url' }),
        query('code_challenge_method', { const: 'S256' }),
        { ...query('scope', { ...text, description: 'fewer scopes for the tokens than the permissions ask for' }), required: false },
        { ...query('prompt', { enum: ['login', 'consent', 'none'] }), required: false },
      ],
      responses: {
        '303': { description: 'To the consent page, or back to the app with an error' },
        '400': { description: 'A page that says what is wrong' },
        '503': { description: 'A page: try again in a moment' },
      },
    },
  },
  '/oauth/token': post({
    id: 'createToken',
    summary: 'Get tokens: for a code, for a refresh token, or for the app itself',
    description: 'Tokens of `client_credentials` open this API for the one app that asked. Access tokens live for an hour.',
    form: TOKEN_FORM,
    answer: TOKEN_ANSWER,
  }),
  '/oauth/revoke': post({
    id: 'revokeToken',
    summary: 'End a token (RFC 7009), and with it all tokens of the same consent',
    description: 'The installation goes on. A token that is not known, or not of this app, is no error.',
    form: LOOK_UP_FORM,
    answer: undefined,
  }),
  '/oauth/introspect': post({
    id: 'introspectToken',
    summary: "What a token is good for (RFC 7662); an app's own, or any for the platform",
    form: LOOK_UP_FORM,
    answer: INTROSPECTION_ANSWER,
  }),
};

function query(name: string, schema: JsonObject): JsonObject {
  return { name, in: 'query', required: true, schema };
}

function post({ id, summary, description, form, answer }: Endpoint): JsonObject {
  const failed = (what: string): JsonObject => ({ description: what, content: { 'application/json': { schema: ERROR } } });
  return {
    post: {
      operationId: id,
      summary,
      ...(description !== undefined && { description }),
      tags: ['OAuth'],
      security: [{ [CLIENT_SCHEME]: [] }],
      requestBody: { required: true, content: { 'application/x-www-form-urlencoded': { schema: form } } },
      responses: {
        '200': { description: 'Done', ...(answer !== undefined && { content: { 'application/json': { schema: answer } } }) },
        '400': failed('Refused; `error` says why'),
        '401': failed('`invalid_client`'),
        '429': failed('`invalid_client`: too many wrong secrets; `Retry-After` says when to come again'),
        '503': failed('`temporarily_unavailable`'),
      },
    },
  };
}

/** The document with the OAuth endpoints. */
export function withOAuth(document: OpenAPIObject): OpenAPIObject {
  return { ...document, paths: { ...document.paths, ...OAUTH_PATHS } as unknown as OpenAPIObject['paths'] };
}
