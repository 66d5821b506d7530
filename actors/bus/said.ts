/** Events made again from history: the same ids, subjects and bytes as when they were first told. */

import type { BusEvent } from '../engine/ports.ts';
import type { AnnouncedStep } from '../store/store.ts';
import { type AnnouncementData, cloudEvent } from './channel.ts';

/** The events of one step, in order. */
export function saidAgain({ actor, entry }: AnnouncedStep, source: string): BusEvent[] {
  return (entry.said ?? []).map((data, n) => {
    const key = `${actor}/${entry.version}/${n}`;
    const { subject } = data as unknown as AnnouncementData;
    return { subject, id: key, at: entry.at, payload: cloudEvent({ key, actor, createdAt: entry.at, data }, source) };
  });
}
