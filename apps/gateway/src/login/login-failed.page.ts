import { html } from '../pages/html.ts';
import { page } from '../pages/layout.ts';
import type { PageAnswer } from '../pages/page-answer.ts';
import type { LoginFailure } from './login-failure.ts';

interface Told {
  readonly status: number;
  readonly title: string;
  readonly line: string;
}

const TOLD: Readonly<Record<LoginFailure, Told>> = {
  expired: {
    status: 400,
    title: 'This login has expired',
    line: 'It was begun too long ago or in another browser, or was used already. Go back to the app and begin again.',
  },
  refused: { status: 403, title: 'You were not logged in', line: 'Your platform sent you back without a login.' },
  no_merchant: {
    status: 403,
    title: 'This account belongs to no merchant',
    line: 'You are known to your platform, but not as a merchant. Use another account, or ask those who run the platform.',
  },
  away: { status: 503, title: 'Not right now', line: 'The login of your platform does not answer. Try again in a moment.' },
  unusable: {
    status: 502,
    title: 'You could not be logged in',
    line: 'The login of your platform gave an answer that cannot be used. If trying again does not help, tell those who run it.',
  },
};

export interface FailedLogin {
  readonly failure: LoginFailure;
  readonly requestId: string;
  /** The login to try again with; undefined when nobody knows what it was for. */
  readonly again?: string;
}

/** Says why a merchant is not logged in. */
export function loginFailed({ failure, requestId, again }: FailedLogin): PageAnswer {
  const { status, title, line } = TOLD[failure];
  const link = again === undefined ? undefined : html`<p class="actions"><a class="button go" href="${again}">Log in again</a></p>`;
  const content = html`<h1>${title}</h1>
    <p>${line} Nothing was installed.</p>
    ${link}
    <p class="detail"><code>Request ${requestId}</code></p>`;
  return { kind: 'page', status, html: page(title, content) };
}
