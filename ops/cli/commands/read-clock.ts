/** `mw read-clock`: reads the clocks of meters and never writes. */
import type { CommandSpec } from '../command.ts';
import { RUN_FLAGS, RUN_HELP, runMeters } from '../meter-run.ts';
import { METER_FLAGS, METER_HELP } from '../meters.ts';

export const readClock: CommandSpec = {
  name: 'read-clock',
  about: 'Reads the clock of one meter, or of each meter of a file, at once; writes nothing. Needs an operator token.',
  usage: '--type TYPE --address ADDRESS | --file FILE  [--trace] [--no-wait]',
  help: `${METER_HELP}
${RUN_HELP}
Both
  --no-wait      prints the request ids instead of waiting for the readings
  --trace        keeps the octets of the sessions with the action
Exit code 1 when a clock could not be read.`,
  options: { ...METER_FLAGS, ...RUN_FLAGS, trace: { type: 'boolean' }, 'no-wait': { type: 'boolean' } },
  words: [0, 0],
  run: (call) => runMeters(call, { task: 'read-clock', trace: call.flags.trace === true, wait: call.flags['no-wait'] !== true, defaults: { immediate: true } }),
};
