/** `mw mpans import`, `mw agents import`: streams a file to the engine and reports refused lines with number and rule. */
import { createReadStream, statSync } from 'node:fs';
import { type CommandCall, type CommandSpec, optionalText, UsageError } from '../command.ts';
import { complain, print, printable, printJson, progress } from '../output.ts';

/** A line of the engine's report. */
interface ReportLine {
  readonly kind: 'refused' | 'progress' | 'done';
  readonly line?: number;
  readonly field?: string;
  readonly rule?: string;
  readonly value?: string;
  readonly applied?: number;
}

function importer(what: 'mpans' | 'agents'): CommandSpec {
  return {
    name: what,
    about: `Imports ${what} from a CSV file (with a header line) or JSON lines (.jsonl).`,
    usage: `import FILE${what === 'mpans' ? ' [--mpid MPID]' : ''}`,
    words: [2, 2],
    run: (call) => {
      const [verb, file] = call.words;
      if (verb !== 'import' || file === undefined) throw new UsageError(`${what}: import FILE`);
      return run(call, what, file);
    },
  };
}

async function run(call: CommandCall, what: 'mpans' | 'agents', file: string): Promise<number> {
  const format = /\.(jsonl|ndjson)$/.test(file) ? 'jsonl' : 'csv';
  const query = new URLSearchParams({ format });
  const mpid = optionalText(call, 'mpid') ?? call.target.knownMpid;
  if (what === 'mpans' && mpid !== undefined) query.set('mpid', mpid);
  const total = statSync(file).size;
  const bar = progress(total, 'bytes');
  let sent = 0;
  async function* upload(): AsyncGenerator<Uint8Array> {
    for await (const chunk of createReadStream(file)) {
      sent += (chunk as Buffer).length;
      bar.update(sent);
      yield chunk as Buffer;
    }
  }
  const refused: ReportLine[] = [];
  let done: ReportLine | undefined;
  for await (const text of call.target.upload(`/ops/v1/imports/${what}?${query}`, upload(), format === 'csv' ? 'text/csv' : 'application/jsonl')) {
    const line = JSON.parse(text) as ReportLine;
    if (line.kind === 'refused') refused.push(line);
    else if (line.kind === 'done') done = line;
  }
  bar.stop();
  if (call.json) printJson({ ...done, refused });
  else {
    for (const { line, field, rule, value } of refused)
      complain(`line ${line}: ${printable(field ?? '')}: ${printable(rule ?? '')}: ${printable(value ?? '')}`);
    print(`imported ${done?.applied ?? 0}, refused ${refused.length}`);
  }
  return refused.length === 0 && done !== undefined ? 0 : 1;
}

export const importCommands: readonly CommandSpec[] = [importer('mpans'), importer('agents')];
