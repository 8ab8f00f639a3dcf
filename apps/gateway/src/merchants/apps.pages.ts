import { type Installation, InstallationStatus, Mode } from '@hookwright/contracts';
import { type Html, html } from '../pages/html.ts';
import { page } from '../pages/layout.ts';
import { madeBy } from '../pages/made-by.ts';
import type { MerchantsInstallation, NamedInstallation } from './merchant-installation.schema.ts';
import { LOGOUT_PATH, MERCHANT_PATH, appPath, otherAccountPath } from './merchant-paths.ts';

export interface AppsPage {
  readonly merchantId: string;
  readonly found: readonly NamedInstallation[];
  /** Empty: these are the last ones. */
  readonly nextCursor: string;
  /** There are no newer ones. */
  readonly isFirst: boolean;
  readonly logoutToken: string;
}

const DAY = new Intl.DateTimeFormat('en', { dateStyle: 'long', timeZone: 'UTC' });

/** A merchant's installed apps. Names are partners' own words: <bdi> keeps their direction from reaching ours. */
export function appsPage({ merchantId, found, nextCursor, isFirst, logoutToken }: AppsPage): string {
  return page(
    'Your apps',
    html`<h1>Your apps</h1>
      <p class="quiet">
        You are logged in as <bdi>${merchantId}</bdi>. <a href="${otherAccountPath(MERCHANT_PATH)}">Use another account</a>
      </p>
      ${found.length === 0 ? html`<p>${isFirst ? 'No app is installed.' : 'There are no more.'}</p>` : undefined}
      <ul class="list">
        ${found.map(item)}
      </ul>
      ${around(nextCursor, isFirst)}
      <form method="post" action="${LOGOUT_PATH}">
        <input type="hidden" name="csrf" value="${logoutToken}" />
        <p class="actions"><button>Log out</button></p>
      </form>`,
  );
}

function item({ installation, appName, partnerName, mode }: NamedInstallation): Html {
  const state = stateOf(installation);
  return html`<li>
    <a class="name" href="${appPath(installation.id)}"><bdi>${appName}</bdi></a>
    <span class="quiet">by <bdi>${partnerName}</bdi>${mode === Mode.TEST ? ', a test app' : undefined}</span>
    ${state === undefined ? undefined : html`<span class="state">${state}</span>`}
  </li>`;
}

function stateOf({ status }: Installation): string | undefined {
  if (status === InstallationStatus.PENDING_PERMISSION_UPGRADE) return 'Asks for more';
  return status === InstallationStatus.SUSPENDED ? 'On hold' : undefined;
}

function around(nextCursor: string, isFirst: boolean): Html | undefined {
  if (isFirst && nextCursor === '') return undefined;
  const older = `${MERCHANT_PATH}?${new URLSearchParams({ cursor: nextCursor }).toString()}`;
  return html`<p class="actions">
    ${isFirst ? undefined : html`<a class="button" href="${MERCHANT_PATH}">Newest</a>`}
    ${nextCursor === '' ? undefined : html`<a class="button" href="${older}">Older</a>`}
  </p>`;
}

/** One app: what it may do, and what the merchant can do about it. */
export function appPage(found: MerchantsInstallation): string {
  const { installation, app, partnerName } = found;
  const { id, installedAtMs } = installation;
  const installedAt = new Date(Number(installedAtMs));
  return page(
    'An app of yours',
    html`<h1><bdi>${app.name}</bdi></h1>
      ${madeBy(partnerName, app.mode === Mode.TEST)}
      <p>Installed on <time datetime="${installedAt.toISOString()}">${DAY.format(installedAt)}</time>.</p>
      ${note(installation)}
      <section>
        <h2>What it may do</h2>
        ${allowed(found)}
      </section>
      <p class="actions">
        <a class="button" href="${appPath(id, 'permissions')}">Change this</a>
        <a class="button" href="${appPath(id, 'revoke')}">Remove the app</a>
      </p>
      <p><a href="${MERCHANT_PATH}">All your apps</a></p>`,
  );
}

function note({ id, status }: Installation): Html | undefined {
  if (status === InstallationStatus.SUSPENDED) return html`<p class="note">It is on hold: until that ends it gets nothing of yours.</p>`;
  if (status !== InstallationStatus.PENDING_PERMISSION_UPGRADE) return undefined;
  return html`<div class="note">
    <p>It asks for more than you agreed to. Until you decide it goes on with what it has.</p>
    <p class="actions"><a class="button go" href="${appPath(id, 'permissions')}">See what it asks for</a></p>
  </div>`;
}

/** In the words that the app has for it now; scopes that it has no words for any more, as they are. */
function allowed({ installation, app }: MerchantsInstallation): Html {
  const { grantedPermissions, grantedScopes } = installation;
  const named = app.permissions.filter(({ id }) => grantedPermissions.includes(id));
  const covered = new Set(named.flatMap(({ scopes }) => scopes));
  const others = grantedScopes.filter((scope) => !covered.has(scope));
  if (named.length + others.length === 0) return html`<p>It has no data of yours. It is told when it is installed and removed.</p>`;
  return html`<ul class="list">
    ${named.map(({ title, scopes }) => {
      return html`<li>
        <bdi>${title}</bdi><span class="scopes">${scopes.filter((scope) => grantedScopes.includes(scope)).join(', ')}</span>
      </li>`;
    })}
    ${others.length === 0 ? undefined : html`<li>Other data<span class="scopes">${others.join(', ')}</span></li>`}
  </ul>`;
}
