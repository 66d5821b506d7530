/** A password from a terminal, not echoed, or from standard input: never from a flag, which other processes can read. */
import { createInterface, type Interface } from 'node:readline';
import { Writable } from 'node:stream';
import { UsageError } from './command.ts';

const MOST_CHARS = 8_192;

/** From a terminal twice, so that nobody is locked out by a slip; from a pipe the first line. @throws UsageError */
export async function readPassword(prompt: string): Promise<string> {
  if (!process.stdin.isTTY) return firstLine();
  // Before the first prompt: from here on until the end nothing that is typed is shown.
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input: process.stdin, output: nowhere, terminal: true, historySize: 0 });
  try {
    const first = await ask(terminal, `${prompt}: `);
    if (first !== (await ask(terminal, 'once more: '))) throw new UsageError('password: the two differ');
    return first;
  } finally {
    terminal.close();
  }
}

async function firstLine(): Promise<string> {
  let text = '';
  for await (const chunk of process.stdin) {
    text += String(chunk);
    if (text.includes('\n') || text.length > MOST_CHARS) break;
  }
  const [line = ''] = text.split(/\r?\n/, 1);
  if (line === '') throw new UsageError('password: nothing came in by standard input');
  return line;
}

/** Standard error carries the prompt: standard output may be a pipe. */
function ask(terminal: Interface, prompt: string): Promise<string> {
  process.stderr.write(prompt);
  return new Promise((resolve, reject) => {
    const giveUp = (): void => reject(new UsageError('password: given up'));
    terminal.once('close', giveUp);
    terminal.once('SIGINT', () => terminal.close());
    terminal.once('line', (line) => {
      terminal.off('close', giveUp);
      process.stderr.write('\n');
      resolve(line);
    });
  });
}
