/** A time as protobuf has it: milliseconds since the epoch. */
export function toMs(time: Date): bigint {
  return BigInt(time.getTime());
}
