/** Which frames answer which request. Only the extended form has a sequence; else the command and the register must do. */
import { ACK, CAN, FILE, REGISTER_FORMS } from './command.ts';

/**
 * Can these be the answer of a meter? The request itself, come back as an echo, is none.
 * @param request the octets of a command
 * @param reply likewise
 */
export function answers(request: Uint8Array, reply: Uint8Array): boolean {
  if (reply[0] === CAN) return true;
  const form = REGISTER_FORMS.find(({ letter }) => letter === request[0]);
  if (form === undefined || form.asks === null) return reply[0] === ACK || (form === undefined && request[0] === FILE && reply[0] === FILE);
  const head = 1 + form.width;
  if (reply.length <= head || isSame(request, reply, Math.max(request.length, reply.length))) return false;
  return isSame(request, reply, head);
}

function isSame(left: Uint8Array, right: Uint8Array, count: number): boolean {
  for (let at = 0; at < count; at++) if (left[at] !== right[at]) return false;
  return true;
}
