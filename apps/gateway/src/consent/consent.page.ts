import { type Html, html } from '../pages/html.ts';
import { page } from '../pages/layout.ts';
import { madeBy } from '../pages/made-by.ts';
import type { ConsentView, PermissionView, PermissionsView } from './consent.view.ts';

export interface ConsentPage {
  readonly view: ConsentView;
  readonly merchantId: string;
  /** Where the form goes. */
  readonly action: string;
  readonly csrf: string;
  readonly loginPath: string;
  /** The app changed what it asks for while the page was open. */
  readonly isStale?: boolean;
}

/**
 * Asks a merchant whether an app may do what it asks for. Names are partners' own words: <bdi> keeps their direction from reaching ours.
 */
export function consentPage({ view, merchantId, action, csrf, loginPath, isStale = false }: ConsentPage): string {
  const { returnsTo, permissionRevision } = view;
  return page(
    view.isInstalled ? 'Change what an app may do' : 'Install an app',
    html`<h1>${question(view)}</h1>
      ${madeBy(view.partnerName, view.isTest)}
      <p class="quiet">You are logged in as <bdi>${merchantId}</bdi>. <a href="${loginPath}">Use another account</a></p>
      ${isStale ? html`<p class="note" role="alert">The app has changed what it asks for. Please look again: nothing was installed.</p>` : undefined}
      <form method="post" action="${action}">
        <input type="hidden" name="csrf" value="${csrf}" />
        <input type="hidden" name="permission_revision" value="${String(permissionRevision)}" />
        ${permissionSets(view)}
        <p>
          If you deny, ${view.isInstalled ? 'everything stays as it is' : 'nothing is installed'}. Either way you go back to
          <strong>${returnsTo}</strong>.
        </p>
        <p class="actions">
          <button class="go" name="decision" value="allow">Allow</button>
          <button name="decision" value="deny">Deny</button>
        </p>
      </form>`,
  );
}

function question(view: ConsentView): Html {
  return view.isInstalled ? changeQuestion(view) : html`Install <bdi>${view.appName}</bdi>?`;
}

/** Of an app that is installed. */
export function changeQuestion({ appName, fresh }: PermissionsView): Html {
  return fresh.some(({ optional }) => !optional) ? html`<bdi>${appName}</bdi> asks for more` : html`What may <bdi>${appName}</bdi> do?`;
}

/** The permissions in words, optional ones to be ticked: fields of a form. */
export function permissionSets({ isInstalled, fresh, known, dropped }: PermissionsView): Html {
  return html`${permissionSet(isInstalled ? 'New' : 'It wants to', fresh)}${permissionSet('You agreed to this before', known)}
  ${fresh.length + known.length === 0 ? html`<p>It asks for no data of yours. It is told when it is installed and removed.</p>` : undefined}
  ${dropped.length === 0 ? undefined : html`<p class="quiet">It needs no longer, and will no longer have: ${dropped.join(', ')}</p>`}`;
}

function permissionSet(title: string, permissions: readonly PermissionView[]): Html | undefined {
  if (permissions.length === 0) return undefined;
  return html`<fieldset>
    <legend>${title}</legend>
    <ul>
      ${permissions.map((permission) => html`<li>${permission.optional ? choice(permission) : needed(permission)}</li>`)}
    </ul>
  </fieldset>`;
}

function choice({ id, title, scopes, isChosen }: PermissionView): Html {
  const checked = isChosen ? html` checked` : undefined;
  return html`<label class="choice"
    ><input type="checkbox" name="permission" value="${id}" ${checked} /><span
      ><bdi>${title}</bdi> <span class="needed">(your choice)</span>${scopesOf(scopes)}</span
    ></label
  >`;
}

function needed({ title, scopes }: PermissionView): Html {
  return html`<bdi>${title}</bdi> <span class="needed">(needed)</span>${scopesOf(scopes)}`;
}

function scopesOf(scopes: readonly string[]): Html {
  return html`<span class="scopes">${scopes.join(', ')}</span>`;
}

/** After the decision: leads back to the app by itself, and by a link. A redirect would be stopped by `form-action` in some browsers. */
export function donePage({ goTo, returnsTo, isInstalled }: { goTo: string; returnsTo: string; isInstalled: boolean }): string {
  return page(
    isInstalled ? 'Installed' : 'Denied',
    html`<h1>${isInstalled ? 'The app is installed' : 'Nothing was changed'}</h1>
      <p>You are on your way back to <strong>${returnsTo}</strong>.</p>
      <p class="actions"><a class="button go" href="${goTo}">Go on</a></p>`,
    { goTo },
  );
}
