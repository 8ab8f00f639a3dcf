/**
 * Every error code of Hookwright with its HTTP status and its title (RFC 9457: the same for every occurrence).
 * docs/errors.md explains each; a test holds the two lists against each other.
 */
export const PROBLEMS = {
  invalid_request: { status: 400, title: 'The request cannot be read' },
  invalid_json: { status: 400, title: 'The body is not valid JSON' },
  nesting_too_deep: { status: 400, title: 'The body is nested too deeply' },
  invalid_cursor: { status: 400, title: 'The cursor is not one of ours' },
  unauthenticated: { status: 401, title: 'Credentials are missing or wrong' },
  insufficient_scope: { status: 403, title: 'The key lacks a scope' },
  not_found: { status: 404, title: 'Not found' },
  method_not_allowed: { status: 405, title: 'The resource has no such method' },
  conflict: { status: 409, title: 'The request conflicts with the present state' },
  rotation_in_progress: { status: 409, title: 'A rotation is still in progress' },
  last_secret: { status: 409, title: 'The last signing secret cannot be revoked' },
  no_endpoint: { status: 409, title: 'The app has no endpoint' },
  endpoint_not_enabled: { status: 409, title: 'The endpoint is not enabled' },
  endpoint_not_paused: { status: 409, title: 'The endpoint is not paused' },
  installation_not_active: { status: 409, title: 'The installation is not active' },
  idempotency_in_progress: { status: 409, title: 'The first request with this key is still running' },
  request_timeout: { status: 408, title: 'The request took too long to arrive' },
  precondition_failed: { status: 412, title: 'The app was changed since' },
  body_too_large: { status: 413, title: 'The body is too large' },
  uri_too_long: { status: 414, title: 'The URL is too long' },
  unsupported_media_type: { status: 415, title: 'The body must be JSON' },
  validation_failed: { status: 422, title: 'The request has wrong fields' },
  invalid_field: { status: 422, title: 'A field has a wrong value' },
  missing_field: { status: 422, title: 'A field is missing' },
  unknown_field: { status: 422, title: 'A field is unknown or read-only' },
  invalid_url: { status: 422, title: 'The URL cannot be read' },
  url_not_https: { status: 422, title: 'The URL must be https' },
  url_blocked: { status: 422, title: 'The URL leads to an address that is not allowed' },
  invalid_redirect_uri: { status: 422, title: 'A redirect URI is not allowed' },
  unknown_event_type: { status: 422, title: 'No such event type' },
  scope_not_granted_by_permissions: { status: 422, title: 'No permission of the app covers the event type' },
  idempotency_key_reused: { status: 422, title: 'The idempotency key was used for another request' },
  rate_limited: { status: 429, title: 'Too many requests' },
  headers_too_large: { status: 431, title: 'The headers are too large' },
  internal_error: { status: 500, title: 'Something went wrong on our side' },
  service_unavailable: { status: 503, title: 'A service or store is away' },
} as const;

export type ProblemCode = keyof typeof PROBLEMS;
