import { PROBLEMS } from '@hookwright/runtime';

/** The page that a problem's `type` leads to. */
export function errorsPage(): string {
  const rows = Object.entries(PROBLEMS).map(
    ([code, { status, title }]) => `<tr id="${code}"><td>${status}</td><td><code>${code}</code></td><td>${title}</td></tr>`,
  );
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Hookwright errors</title></head>
<body>
<h1>Error codes</h1>
<table><thead><tr><th>Status</th><th>Code</th><th>Meaning</th></tr></thead>
<tbody>
${rows.join('\n')}
</tbody></table>
</body>
</html>
`;
}
