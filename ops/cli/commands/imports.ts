/** `mw mpans import`, `mw agents import`: streams a file to the engine and reports refused lines with number and rule. */
import { type CommandSpec, optionalText, UsageError } from '../command.ts';
import { REASON_OPTION } from '../reason.ts';
import { importFile } from '../upload.ts';

function importer(what: 'mpans' | 'agents'): CommandSpec {
  return {
    name: what,
    about: `Imports ${what} from a CSV file (with a header line) or JSON lines (.jsonl).`,
    usage: `import FILE${what === 'mpans' ? ' [--mpid MPID]' : ''} [--reason TEXT]`,
    options: REASON_OPTION,
    words: [2, 2],
    run: (call) => {
      const [verb, file] = call.words;
      if (verb !== 'import' || file === undefined) throw new UsageError(`${what}: import FILE`);
      const mpid = what === 'mpans' ? (optionalText(call, 'mpid') ?? call.target.knownMpid) : undefined;
      return importFile(call, what, file, mpid === undefined ? {} : { mpid });
    },
  };
}

export const importCommands: readonly CommandSpec[] = [importer('mpans'), importer('agents')];
