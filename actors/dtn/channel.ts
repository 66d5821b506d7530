/** The channel `dtn`: hands files to the gateway, each sender's in the order of their ids. Test files stay here (appointments 1.8). */
import type { Channel, EffectResult } from '../engine/definition.ts';
import type { Ports } from '../engine/ports.ts';
import type { Effect } from '../store/store.ts';
import { DTN_CHANNEL, type DtnEffectData } from './definition.ts';
import { prepareFolders } from './folders.ts';
import { handOver } from './hand-over.ts';
import type { DtnAlerts, DtnOptions } from './options.ts';

/** Senders whose files are written at the same time. */
const SENDERS_AT_ONCE = 4;
const ALERT = 'dtn_gateway_unavailable';

/** Pause before try `attempt + 1`, milliseconds: doubles up to the cap, the upper half at random. */
export function handOverDelayMs(options: DtnOptions, attempt: number, random: number): number {
  const ceiling = Math.min(options.retryCapMs, options.retryInitialMs * 2 ** Math.min(attempt - 1, 20));
  return Math.ceil(ceiling / 2 + (ceiling / 2) * random);
}

/** @param node name of this one of many nodes */
export function createDtnChannel(options: DtnOptions, ports: Ports, alerts: DtnAlerts, node = 'single'): Channel {
  const troubled = new Set<string>();

  function failed(effect: Effect, data: DtnEffectData, attempt: number, error: unknown): EffectResult {
    const text = error instanceof Error ? error.message : String(error);
    ports.log.warn({ effect: effect.key, fileName: data.fileName, attempt, reason: text }, 'a file could not be handed to the DTN gateway');
    if (troubled.size === 0) alerts.raise(ALERT, `file ${data.fileName}: ${text}`, { mpid: data.mpid, fileName: data.fileName });
    troubled.add(data.mpid);
    return { kind: 'retry', delayMs: handOverDelayMs(options, attempt, ports.random.next()), text };
  }

  function recovered(mpid: string): void {
    if (troubled.delete(mpid) && troubled.size === 0) alerts.clear(ALERT);
  }

  return {
    name: DTN_CHANNEL,
    capacity: SENDERS_AT_ONCE,
    ordering: 'key',
    async perform(effect, attempt, signal): Promise<EffectResult> {
      const data = effect.data as DtnEffectData;
      const done: EffectResult = { kind: 'done', event: { type: 'file.taken', fileId: data.fileId } };
      if (data.test) return done;
      try {
        const folders = await prepareFolders(options, data.mpid);
        const news = await handOver(folders, { fileId: data.fileId, fileName: data.fileName, content: effect.body ?? '' }, node, signal);
        ports.log.info({ fileName: data.fileName, mpid: data.mpid, news }, 'a file was handed to the DTN gateway');
      } catch (error) {
        if (signal.aborted) return { kind: 'retry', delayMs: 0, text: 'stopped' };
        return failed(effect, data, attempt, error);
      }
      recovered(data.mpid);
      return done;
    },
  };
}
