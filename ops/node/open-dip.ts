/** The market platform's channel as this installation has it: its gap kept in the store, its troubles told as alerts. */
import type { AgentDirectory } from '../../actors/agent/index.ts';
import { NO_VOICE, type Voice } from '../../actors/cluster/contract.ts';
import { createDip, type Dip, type DipOptions, gateWordOf } from '../../actors/dip/index.ts';
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
  /** Among many nodes; default: this process is alone. */
  readonly voice?: Voice;
}

/** The window that is asked for and not done. */
const GAP_META = 'dip.gap';
/** Among many nodes: what the one that asks says of the gates. */
const GATE_META = 'dip.gate';

export function openDip({ options, store, ports, engine, agents, alerts, onTrouble, voice = NO_VOICE }: DipSetup): Promise<Dip> {
  return createDip({
    options,
    ports,
    engine,
    memory: {
      load: async () => ((await store.getMeta(GAP_META)) ?? null) as { from: number; to: number } | null,
      save: (window) => store.putMeta(GAP_META, window === null ? null : { from: window.from, to: window.to }),
    },
    nodes: {
      voice,
      memory: {
        load: async () => gateWordOf(await store.getMeta(GATE_META)) ?? null,
        save: (word) => store.putMeta(GATE_META, { ...word }),
      },
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
        .changed(dipIds)
        .catch((error: unknown) => {
          ports.log.error({ err: error }, 'agents could not be read again');
          if (error instanceof MeterwrightError && error.code === 'agents_limit') alerts.raise('agents_limit', error.message);
        });
    },
  });
}
