/** What the CLI prints: tables for people, JSON where asked, progress on a terminal or a line every five seconds. */
import { SingleBar } from 'cli-progress';

/** Control and formatting characters of foreign text would steer the terminal; they are printed escaped. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (c) => `\\u${(c.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`);
}

// A reader that has seen enough (`mw … | head`) ends the command, quietly.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

export function complain(line: string): void {
  process.stderr.write(`${line}\n`);
}

export function printJson(value: unknown): void {
  print(JSON.stringify(value, null, 2));
}

/** Columns aligned by their widest cell. */
export function table(head: readonly string[], rows: readonly (readonly (string | number | null | undefined)[])[]): string {
  const cells = [head, ...rows].map((row) => row.map((cell) => printable(cell === null || cell === undefined ? '' : String(cell))));
  const widths = head.map((_, i) => Math.max(...cells.map((row) => row[i]?.length ?? 0)));
  return cells
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** An instant as people read it, UTC. */
export function instant(at: number | null | undefined): string {
  return at === null || at === undefined ? '' : `${new Date(at).toISOString().slice(0, 19)}Z`;
}

export interface Progress {
  update(done: number, note?: string): void;
  stop(): void;
}

const LINE_EVERY_MS = 5_000;

/** A bar on a terminal, else a line every five seconds, on standard error. */
export function progress(total: number, what: string): Progress {
  if (process.stderr.isTTY) {
    const bar = new SingleBar({ format: `${what} [{bar}] {value}/{total} {note}`, stream: process.stderr, hideCursor: true });
    bar.start(total, 0, { note: '' });
    return { update: (done, note = '') => bar.update(done, { note }), stop: () => bar.stop() };
  }
  let last = { done: 0, note: '' };
  const say = (): void => complain(`${what}: ${last.done} of ${total} ${last.note}`.trimEnd());
  const timer = setInterval(say, LINE_EVERY_MS);
  timer.unref();
  return {
    update: (done, note = '') => {
      last = { done, note };
    },
    stop: () => {
      clearInterval(timer);
      say();
    },
  };
}
