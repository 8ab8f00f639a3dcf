/**
 * A relay's `beforePublish` that kills its process (SIGKILL: nothing is cleaned up) when it is about to publish the message of that number,
 * counted from the start of the process. For row R5 of docs/faults.md.
 */
export function killBeforePublishing(
  message: number,
  kill = (): unknown => process.kill(process.pid, 'SIGKILL'),
): (messages: number) => void {
  let published = 0;
  return (messages) => {
    published += messages;
    if (published >= message) kill();
  };
}
