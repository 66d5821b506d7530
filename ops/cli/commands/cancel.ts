/** `mw cancel`: a meter action by its request id, or a pending process by its actor id. */
import { ActionsClient } from '../actions-client.ts';
import { type CommandSpec, needed } from '../command.ts';
import { print, printable, printJson } from '../output.ts';

/** `1234` or `action:1234`. */
export function actionId(word: string): number | undefined {
  const digits = /^(?:action:)?([1-9][0-9]{0,15})$/.exec(word)?.[1];
  const id = Number(digits);
  return digits !== undefined && Number.isSafeInteger(id) ? id : undefined;
}

export const cancel: CommandSpec = {
  name: 'cancel',
  about: 'Cancels a meter action, or ends a pending process.',
  usage: 'ID | ACTOR --reason TEXT',
  help: `ID: a meter action (1234, action:1234). One that has written already finishes, and its result stands.
ACTOR: a process (appointment:0190…, or its bare request id). Nothing is sent to the DIP once it was submitted.`,
  options: { reason: { type: 'string' } },
  words: [1, 1],
  run: async (call) => {
    const word = call.words[0] ?? '';
    const requestId = actionId(word);
    if (requestId !== undefined) {
      await new ActionsClient(call.target).cancel(requestId);
      if (call.json) printJson({ requestId });
      else print(`cancel: told: ${requestId}`);
      return 0;
    }
    const body = { reason: needed(call, 'reason') };
    const answer = await call.target.need<{ actor: string }>(`/ops/v1/actors/${encodeURIComponent(word)}/cancel`, { method: 'POST', body, as: 'operator' });
    if (call.json) printJson(answer);
    else print(`cancel: done: ${printable(answer.actor)}`);
    return 0;
  },
};
