import { randomUUID } from 'node:crypto';
import { type Api, type ApiResponse, api } from './api.ts';
import type { Receiver } from './receiver.ts';
import { type KnownSecret, liveAt, revoked, rotated } from './secret-timeline.ts';
import { type Expected, Expectations } from './send-rule-expectations.ts';
import { type AppState, type InstallationState, type Mode, SCOPES } from './send-rule-model.ts';
import type { System } from './system.ts';

export interface World {
  readonly system: System;
  readonly receiver: Receiver;
  readonly operator: Api;
  /** The partner's, by mode. */
  readonly keys: Readonly<Record<Mode, string>>;
}

export interface Installed {
  readonly id: string;
  state: InstallationState;
  changedMs: number;
}

/** An app of the real system, and what the model knows of it. */
export interface TestedApp {
  readonly id: string;
  /** Of its endpoint. */
  readonly path: string;
  readonly api: Api;
  readonly expectations: Expectations;
  /** By the merchant's number. */
  readonly installed: Map<number, Installed>;
  state: AppState;
  secrets: KnownSecret[];
  /** When its choice of events, or whether it is paused, changed last. */
  choiceMs: number;
  /** What must arrive and waits for a resume. */
  held: Expected[];
}

// A secret that runs out within it may be gone before a call about it is answered.
const ENDING_MS = 2000;

/** A new app that takes everything. */
export async function createTestedApp({ receiver, system, keys }: World, mode: Mode): Promise<TestedApp> {
  const path = `/${randomUUID()}`;
  const client = api(system.apiUrl, keys[mode]);
  const state: AppState = {
    mode,
    sources: ['partner_app', 'installed_merchants'],
    patterns: ['*'],
    permissions: SCOPES,
    isPaused: false,
  };
  const webhook = { url: receiver.url(path), event_sources: state.sources, enabled_events: state.patterns };
  const body = succeeded(await client.post('/v1/apps', { name: `App of ${mode}`, permissions: SCOPES.map(permissionOf), webhook }));
  const { secret, signing } = body['webhook'] as { secret: string; signing: { secrets: { id: string }[] } };
  const now = Date.now();
  const secrets = [{ id: String(signing.secrets[0]?.id), text: secret, sinceMs: now }];
  const expectations = new Expectations(receiver, path);
  return { id: String(body['id']), path, api: client, expectations, installed: new Map(), state, secrets, choiceMs: now, held: [] };
}

/** Rotates, also inside an open overlap. */
export async function rotateSecret(app: TestedApp, overlapSeconds: number): Promise<void> {
  const body = succeeded(await app.api.post(`/v1/apps/${app.id}/rotate-secret`, { overlap_seconds: overlapSeconds, force: true }));
  const secret = { id: String(body['secret_id']), text: String(body['secret']) };
  const previousEndsMs = Date.parse(String(body['previous_secret_expires_at']));
  app.secrets = rotated(app.secrets, { ...secret, previousEndsMs, atMs: Date.now() });
}

/** Ends the older one of two that are live. */
export async function endOlderSecret(app: TestedApp): Promise<void> {
  const [older, ...others] = liveAt(app.secrets, Date.now());
  if (older === undefined || others.length === 0 || (older.endsMs ?? Infinity) < Date.now() + ENDING_MS) return;
  succeeded(await app.api.post(`/v1/apps/${app.id}/webhook/secrets/${older.id}/revoke`));
  app.secrets = revoked(app.secrets, older.id, Date.now());
}

/** Each scope is a required permission of its own. */
export function permissionOf(scope: string): object {
  return { id: scope.replace('.', '_'), title: `Use ${scope}`, scopes: [scope], optional: false };
}

/** The body; throws what came instead of a success. */
export function succeeded({ status, body }: ApiResponse): Record<string, unknown> {
  if (status >= 300) throw new Error(`${status}: ${JSON.stringify(body)}`);
  return body;
}
