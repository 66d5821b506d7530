/** What a line speaks: the commands of a Hayes modem, or those of a PAKNET pad (meter-protocols 3.2, 3.3). Pure. */
import { ModemDialogue, type ModemInput, type ModemStep } from '../../machines/modem-line/index.ts';
import { PaknetPad } from '../../machines/paknet-pad/index.ts';
import type { RemoteAddress } from '../link/address.ts';
import type { LineOptions } from './options.ts';

export interface LineDialogue {
  step(input: ModemInput, nowMs: number): ModemStep;
}

/** Which lines reach an address of this kind. */
export const dialogueFor = (kind: RemoteAddress['kind']): LineOptions['dialogue'] => (kind === 'paknet' ? 'x28' : 'at');

/** The device at the end of the line, for texts. */
export const deviceOf = ({ dialogue }: Pick<LineOptions, 'dialogue'>): string => (dialogue === 'at' ? 'modem' : 'pad');

/** @param dtr whether the port has it */
export function lineDialogue(line: LineOptions, dtr: boolean): LineDialogue {
  if (line.dialogue === 'at') return new ModemDialogue({ ...line, dtr });
  const { dialPrefix, dtrLowMs, dtrRecoveryMs, x28 } = line;
  const { callTimeoutMs: dialTimeoutMs, clearQuietMs: carrierQuietMs, ...rest } = x28;
  return new PaknetPad({ ...rest, dialPrefix, dialTimeoutMs, carrierQuietMs, dtr, dtrLowMs, dtrRecoveryMs });
}

/** Only the end of the port hangs up: nothing that is said over it does. */
export const hangsUpByClosing = ({ dialogue, x28 }: LineOptions, dtr: boolean): boolean => dialogue === 'x28' && !dtr && x28.withoutDtr === 'close';
