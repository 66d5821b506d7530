/** Sequences of modem commands as data: preparing, hanging up, probing (meter-protocols 3.2, steps 1 to 4 and 7). */
import type { ModemSettings } from './types.ts';

export type Step =
  /** Nothing is sent for so long. */
  | { readonly kind: 'silence'; readonly ms: number }
  /** `+++`, then silence; an early OK ends it. No answer is no failure: the modem may have been in command mode. */
  | { readonly kind: 'escape' }
  /** A command that wants OK. When all tries are spent: `otherwise` in its place, or without it the script has failed. */
  | { readonly kind: 'command'; readonly text: string; readonly otherwise?: readonly Step[] }
  | { readonly kind: 'dtr'; readonly high: boolean; readonly ms: number };

const command = (text: string, otherwise?: readonly Step[]): Step =>
  otherwise === undefined ? { kind: 'command', text } : { kind: 'command', text, otherwise };

function toCommandMode(settings: ModemSettings): readonly Step[] {
  return [{ kind: 'silence', ms: settings.guardMs }, { kind: 'escape' }];
}

function dropDtr(settings: ModemSettings): readonly Step[] {
  if (!settings.dtr) return [];
  return [
    { kind: 'dtr', high: false, ms: settings.dtrLowMs },
    { kind: 'dtr', high: true, ms: settings.dtrRecoveryMs },
  ];
}

/** From an unknown state to a modem that is ready to dial. */
export function prepareScript(settings: ModemSettings): readonly Step[] {
  const { initCommands, bearerCommand, portRate } = settings;
  return [
    ...toCommandMode(settings),
    command('ATH'),
    command('ATZ'),
    ...initCommands.map((text) => command(text)),
    ...(bearerCommand === undefined ? [] : [command(bearerCommand)]),
    ...(portRate === undefined ? [] : [command(`AT+IPR=${portRate}`)]),
  ];
}

/**
 * Ends a call, whatever state the modem is in.
 * @param inCommandMode true when the modem has just said why it failed: no escape is needed then
 */
export function hangUpScript(settings: ModemSettings, inCommandMode: boolean): readonly Step[] {
  const reset = command('ATZ');
  if (inCommandMode) return [command('ATH', dropDtr(settings)), reset];
  const byEscape = [...toCommandMode(settings), command('ATH', dropDtr(settings)), reset];
  if (settings.hangUp === 'escape' || !settings.dtr) return byEscape;
  return [...dropDtr(settings), command('ATZ', [...toCommandMode(settings), command('ATH', []), reset])];
}

export function probeScript(settings: ModemSettings): readonly Step[] {
  return [...toCommandMode(settings), command('AT'), command('ATH'), command('ATZ')];
}

/** The longest that a hang-up can take, milliseconds: the bound that nothing exceeds. */
export function longestHangUpMs(settings: ModemSettings): number {
  const { guardMs, escapeMarginMs, commandTries, commandTimeoutMs, commandPauseMs, dtr, dtrLowMs, dtrRecoveryMs } = settings;
  const each = commandTries * (commandTimeoutMs + commandPauseMs);
  return 2 * guardMs + escapeMarginMs + 3 * each + (dtr ? dtrLowMs + dtrRecoveryMs : 0);
}
