/** Runs one command of the command line in this process and tells what it printed; for tests that run one after the other. */
import { type CommandSpec, readCall } from '../../ops/cli/command.ts';

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Rejects as the command does. */
export async function runCommand(spec: CommandSpec, args: readonly string[]): Promise<Ran> {
  const said = { out: '', err: '' };
  const [out, err] = [process.stdout.write, process.stderr.write];
  const catching = (name: 'out' | 'err') => (text: string | Uint8Array) => {
    said[name] += typeof text === 'string' ? text : Buffer.from(text).toString();
    return true;
  };
  process.stdout.write = catching('out') as typeof out;
  process.stderr.write = catching('err') as typeof err;
  try {
    const call = readCall(spec, args);
    try {
      const code = await spec.run(call);
      return { code, ...said };
    } finally {
      await call.target.close();
    }
  } finally {
    process.stdout.write = out;
    process.stderr.write = err;
  }
}
