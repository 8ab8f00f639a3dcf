import { createHash } from 'node:crypto';

/** The stylesheet of the merchants' pages. As text in a module: tsc copies no other files. Checked at 320 px and with 200 % text. */
export const STYLES = `
:root { color-scheme: light dark; --text: #1d2330; --quiet: #566076; --page: #f4f5f8; --card: #fff; --line: #c9cfdb; --go: #1f56c4; --on-go: #fff; --note: #fff4d6; }
@media (prefers-color-scheme: dark) {
  :root { --text: #e8ebf2; --quiet: #a9b2c5; --page: #14171e; --card: #1e232d; --line: #475064; --go: #8fb4ff; --on-go: #10203f; --note: #3f3617; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); font: 1rem/1.5 system-ui, sans-serif; }
main { max-width: 34rem; margin: 0 auto; padding: 1.5rem 1rem; overflow-wrap: anywhere; }
h1 { font-size: 1.4rem; line-height: 1.25; margin: 0 0 0.75rem; }
h2, legend { font-size: 1.05rem; font-weight: 600; margin: 0; padding: 0; }
p { margin: 0 0 0.75rem; }
.quiet, .detail { color: var(--quiet); font-size: 0.9rem; }
.note { background: var(--note); border: 1px solid var(--line); border-radius: 0.5rem; padding: 0.75rem; }
form { margin: 0; }
fieldset { border: 1px solid var(--line); border-radius: 0.5rem; background: var(--card); margin: 0 0 1rem; padding: 1rem; min-width: 0; }
legend { float: left; width: 100%; margin-bottom: 0.5rem; }
legend + * { clear: both; }
ul { list-style: none; margin: 0; padding: 0; }
li { padding: 0.5rem 0; }
li + li { border-top: 1px solid var(--line); }
.choice { display: flex; gap: 0.75rem; align-items: flex-start; min-height: 2.75rem; cursor: pointer; }
.choice input { width: 1.5rem; height: 1.5rem; margin: 0.1rem 0 0; flex: none; accent-color: var(--go); }
.scopes { display: block; color: var(--quiet); font-size: 0.85rem; }
.needed { font-size: 0.85rem; color: var(--quiet); }
.field { display: block; margin: 0 0 1rem; }
.field input { display: block; width: 100%; min-height: 2.75rem; margin-top: 0.25rem; padding: 0 0.75rem; font: inherit; color: inherit; background: var(--card); border: 1px solid var(--line); border-radius: 0.5rem; }
.list { margin: 0 0 1rem; }
.name { display: inline-block; min-height: 2.75rem; padding: 0.5rem 0; font-weight: 600; }
.state { display: inline-block; margin-left: 0.5rem; padding: 0 0.5rem; border: 1px solid var(--line); border-radius: 0.5rem; background: var(--note); font-size: 0.85rem; }
.note > :last-child { margin: 0; }
a { color: var(--go); }
.actions { display: flex; flex-wrap: wrap; gap: 0.75rem; }
button, .button { display: inline-flex; align-items: center; justify-content: center; min-height: 2.75rem; min-width: 7rem; padding: 0.5rem 1.25rem; font: inherit; font-weight: 600; color: var(--text); background: var(--card); border: 1px solid var(--line); border-radius: 0.5rem; cursor: pointer; text-decoration: none; }
button.go, .button.go { color: var(--on-go); background: var(--go); border-color: var(--go); }
:focus-visible { outline: 3px solid var(--go); outline-offset: 2px; }
`;

/** Where it is served; its version is part of the address, so that a browser may keep it for ever. */
export const STYLES_ROUTE = '/oauth/pages.css';
export const STYLES_PATH = `${STYLES_ROUTE}?v=${createHash('sha256').update(STYLES).digest('hex').slice(0, 12)}`;
