import { html } from './html.ts';
import { page } from './layout.ts';

export interface Message {
  readonly title: string;
  readonly lines: readonly string[];
  /** For those who look into it: a code and what it says. */
  readonly detail?: string;
  /** Where one can go on, a page of ours. */
  readonly link?: { readonly to: string; readonly text: string };
}

/** A page that says something and asks nothing. */
export function messagePage({ title, lines, detail, link }: Message): string {
  const shown = detail === undefined ? undefined : html`<p class="detail"><code>${detail}</code></p>`;
  return page(
    title,
    html`<h1>${title}</h1>
      ${lines.map((line) => html`<p>${line}</p>`)}${shown}
      ${link === undefined ? undefined : html`<p class="actions"><a class="button" href="${link.to}">${link.text}</a></p>`}`,
  );
}
