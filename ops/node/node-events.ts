/**
 * Events of this node on the bus, `mw.evt.node.<node>.<what>` (interfaces, section 5). They tell of the machinery, not of the
 * market: while the bus is away the newest wait, bounded, and what does not fit is lost.
 */
import type { OpenBus } from '../../actors/bus/index.ts';
import type { Clock, Log } from '../../actors/engine/index.ts';
import type { Json } from '../../machines/common/effects.ts';

export interface NodeEvents {
  /** @param node another than this one, where this one speaks for it */
  tell(what: string, data: { readonly [member: string]: Json | undefined }, node?: string): void;
  stop(): void;
}

export interface NodeEventsSetup {
  readonly bus: Pick<OpenBus, 'connected' | 'publish' | 'onChange'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
  readonly prefix: string;
  readonly source: string;
  readonly node: string;
  /** Of this life of the process; no two events have one id. */
  readonly life: string;
}

interface Waiting {
  readonly subject: string;
  readonly id: string;
  readonly at: number;
  readonly payload: string;
}

const MAX_WAITING = 1_000;

export function createNodeEvents(setup: NodeEventsSetup): NodeEvents {
  const { bus, clock, log } = setup;
  const waiting: Waiting[] = [];
  let told = 0;
  let sending = false;
  const send = async (): Promise<void> => {
    if (sending) return;
    sending = true;
    try {
      while (bus.connected) {
        const [first] = waiting;
        if (!first) break;
        await bus.publish(first);
        // The list may have lost its head meanwhile.
        if (waiting[0] === first) waiting.shift();
      }
    } catch (error) {
      log.debug({ err: error }, 'an event of this node waits for the bus');
    } finally {
      sending = false;
    }
  };
  const unwatch = bus.onChange((connected) => {
    if (connected) void send();
  });
  return {
    tell(what, data, node = setup.node) {
      const at = clock.now();
      const id = `node:${setup.node}/${setup.life}/${++told}`;
      const payload = JSON.stringify({
        specversion: '1.0',
        id,
        source: setup.source,
        type: `meterwright.node.${what}.v1`,
        subject: `node:${node}`,
        time: new Date(at).toISOString(),
        datacontenttype: 'application/json',
        data: { node, ...data },
      });
      if (waiting.length >= MAX_WAITING) waiting.shift();
      waiting.push({ subject: `${setup.prefix}.evt.node.${node}.${what}`, id, at, payload });
      void send();
    },
    stop: unwatch,
  };
}
