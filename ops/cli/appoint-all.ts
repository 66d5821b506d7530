/**
 * Sends many appointments: so many at once, honouring `Retry-After`, and patient while the engine is away. Every request has
 * its idempotency key, so a request whose answer was lost is simply sent again.
 */
import { appendFileSync } from 'node:fs';
import { progress } from './output.ts';
import { patiently } from './patience.ts';
import { type Answer, type Target, wordsOf } from './target.ts';

export interface Line {
  readonly line: number;
  readonly key: string;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface AppointAllOptions {
  readonly parallel: number;
  readonly patienceMs: number;
  readonly test: boolean;
  readonly refusedFile: string | undefined;
  readonly broken: readonly { readonly line: number; readonly reason: string }[];
}

export interface Summary {
  readonly accepted: number;
  /** By HTTP status. */
  readonly refused: Readonly<Record<string, number>>;
  readonly notSent: number;
  readonly seconds: number;
}

export async function appointAll(target: Target, lines: readonly Line[], options: AppointAllOptions): Promise<Summary> {
  const started = performance.now();
  const bar = progress(lines.length, 'appoint');
  const refused: Record<string, number> = {};
  let accepted = 0;
  let notSent = 0;
  let next = 0;
  let done = 0;
  const note = (line: number, status: number, reason: string): void => {
    refused[status] = (refused[status] ?? 0) + 1;
    if (options.refusedFile !== undefined) appendFileSync(options.refusedFile, `${JSON.stringify({ line, status, reason })}\n`);
  };
  for (const { line, reason } of options.broken)
    if (options.refusedFile !== undefined) appendFileSync(options.refusedFile, `${JSON.stringify({ line, reason })}\n`);
  const worker = async (): Promise<void> => {
    for (let line = lines[next++]; line; line = lines[next++]) {
      const answer = await patiently(target, options.patienceMs, () => send(target, line, options));
      if (answer === undefined) notSent++;
      else if (answer.status === 202) accepted++;
      else note(line.line, answer.status, wordsOf(answer));
      bar.update(++done, `${accepted} accepted`);
    }
  };
  await Promise.all(Array.from({ length: Math.min(options.parallel, lines.length) }, worker));
  bar.stop();
  return { accepted, refused, notSent, seconds: (performance.now() - started) / 1_000 };
}

function send(target: Target, line: Line, { test }: AppointAllOptions): Promise<Answer> {
  return target.call(`/metering-services/v1/${target.mpid}/appoint`, {
    method: 'POST',
    headers: { 'x-idempotency-key': line.key, ...(test ? { 'x-test-mode': 'true' } : {}) },
    body: line.body,
    as: 'supplier',
  });
}
