import { type KeyObject, randomUUID, sign } from 'node:crypto';
import type { Message, MessageInitShape } from '@bufbuild/protobuf';
import type { AppSchema } from '@hookwright/contracts';
import { notFound } from '@hookwright/runtime';
import { ClientSecrets } from '../client-secrets/client-secrets.ts';
import { type Answered, type Gateway, PUBLIC_URL } from './gateway.ts';
import { app } from './samples.ts';

type Form = Readonly<Record<string, string>> | readonly (readonly [string, string])[];

/** A form as apps and browsers send it. */
export async function postForm(
  { url }: Pick<Gateway, 'url'>,
  path: string,
  form: Form,
  headers: Record<string, string> = {},
): Promise<Answered> {
  const pairs = Array.isArray(form) ? (form as [string, string][]) : Object.entries(form);
  const response = await fetch(new URL(path, url), {
    method: 'POST',
    headers,
    redirect: 'manual',
    body: new URLSearchParams(pairs),
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json') ?? false;
  return { status: response.status, headers: response.headers, body: isJson ? (JSON.parse(text) as Record<string, unknown>) : { text } };
}

export function basic(clientId: string, secret: string): Record<string, string> {
  return { authorization: `Basic ${Buffer.from(`${clientId}:${secret}`).toString('base64')}` };
}

export interface Client {
  readonly appId: string;
  readonly clientId: string;
  readonly secret: string;
}

export type AppInit = Exclude<MessageInitShape<typeof AppSchema>, Message>;

/** Apps that the registry's stand-in knows by their client ids. */
export class KnownClients {
  private readonly apps = new Map<string, AppInit>();

  constructor(private readonly gateway: Gateway) {}

  /** To be called after `expectNothing`. */
  answer(): void {
    this.gateway.registry.handlers.getOAuthClient = ({ clientId }) => {
      const found = this.apps.get(clientId);
      if (found === undefined) throw notFound('client');
      return { app: found, partnerName: 'Ship It Inc.' };
    };
  }

  async add(more: AppInit = {}): Promise<Client> {
    const appId = `app_${randomUUID().replaceAll('-', '')}`;
    const clientId = randomUUID();
    this.apps.set(clientId, { ...app, id: appId, clientId, ...more });
    return { appId, clientId, secret: await this.gateway.app.get(ClientSecrets).create(appId) };
  }

  change(clientId: string, more: AppInit): void {
    this.apps.set(clientId, { ...this.apps.get(clientId), ...more });
  }

  /** As the registry tells it. */
  appOf(appId: string): AppInit | undefined {
    return [...this.apps.values()].find(({ id }) => id === appId);
  }

  /** What an app asks merchants for. */
  permissionsOf(appId: string): { permissions: { id: string; scopes: string[]; optional: boolean }[]; revision: bigint } {
    const app = this.appOf(appId);
    const permissions = (app?.permissions ?? []).map(({ id = '', scopes = [], optional = false }) => ({ id, scopes, optional }));
    return { permissions, revision: app?.permissionRevision ?? 0n };
  }

  delete(clientId: string): void {
    this.apps.delete(clientId);
  }
}

/** A client assertion (RFC 7523, 3) signed with Ed25519; `alg: 'none'` leaves the signature out. */
export function clientAssertion(clientId: string, key: KeyObject, claims: Record<string, unknown> = {}, alg = 'EdDSA'): string {
  const now = Math.floor(Date.now() / 1000);
  const payload = { iss: clientId, sub: clientId, aud: PUBLIC_URL, jti: randomUUID(), iat: now, exp: now + 60, ...claims };
  const text = [{ alg }, payload].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  return `${text}.${alg === 'none' ? '' : sign(null, Buffer.from(text), key).toString('base64url')}`;
}

export function asserting(assertion: string): Record<string, string> {
  return { client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer', client_assertion: assertion };
}
