/**
 * A piece of work that is never done twice at once: whoever wants it while it is under way has it done once more after
 * that, however many they are. What it throws is told to `crashed`.
 */
export function oneAtATime(work: () => Promise<void>, crashed: (bug: unknown) => void): () => void {
  let wanted = false;
  let busy = false;
  const run = async () => {
    busy = true;
    try {
      while (wanted) {
        wanted = false;
        await work();
      }
    } finally {
      busy = false;
    }
  };
  return () => {
    wanted = true;
    if (!busy) run().catch(crashed);
  };
}
