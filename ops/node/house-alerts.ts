/** Alerts about the installation itself (a channel, the disk, the bus): raised and cleared by command, under the key `directory`. */
import type { EngineFace, Ports } from '../../actors/engine/index.ts';

export interface HouseAlerts {
  raise(code: string, text: string): void;
  clear(code: string): void;
}

const KEY = 'directory';
const RETRY_MS = 5_000;

/** @param engine asked for when the first alert comes: channels are made before the engine */
export function houseAlerts(engine: () => Pick<EngineFace, 'command'>, ports: Pick<Ports, 'clock' | 'ids' | 'log'>): HouseAlerts {
  /** What was said last of each code and is not noted yet: a later word replaces an earlier one. */
  const unsaid = new Map<string, { readonly type: string; readonly text: string }>();
  const send = (type: string, code: string, text: string): void => {
    const word = { type, text };
    unsaid.set(code, word);
    say(code, word);
  };
  const say = (code: string, word: { readonly type: string; readonly text: string }): void => {
    engine()
      .command({ key: KEY, type: word.type, payload: { code, about: 'node', text: word.text }, origin: 'caller', id: ports.ids.uuid() })
      .then(() => {
        if (unsaid.get(code) === word) unsaid.delete(code);
      })
      .catch((error: unknown) => {
        ports.log.warn({ err: error, code, text: word.text }, 'an alert could not be noted yet');
        ports.clock.after(RETRY_MS, () => {
          if (unsaid.get(code) === word) say(code, word);
        });
      });
  };
  return { raise: (code, text) => send('alert.raise', code, text), clear: (code) => send('alert.clear', code, '') };
}
