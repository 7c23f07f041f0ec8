/** Lets everything that waits for the event loop go first. For work that is long and not urgent, between its parts. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
