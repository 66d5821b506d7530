/** Why an action waits, in words for `mw why action:N`. Pure. */
import type { EpochMs } from '../../machines/common/effects.ts';
import type { MeterTarget } from '../../machines/meter-session/index.ts';
import { type ActionContext, utcText } from '../../machines/time-update/index.ts';
import type { SessionView } from '../meter-session/index.ts';
import type { ActorDoc } from '../store/store.ts';
import { GATE_BUCKETS, gateBucket } from './gate.ts';
import { contextOf } from './names.ts';
import type { ActionsOptions } from './options.ts';
import { slotsText } from './slot-classes.ts';
import type { Slots } from './slots.ts';
import type { SwitchState } from './stop-switch.ts';
import { bucketOpensAt, nextWindow, openWindow } from './window.ts';

export interface WhyWorld {
  readonly now: EpochMs;
  readonly options: Pick<ActionsOptions, 'window' | 'windowSpreadMs'>;
  readonly slots: Pick<Slots, 'used' | 'limit' | 'isBusy'>;
  readonly stopSwitch: SwitchState;
  readonly classOf: (target: MeterTarget) => string;
  /** Lines are those of a cluster. */
  readonly inCluster?: boolean;
  /** Node whose lines it waits for. */
  readonly waitsAt?: string | undefined;
  /** Its live session, if it has one. */
  readonly session: SessionView | undefined;
}

/** One line for each thing that it waits for; none: nothing holds it. */
export function whyActionWaits(doc: ActorDoc, world: WhyWorld): readonly string[] {
  const context = contextOf(doc);
  const { target } = context.request;
  const held = world.stopSwitch.on ? [stopped(world.stopSwitch)] : [];
  switch (doc.state) {
    case 'waiting':
      return [...held, ...window(context.request.requestId, world), ...room(target, doc.key, world)];
    case 'queued':
      return [...held, ...cancelled(context), ...room(target, doc.key, world)];
    case 'running':
      return world.session ? [running(world.session)] : [...held, 'its session was lost or cut; a further attempt follows', ...room(target, doc.key, world)];
    case 'paused':
      return [...held, ...cancelled(context), `pause until ${utcText(context.resumeAt ?? world.now)} after: ${context.failure?.text ?? 'a failed attempt'}`];
    default:
      return [];
  }
}

/** Cancelled, and goes on all the same. */
function cancelled({ cancelledBy }: ActionContext): readonly string[] {
  return cancelledBy === null ? [] : ['it was cancelled after a write that may have left: one more session reads the clock, and writes nothing'];
}

function stopped({ by, reason, at }: SwitchState): string {
  return `the stop switch is on since ${utcText(at)} (by ${by}: ${reason})`;
}

function running({ stage, stageSince, remoteAddress, node }: SessionView): string {
  return `its session with ${remoteAddress} runs${node === undefined ? '' : ` on node ${node}`}: stage ${stage} since ${utcText(stageSince)}`;
}

function window(requestId: number, { now, options }: WhyWorld): readonly string[] {
  const open = openWindow(now, options.window);
  if (!open) return [`the overnight window opens at ${utcText(nextWindow(now, options.window).startAt)}`];
  const turnAt = bucketOpensAt(gateBucket(requestId), open, options.windowSpreadMs, GATE_BUCKETS);
  return now < turnAt ? [`its turn in the window comes at ${utcText(turnAt)}`] : [];
}

function room(target: MeterTarget, key: string, { slots, classOf, inCluster, waitsAt }: WhyWorld): readonly string[] {
  const name = classOf(target);
  const what = slotsText(name);
  const limit = slots.limit(name);
  if (limit === 0) return [`there are no ${what}${inCluster ? ' in the cluster' : ''}`];
  if (waitsAt !== undefined) return [`it waits for one of the ${what} of node ${waitsAt}`];
  const full = slots.used(name) >= limit ? [`all ${limit} ${what} are in use`] : [];
  return [...(slots.isBusy(key) ? [`the address ${key} is busy with, or next for, a session`] : []), ...full];
}
