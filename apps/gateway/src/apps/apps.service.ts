import { Inject, Injectable } from '@nestjs/common';
import { type App, type CreateSecretResponse, Scheme, type SecretInfo, newId } from '@hookwright/contracts';
import { LOGGER, type Logger, Problem, withBudget } from '@hookwright/runtime';
import type { Tenant } from '../access/caller.ts';
import { Backends, RESOLVING_TIMEOUT_MS } from '../backends/backends.ts';
import { ClientSecrets } from '../client-secrets/client-secrets.ts';
import { DEFAULT_OVERLAP_SECONDS } from '../endpoints/endpoint.schema.ts';
import { AppLock } from '../erasures/app-lock.ts';
import { Erasures } from '../erasures/erasures.ts';
import { Answer } from '../http/answer.ts';
import { enumValue } from '../validation/enum-text.ts';
import type { List } from '../validation/page.ts';
import { toAppInput, toAppResponse, toShown } from './app.mapping.ts';
import type { AppBody, AppInputBody, AppPatchBody, NewAppBody } from './app.schema.ts';
import { AppsReader, type PageQuery, present } from './apps.reader.ts';
import { etagOf, ifMatchRevision } from './etag.ts';

interface Patch {
  readonly tenant: Tenant;
  readonly appId: string;
  readonly body: AppPatchBody;
  readonly ifRevision?: bigint;
}

/** What may be left of a change that was answered with a failure: an app nobody was told of, a secret without an endpoint. */
interface Unused {
  readonly tenant: Tenant;
  readonly appId: string;
  readonly reason: 'creation_failed' | 'endpoint_removed';
}

/** As the vault answers to whoever makes one. */
type NewSecret = Pick<CreateSecretResponse, 'info' | 'secret'>;

// The registry resolves the endpoint's host name before it answers.
const RESOLVING = { timeoutMs: RESOLVING_TIMEOUT_MS };
const DESCRIBING_MS = 1000;

