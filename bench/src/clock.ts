/** Wall-clock time in ms with its fraction: comparable between the processes of one machine, to about 0.1 ms. */
export function nowMs(): number {
  return performance.timeOrigin + performance.now();
}
