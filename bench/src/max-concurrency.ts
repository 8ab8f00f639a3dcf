/** How many requests an endpoint is sent at once when its `webhook.max_concurrency` was not set (api.md, Apps). */
export const MAX_CONCURRENCY = 10;
