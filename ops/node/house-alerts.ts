/** Alerts about the installation itself (a channel, the disk, the bus): raised and cleared by command, under the key `directory`. */
import type { EngineFace, Ports } from '../../actors/engine/index.ts';

export interface HouseAlerts {
  raise(code: string, text: string): void;
  clear(code: string): void;
}

const KEY = 'directory';

/** @param engine asked for when the first alert comes: channels are made before the engine */
export function houseAlerts(engine: () => Pick<EngineFace, 'command'>, ports: Pick<Ports, 'ids' | 'log'>): HouseAlerts {
  const send = (type: string, code: string, text: string): void => {
    engine()
      .command({ key: KEY, type, payload: { code, about: 'node', text }, origin: 'caller', id: ports.ids.uuid() })
      .catch((error: unknown) => ports.log.warn({ err: error, code, text }, 'an alert could not be noted'));
  };
  return { raise: (code, text) => send('alert.raise', code, text), clear: (code) => send('alert.clear', code, '') };
}
