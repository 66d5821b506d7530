/** The market platform's channel as this installation has it: its gap kept in the store, its troubles told as alerts. */
import type { AgentDirectory } from '../../actors/agent/index.ts';
import { createDip, type Dip, type DipOptions } from '../../actors/dip/index.ts';
import type { EngineFace, Ports } from '../../actors/engine/index.ts';
import { MeterwrightError } from '../../actors/errors/error.ts';
import type { Store } from '../../actors/store/index.ts';
import type { HouseAlerts } from './house-alerts.ts';

export interface DipSetup {
  readonly options: DipOptions;
  readonly store: Pick<Store, 'getMeta' | 'putMeta'>;
  readonly ports: Ports;
  /** Channels are made before the engine. */
  readonly engine: () => EngineFace;
  readonly agents: () => AgentDirectory;
  readonly alerts: HouseAlerts;
  /** Why nothing goes to the DIP, or null. */
  onTrouble(text: string | null): void;
}

const GAP_META = 'dip.gap';

export function openDip({ options, store, ports, engine, agents, alerts, onTrouble }: DipSetup): Promise<Dip> {
  return createDip({
    options,
    ports,
    engine,
    memory: {
      load: async () => ((await store.getMeta(GAP_META)) ?? null) as { from: number; to: number } | null,
      save: (window) => store.putMeta(GAP_META, window === null ? null : { from: window.from, to: window.to }),
    },
    onCircuit: (open, text) => {
      onTrouble(open ? text : null);
      if (open) alerts.raise('dip_circuit_open', text);
      else alerts.clear('dip_circuit_open');
    },
    onAlert: (code, raised, text) => (raised ? alerts.raise(code, text) : alerts.clear(code)),
    // Standing data changes the agents: what the directory holds in memory is read again.
    onReply: (reply) => {
      const { kind, dipIds } = reply as { kind?: string; dipIds?: readonly string[] };
      if (kind !== 'agents' || !dipIds) return;
      agents()
        .refresh(dipIds)
        .catch((error: unknown) => {
          ports.log.error({ err: error }, 'agents could not be read again');
          if (error instanceof MeterwrightError && error.code === 'agents_limit') alerts.raise('agents_limit', error.message);
        });
    },
  });
}
