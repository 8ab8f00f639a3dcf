const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** A piece of a page. Whatever is put into one is text, unless it is such a piece itself. */
export class Html {
  /** Only of what is a literal of ours, or escaped. */
  constructor(readonly text: string) {}
}

export type HtmlValue = string | number | Html | readonly Html[] | undefined;

/** A tagged template: html`<p>${name}</p>`. */
export function html(literals: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  return new Html(literals.reduce((text, literal, index) => text + textOf(values[index - 1]) + literal));
}

function textOf(value: HtmlValue): string {
  if (value === undefined) return '';
  if (value instanceof Html) return value.text;
  if (typeof value === 'object') return value.map(({ text }) => text).join('');
  return String(value).replace(/[&<>"']/g, (character) => ESCAPES[character] ?? '');
}
