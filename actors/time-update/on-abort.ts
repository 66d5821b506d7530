/** Who listens to a signal that thousands share. */
const listening = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Calls `run` once when the signal fires, and not at all when it has fired already. An event target looks through all its listeners at
 * each new one and at each that goes: with every session of a node on one signal that is most of what a session costs (bench `sessions`).
 * @returns how to stop listening
 */
export function onAbort(signal: AbortSignal, run: () => void): () => void {
  let all = listening.get(signal);
  if (!all) {
    const made = new Set<() => void>();
    signal.addEventListener('abort', () => tell(made), { once: true });
    listening.set(signal, made);
    all = made;
  }
  // Whoever listens twice is told twice.
  const one = (): void => run();
  all.add(one);
  return () => all.delete(one);
}

function tell(all: Set<() => void>): void {
  const told = [...all];
  all.clear();
  for (const run of told) run();
}