@Injectable()
export class AppsService {
  constructor(
    private readonly backends: Backends,
    private readonly reader: AppsReader,
    private readonly erasures: Erasures,
    private readonly lock: AppLock,
    private readonly clientSecrets: ClientSecrets,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  async list(tenant: Tenant, page: PageQuery): Promise<List<AppBody>> {
    return await this.reader.list(tenant, page);
  }

  async get(tenant: Tenant, appId: string): Promise<Answer<AppBody>> {
    const app = await this.reader.find(tenant, appId);
    return withEtag(app, await this.reader.describe(app));
  }

  /** The secrets come first: an app with an endpoint and without a secret could not be sent anything. */
  async create(tenant: Tenant, body: AppInputBody): Promise<Answer<NewAppBody>> {
    if (tenant.appId !== undefined) throw new Problem('insufficient_scope', 'A token of an app makes no other apps.');
    const appId = newId('app');
    const request = { tenant, appId, app: toAppInput(body) };
    const hasEndpoint = body.webhook !== undefined && body.webhook !== null;
    try {
      const clientSecret = await this.clientSecrets.create(appId);
      const scheme = schemeOf(body) ?? Scheme.V1;
      const secret = hasEndpoint ? await this.backends.vault.createSecret({ appId, scheme }) : undefined;
      const app = present((await this.backends.registry.createApp(request, hasEndpoint ? RESOLVING : {})).app);
      const created = secret === undefined ? toAppResponse(app, []) : withSecret(app, secret, []);
      return withEtag(app, { ...created, client_secret: clientSecret });
    } catch (error) {
      await this.undo(error, { tenant, appId, reason: 'creation_failed' });
      throw error;
    }
  }

  /** A JSON Merge Patch. Giving an app its first endpoint, removing it, and choosing its signing scheme change the vault too. */
  async update(tenant: Tenant, appId: string, body: AppPatchBody, ifMatch?: string): Promise<Answer<NewAppBody>> {
    const ifRevision = ifMatchRevision(ifMatch);
    const patch: Patch = { tenant, appId, body, ...(ifRevision !== undefined && { ifRevision }) };
    if (body.webhook === undefined) return await this.patch(patch);
    const { webhook } = await this.reader.find(tenant, appId);
    if (body.webhook === null)
      return webhook === undefined ? await this.patch(patch) : await this.lock.hold(appId, () => this.removeEndpoint(patch));
    if (webhook === undefined) return await this.lock.hold(appId, () => this.addEndpoint(patch));
    return schemeOf(body) === undefined ? await this.patch(patch) : await this.lock.hold(appId, () => this.patchEndpoint(patch));
  }

  /** The registry first: what it has deleted is sent nothing more. */
  async delete(tenant: Tenant, appId: string, ifMatch?: string): Promise<void> {
    const revision = ifMatchRevision(ifMatch);
    await this.lock.hold(appId, async () => {
      const app = await this.reader.find(tenant, appId);
      if (revision !== undefined && revision !== app.revision) throw new Problem('precondition_failed', 'The app was changed since.');
      await this.erasures.plan(tenant, appId, 'app_deleted');
      await this.backends.registry.deleteApp({ tenant, appId });
      await this.erasures.finish(appId, 'app_deleted');
    });
  }

  private async patch(patch: Patch): Promise<Answer<AppBody>> {
    const patched = await this.updateApp(patch);
    // The change is made, however long it took: its answer has time of its own.
    return withEtag(patched, await withBudget(performance.now() + DESCRIBING_MS, () => this.reader.describe(patched)));
  }

  private async updateApp({ tenant, appId, body, ifRevision }: Patch): Promise<App> {
    const request = { tenant, appId, app: toAppInput(body), ...(ifRevision !== undefined && { ifRevision }) };
    return present((await this.backends.registry.updateApp(request, RESOLVING)).app);
  }

  /** Of an endpoint that is there, perhaps with another signing scheme: a rotation, for which an open overlap leaves no room. */
  private async patchEndpoint(patch: Patch): Promise<Answer<NewAppBody>> {
    const { appId, body } = patch;
    const { secrets } = await this.backends.vault.listSecrets({ appIds: [appId] });
    const [current, ...replaced] = secrets;
    const scheme = schemeOf(body);
    if (scheme === undefined || current === undefined || current.scheme === scheme) return await this.patch(patch);
    // Said before anything is changed; the vault would say it afterwards.
    if (replaced.length > 0) throw rotationInProgress();
    const app = await this.updateApp(patch);
    const rotation = { appId, scheme, overlapSeconds: DEFAULT_OVERLAP_SECONDS, reason: 'another signing scheme' };
    // A secret that is shown once must not be lost for want of time to describe it: nothing more is asked after this.
    const rotated = await withBudget(performance.now() + DESCRIBING_MS, () => this.backends.vault.rotateSecret(rotation));
    return withEtag(app, withSecret(app, rotated, [{ ...current, expiresAtMs: rotated.previousSecretExpiresAtMs }]));
  }

  private async addEndpoint(patch: Patch): Promise<Answer<NewAppBody>> {
    const { tenant, appId, body } = patch;
    const { webhook } = await this.reader.find(tenant, appId);
    if (webhook !== undefined) return await this.patchEndpoint(patch);
    await this.erasures.settleBefore(appId);
    const secret = await this.backends.vault.createSecret({ appId, scheme: schemeOf(body) ?? Scheme.V1 });
    try {
      const patched = await this.updateApp(patch);
      return withEtag(patched, withSecret(patched, secret, []));
    } catch (error) {
      await this.undo(error, { tenant, appId, reason: 'endpoint_removed' });
      throw error;
    }
  }

  private async removeEndpoint(patch: Patch): Promise<Answer<AppBody>> {
    await this.erasures.plan(patch.tenant, patch.appId, 'endpoint_removed');
    const answer = await this.patch(patch);
    await this.erasures.finish(patch.appId, 'endpoint_removed');
    return answer;
  }

  /** After a call that was refused, or may have failed: what it left goes, unless it turns out to be in use. */
  private async undo(failure: unknown, { tenant, appId, reason }: Unused): Promise<void> {
    const refused = failure instanceof Problem && failure.status < 500;
    try {
      await this.erasures.plan(tenant, appId, reason, refused ? 0 : undefined);
    } catch (error) {
      this.logger.warn({ app_id: appId, err: error }, 'secret_erasure.not_planned');
    }
  }
}

function withEtag<Body extends AppBody>(app: App, body: Body): Answer<Body> {
  return new Answer(body, { headers: { etag: etagOf(app.revision) } });
}

/** `replaced`: the app's other live secrets. */
function withSecret(app: App, created: NewSecret, replaced: readonly SecretInfo[]): NewAppBody {
  const { webhook, ...rest } = toAppResponse(app, [...(created.info === undefined ? [] : [created.info]), ...replaced]);
  return { ...rest, webhook: webhook === null ? null : { ...webhook, ...toShown(created) } };
}

function rotationInProgress(): Problem {
  return new Problem('rotation_in_progress', 'The secret before this one still signs; wait for its end, or revoke one of the two.');
}

/** The signing scheme that a body chooses. */
function schemeOf({ webhook }: AppInputBody | AppPatchBody): Scheme | undefined {
  const scheme = webhook?.signing?.scheme;
  return scheme === undefined ? undefined : enumValue(Scheme, scheme);
}
