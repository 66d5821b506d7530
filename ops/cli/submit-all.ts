/**
 * Hands in many meter actions: so many calls at once, patient while the engine is away. What was accepted is noted in a journal, so
 * that the same command given again goes on where it was. An answer that was lost may mean two actions for a meter; the second
 * finds the clock right.
 */
import type { ActionsClient, SubmitOptions } from './actions-client.ts';
import type { Journal } from './journal.ts';
import type { MeterLine } from './meters.ts';
import { progress } from './output.ts';
import { patiently } from './patience.ts';
import { wordsOf } from './target.ts';

export interface SubmitAllOptions extends SubmitOptions {
  readonly parallel: number;
  readonly patienceMs: number;
  readonly journal: Journal;
  /** Called with each line that was refused. */
  readonly refused: (line: number, status: number, reason: string) => void;
}

export interface Submitted {
  readonly line: MeterLine;
  readonly requestId: number;
}

export interface SubmitSummary {
  readonly submitted: readonly Submitted[];
  /** Of them, by an earlier run. */
  readonly earlier: number;
  /** By HTTP status. */
  readonly refused: Readonly<Record<string, number>>;
  readonly notSent: number;
}

export async function submitAll(client: ActionsClient, lines: readonly MeterLine[], options: SubmitAllOptions): Promise<SubmitSummary> {
  const { known } = options.journal;
  const submitted: Submitted[] = [];
  const refused: Record<string, number> = {};
  let notSent = 0;
  const bar = progress(lines.length, options.task);
  const todo: MeterLine[] = [];
  for (const line of lines) {
    const requestId = known.get(line.key);
    if (requestId === undefined) todo.push(line);
    else submitted.push({ line, requestId });
  }
  const earlier = submitted.length;
  let next = 0;
  let done = earlier;
  const worker = async (): Promise<void> => {
    for (let line = todo[next++]; line; line = todo[next++]) {
      const { body } = line;
      const answer = await patiently(client.target, options.patienceMs, () => client.submit(body, options));
      const requestId = (answer?.json as { requestId?: unknown } | undefined)?.requestId;
      if (answer === undefined) notSent++;
      else if (answer.status <= 201 && typeof requestId === 'number') {
        submitted.push({ line, requestId });
        options.journal.note(line.key, line.line, requestId);
      } else {
        refused[answer.status] = (refused[answer.status] ?? 0) + 1;
        options.refused(line.line, answer.status, wordsOf(answer));
      }
      bar.update(++done, `${submitted.length} accepted`);
    }
  };
  await Promise.all(Array.from({ length: Math.min(options.parallel, todo.length) }, worker));
  bar.stop();
  submitted.sort((a, b) => a.line.line - b.line.line);
  return { submitted, earlier, refused, notSent };
}
