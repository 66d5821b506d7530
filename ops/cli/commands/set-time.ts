/** `mw set-time`: has the clock of one meter set, or of every meter of a file. */
import type { CommandSpec } from '../command.ts';
import { RUN_FLAGS, RUN_HELP, runMeters } from '../meter-run.ts';
import { METER_FLAGS, METER_HELP } from '../meters.ts';

export const setTime: CommandSpec = {
  name: 'set-time',
  about: 'Sets the clock of one meter, or of each meter of a file, in the coming night or at once.',
  usage: '--type TYPE --address ADDRESS | --file FILE  [--immediate] [--wait] [--trace]',
  help: `${METER_HELP}
${RUN_HELP}
Both
  --immediate    at once (default: in the overnight window)
  --wait         until the results are there; prints them, or a summary by result
  --trace        keeps the octets of the sessions with the action (needs an operator's token)
Exit code 1 when something was refused, or, with --wait, did not end in SUCCESS.`,
  options: { ...METER_FLAGS, ...RUN_FLAGS, immediate: { type: 'boolean' }, wait: { type: 'boolean' }, trace: { type: 'boolean' } },
  words: [0, 0],
  run: (call) =>
    runMeters(call, {
      task: 'time-update',
      trace: call.flags.trace === true,
      wait: call.flags.wait === true,
      defaults: call.flags.immediate === true ? { immediate: true } : {},
    }),
};
