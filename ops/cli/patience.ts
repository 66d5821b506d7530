/** Sends until there is an answer that counts: honours `Retry-After`, and is patient while the engine is away. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Answer, Target } from './target.ts';

const AGAIN: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504]);
const RETRY_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;

/** Undefined: patience is at its end. What `send` sends must bear to be sent twice. */
export async function patiently(target: Pick<Target, 'forget'>, patienceMs: number, send: () => Promise<Answer>): Promise<Answer | undefined> {
  const until = performance.now() + patienceMs;
  for (;;) {
    let waitMs = RETRY_MS;
    try {
      const answer = await send();
      if (!AGAIN.has(answer.status)) return answer;
      waitMs = Math.min(Number(answer.headers['retry-after'] ?? 1) * 1_000 || RETRY_MS, LONGEST_PAUSE_MS);
    } catch {
      // Away, or being started again, perhaps under another address.
      target.forget();
    }
    if (performance.now() + waitMs > until) return undefined;
    await pause(waitMs);
  }
}
