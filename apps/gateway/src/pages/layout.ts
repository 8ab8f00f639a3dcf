import { type Html, html } from './html.ts';
import { STYLES_PATH } from './styles.ts';

interface PageOptions {
  /** Where the browser goes by itself, at once. */
  readonly goTo?: string;
}

/** A whole page, as text: one main part, our stylesheet, no script. */
export function page(title: string, content: Html, { goTo }: PageOptions = {}): string {
  const refresh = goTo === undefined ? undefined : html`<meta http-equiv="refresh" content="0; url=${goTo}" />`;
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="robots" content="noindex" />
        ${refresh}
        <title>${title}</title>
        <link rel="stylesheet" href="${STYLES_PATH}" />
      </head>
      <body>
        <main>${content}</main>
      </body>
    </html> `.text;
}
