import type { FastifyReply, FastifyRequest } from 'fastify';

const COMMON = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'strict-transport-security': 'max-age=31536000',
  // Answers hold a tenant's data, some a secret that is shown once.
  'cache-control': 'no-store',
};

// An API's answer is never a page.
const API_CSP = "default-src 'none'; frame-ancestors 'none'";
// Swagger UI's page has inline styles, and its icons are data URLs.
const DOCS_CSP =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const PAGES = /^\/(oauth\/|merchant($|[/?]))/;
// Merchants' pages: our stylesheet, and forms that go nowhere else.
const PAGES_CSP = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/** Headers that every answer has: the request's id, and what keeps browsers from doing harm with it. */
export function setCommonHeaders(request: FastifyRequest, reply: FastifyReply): void {
  reply.headers(COMMON);
  reply.header('content-security-policy', cspOf(request.url));
  reply.header('x-request-id', request.id);
}

function cspOf(url: string): string {
  if (PAGES.test(url)) return PAGES_CSP;
  return url.startsWith('/docs') ? DOCS_CSP : API_CSP;
}
