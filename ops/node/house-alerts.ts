/**
 * Alerts about the installation itself (a channel, the disk, the bus): raised and cleared by command, under the key `directory`.
 *
 * A process that is alone is `node`. Of many nodes each speaks of itself, `node:<id>`, so none clears what another one raised; only
 * what is one state for all of them is about `node`: whoever says it last says the same as all others.
 */
import type { EngineFace, Ports } from '../../actors/engine/index.ts';

export interface HouseAlerts {
  raise(code: string, text: string): void;
  clear(code: string): void;
}

export interface NodesAlerts extends HouseAlerts {
  /** That node is gone for good: nobody else can say that its troubles are over. */
  clearOf(node: string): Promise<void>;
}

const KEY = 'directory';
const RETRY_MS = 5_000;
const HOUSE = 'node';
/** States that all nodes share: the switch, and what whoever leads has found out with the market. */
const SHARED: ReadonlySet<string> = new Set(['meter_stop_switch', 'dip_retries_exhausted', 'dip_requeue_failed']);
/** Alerts about one node at a time. */
const MOST = 1_000;

/**
 * @param engine asked for when the first alert comes: channels are made before the engine
 * @param node name of this one of many nodes; absent: this process is alone
 */
export function houseAlerts(engine: () => Pick<EngineFace, 'command' | 'store'>, ports: Pick<Ports, 'clock' | 'ids' | 'log'>, node?: string): NodesAlerts {
  /** What was said last of each alert and is not noted yet: a later word replaces an earlier one. */
  const unsaid = new Map<string, Word>();
  const send = (word: Word): void => {
    unsaid.set(nameOf(word), word);
    say(word);
  };
  const say = (word: Word): void => {
    const { type, code, about, text } = word;
    engine()
      .command({ key: KEY, type, payload: { code, about, text }, origin: 'caller', id: ports.ids.uuid() })
      .then(() => {
        if (unsaid.get(nameOf(word)) === word) unsaid.delete(nameOf(word));
      })
      .catch((error: unknown) => {
        ports.log.warn({ err: error, code, text }, 'an alert could not be noted yet');
        ports.clock.after(RETRY_MS, () => {
          if (unsaid.get(nameOf(word)) === word) say(word);
        });
      });
  };
  const aboutOf = (code: string): string => (node === undefined || SHARED.has(code) ? HOUSE : about(node));
  return {
    raise: (code, text) => send({ type: 'alert.raise', code, about: aboutOf(code), text }),
    clear: (code) => send({ type: 'alert.clear', code, about: aboutOf(code), text: '' }),
    async clearOf(gone) {
      const { store } = engine();
      const docs = await store.get(await store.find('about', about(gone), MOST));
      for (const doc of docs) {
        if (doc?.kind !== 'alert' || (doc.state !== 'raised' && doc.state !== 'acknowledged')) continue;
        const [, code = ''] = doc.id.split(':');
        send({ type: 'alert.clear', code, about: about(gone), text: '' });
      }
    },
  };
}

interface Word {
  readonly type: 'alert.raise' | 'alert.clear';
  readonly code: string;
  readonly about: string;
  readonly text: string;
}

const about = (node: string): string => `${HOUSE}:${node}`;
const nameOf = ({ code, about: of }: Word): string => `${code} ${of}`;
