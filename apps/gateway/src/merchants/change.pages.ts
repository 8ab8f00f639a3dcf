import { type Installation, InstallationStatus, Mode } from '@hookwright/contracts';
import { changeQuestion, permissionSets } from '../consent/consent.page.ts';
import type { PermissionsView } from '../consent/consent.view.ts';
import { html } from '../pages/html.ts';
import { page } from '../pages/layout.ts';
import { madeBy } from '../pages/made-by.ts';
import { messagePage } from '../pages/message.page.ts';
import type { MerchantsInstallation } from './merchant-installation.schema.ts';
import { MERCHANT_PATH, appPath, otherAccountPath } from './merchant-paths.ts';

export interface PermissionsPage {
  readonly view: PermissionsView;
  readonly installation: Installation;
  readonly merchantId: string;
  readonly csrf: string;
  /** The app changed what it asks for while the page was open. */
  readonly isStale: boolean;
}

/** What an installed app may do, to be changed; what it asks for beyond that is shown as new. */
export function permissionsPage({ view, installation, merchantId, csrf, isStale }: PermissionsPage): string {
  const { id, generation } = installation;
  const path = appPath(id, 'permissions');
  return page(
    'Change what an app may do',
    html`<h1>${changeQuestion(view)}</h1>
      ${madeBy(view.partnerName, view.isTest)}
      <p class="quiet">You are logged in as <bdi>${merchantId}</bdi>. <a href="${otherAccountPath(path)}">Use another account</a></p>
      ${isStale ? html`<p class="note" role="alert">The app has changed what it asks for. Please look again: nothing was changed.</p>` : undefined}
      <form method="post" action="${path}">
        <input type="hidden" name="csrf" value="${csrf}" />
        <input type="hidden" name="permission_revision" value="${String(view.permissionRevision)}" />
        <input type="hidden" name="generation" value="${generation}" />
        ${permissionSets(view)}
        <p class="actions">
          <button class="go">Allow</button>
          <a class="button" href="${appPath(id)}">Leave it as it is</a>
        </p>
      </form>`,
  );
}

/** After that. */
export function changedPage({ installation, app }: MerchantsInstallation): string {
  const isHeld = installation.status === InstallationStatus.SUSPENDED;
  return page(
    'Changed',
    html`<h1>It is as you want it</h1>
      <p>
        <bdi>${app.name}</bdi> may do what you agreed to, and nothing
        else.${isHeld ? ' It is still on hold: until that ends it gets nothing of yours.' : undefined}
      </p>
      <p class="actions"><a class="button go" href="${appPath(installation.id)}">See what it may do</a></p>`,
  );
}

/** Asks whether an app is to be removed: without scripts a page of its own has to. */
export function removePage({ installation: { id }, app, partnerName }: MerchantsInstallation, csrf: string): string {
  return page(
    'Remove an app',
    html`<h1>Remove <bdi>${app.name}</bdi>?</h1>
      ${madeBy(partnerName, app.mode === Mode.TEST)}
      <p>It gets nothing of yours from then on. Two days later it is told to erase what it has of yours, unless you install it again.</p>
      <form method="post" action="${appPath(id, 'revoke')}">
        <input type="hidden" name="csrf" value="${csrf}" />
        <p class="actions">
          <button class="go">Remove it</button>
          <a class="button" href="${appPath(id)}">Keep it</a>
        </p>
      </form>`,
  );
}

/** After that. */
export function removedPage({ app }: MerchantsInstallation): string {
  return page(
    'Removed',
    html`<h1><bdi>${app.name}</bdi> is removed</h1>
      <p>It gets nothing of yours any more, and was told so.</p>
      <p class="actions"><a class="button go" href="${MERCHANT_PATH}">All your apps</a></p>`,
  );
}

export const LOGGED_OUT = messagePage({
  title: 'You are logged out',
  lines: ['Here, in this browser. At your platform you may be logged in still.'],
  link: { to: MERCHANT_PATH, text: 'Log in again' },
});
