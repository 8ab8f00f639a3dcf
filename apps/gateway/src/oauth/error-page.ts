import type { KoaContextWithOIDC } from 'oidc-provider';
import { messagePage } from '../pages/message.page.ts';

interface Failure {
  readonly error: string;
  readonly error_description?: string | undefined;
}

/** For a browser that cannot be sent back to the app: its redirect URI is not known to be the app's. */
export function renderErrorPage(ctx: KoaContextWithOIDC, { error, error_description: description = '' }: Failure): void {
  ctx.type = 'html';
  ctx.body = messagePage({
    title: 'This did not work',
    lines: ['The app asked for something that cannot be done. Go back to it and try again; if that does not help, tell those who make it:'],
    detail: description === '' ? error : `${error}: ${description}`,
  });
}
