/** `mw vectors`: runs vector files of the form of `test/vectors/README.md` against the codecs. */
import { readVectorFile, VectorFileError } from '../../vectors/file.ts';
import type { VectorResult } from '../../vectors/run.ts';
import type { CommandCall, CommandSpec } from '../command.ts';
import { complain, print, printable, printJson } from '../output.ts';

const MOST_FILES = 1000;

export const vectors: CommandSpec = {
  name: 'vectors',
  about: 'Runs test vectors: decoding must agree with `decoded`, and encoding with `hex` where the vector asks for it.',
  usage: 'FILE…',
  help: `A file is a JSON array of vectors of the form of test/vectors/README.md. Prints what failed and why, and ends with
"N passed, N failed". With --json one object: passed, failed, failures, files that could not be read.`,
  words: [1, MOST_FILES],
  run,
};

interface Failure extends VectorResult {
  readonly file: string;
  readonly index: number;
}

async function run(call: CommandCall): Promise<number> {
  // The other commands start without the codecs.
  const { runVector } = await import('../../vectors/run.ts');
  const failures: Failure[] = [];
  const malformed: string[] = [];
  let passed = 0;
  for (const file of call.words) {
    try {
      for (const [index, vector] of readVectorFile(file).entries()) {
        const result = runVector(vector);
        if (result.passed) passed += 1;
        else failures.push({ ...result, file, index });
      }
    } catch (error) {
      if (!(error instanceof VectorFileError)) throw error;
      malformed.push(error.message);
    }
  }
  const failed = failures.length + malformed.length;
  if (call.json) printJson({ passed, failed, failures, malformed });
  else report(failures, malformed, `${passed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

function report(failures: readonly Failure[], malformed: readonly string[], closing: string): void {
  for (const { file, index, id, faults } of failures) {
    for (const fault of faults) print(`FAILED ${printable(`${file}[${index}] ${id}: ${fault}`)}`);
  }
  for (const message of malformed) complain(`mw: ${printable(message)}`);
  print(closing);
}
