import { describe, expect, it } from '@jest/globals';
import { html } from './html.ts';

describe('a piece of a page', () => {
  it.each([
    ['<img src=x onerror=alert(1)>', '&lt;img src=x onerror=alert(1)&gt;'],
    ['" autofocus onfocus="alert(1)', '&quot; autofocus onfocus=&quot;alert(1)'],
    ["' x='", '&#39; x=&#39;'],
    ['&lt;', '&amp;lt;'],
    ['</title><script>', '&lt;/title&gt;&lt;script&gt;'],
    ['Åse & 💛', 'Åse &amp; 💛'],
  ])('has %j as text', (text, escaped) => {
    expect(html`<p title="${text}">${text}</p>`.text).toBe(`<p title="${escaped}">${escaped}</p>`);
  });

  it('has pieces, lists of pieces, numbers and nothing as they are', () => {
    const items = ['a', '<b>'].map((item) => html`<em>${item}</em>`);
    expect(html`<b>${items}</b>${7}${undefined}${html`<i></i>`}`.text).toBe('<b><em>a</em><em>&lt;b&gt;</em></b>7<i></i>');
  });
});
