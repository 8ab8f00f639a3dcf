import { z } from 'zod';

/** A field that a form has once; its text. */
export const once = z
  .array(z.string())
  .length(1)
  .transform(([first = '']) => first);

/** What a merchant agrees to, as every page that asks him for it sends it. */
export const agreement = {
  permission_revision: once.pipe(z.string().regex(/^\d{1,18}$/)),
  permission: z.array(z.string().max(64)).max(50).default([]),
};
