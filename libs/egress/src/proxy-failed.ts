/** The egress proxy did not do its part: nothing was sent to the endpoint, and nothing is known of it. */
export class ProxyFailed extends Error {
  readonly code = 'EGRESS_PROXY';
}
