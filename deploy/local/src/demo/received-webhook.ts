/** One request as the demo's receiver saw it. */
export interface ReceivedWebhook {
  readonly receivedAt: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The bytes as they came, as text. */
  readonly body: string;
  readonly verified: boolean;
  /** Why not, where `verified` is false. */
  readonly fault?: string;
}
