import { messagePage } from '../pages/message.page.ts';

/**
 * Somebody sent a form when his login had ended; `login` leads back to its page. A link and no redirect: it would lead on to the platform's
 * own login, where `form-action` stops a form in some browsers.
 */
export function loginEndedPage(login: string): string {
  return messagePage({
    title: 'Your login has ended',
    lines: ['Nothing was changed. Log in again to go on.'],
    link: { to: login, text: 'Log in again' },
  });
}
