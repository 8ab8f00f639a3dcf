import { type Html, html } from './html.ts';

/** Whose app it is. Without a full stop: many names end with one. */
export function madeBy(partnerName: string, isTest: boolean): Html {
  return html`<p>Made by <bdi>${partnerName}</bdi></p>
    ${isTest ? html`<p>It is a test app: it gets test events only.</p>` : undefined}`;
}
