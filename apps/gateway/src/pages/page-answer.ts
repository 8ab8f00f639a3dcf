import type { FastifyReply } from 'fastify';

/** What a browser gets: a page, or another address to go to. */
export type PageAnswer =
  | { readonly kind: 'page'; readonly html: string; readonly status?: number; readonly setCookie?: string }
  | { readonly kind: 'redirect'; readonly to: string; readonly setCookie?: string };

export async function sendPage(reply: FastifyReply, answer: PageAnswer): Promise<void> {
  if (answer.setCookie !== undefined) reply.header('set-cookie', answer.setCookie);
  if (answer.kind === 'page') {
    await reply
      .code(answer.status ?? 200)
      .type('text/html; charset=utf-8')
      .send(answer.html);
    return;
  }
  // 303: whatever the browser sent, it gets the other one.
  await reply.code(303).header('location', answer.to).send();
}
