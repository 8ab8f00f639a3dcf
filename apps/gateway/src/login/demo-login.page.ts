import { html } from '../pages/html.ts';
import { page } from '../pages/layout.ts';

/** Those that the development profile's events are published for. */
export const DEMO_MERCHANTS = ['mer_demo_1', 'mer_demo_2', 'mer_demo_3'] as const;

/** In place of the host platform's login: whoever one says one is, one is. */
export function demoLoginPage({ returnTo, fault }: { returnTo: string; fault?: string }): string {
  const known = DEMO_MERCHANTS.map((id) => html`<button class="go" name="merchant_id" value="${id}">${id}</button>`);
  return page(
    'Log in',
    html`<h1>Log in as a demo merchant</h1>
      <p>This page stands for the login of your platform. It is in the development profile only.</p>
      ${fault === undefined ? undefined : html`<p class="note" role="alert">${fault}</p>`}
      <form method="post" action="/oauth/login">
        <input type="hidden" name="return_to" value="${returnTo}" />
        <p class="actions">${known}</p>
      </form>
      <form method="post" action="/oauth/login">
        <input type="hidden" name="return_to" value="${returnTo}" />
        <label class="field"
          >Or as another one
          <input name="merchant_id" required maxlength="64" pattern="[A-Za-z0-9_.:\\-]+" autocomplete="off" spellcheck="false"
        /></label>
        <p class="actions"><button>Log in</button></p>
      </form>`,
  );
}
