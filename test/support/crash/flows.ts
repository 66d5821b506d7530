/**
 * Whole lives of actions through the real handlers, channel and puller, cut at one of the places that they pass, and taken up again.
 * Many at once in one store, each at an address of its own; the meters outlive the engines.
 */
import type { ActorDoc } from '../../../actors/store/store.ts';
import { type ActionsOptions, type NewAction, REFUSED_PASSWORD_KIND } from '../../../actors/time-update/index.ts';
import { type ActionWorld, actionWorld, newAction } from '../../actors/time-update/world.ts';
import { FakeClock } from '../fake-clock.ts';
import { actionOptions } from './actions.ts';
import { type Groups, openHouse } from './house.ts';
import { PlainMeters, type StepIn } from './plain-meters.ts';
import { CRASH_ENGINE, quiet } from './run.ts';

export interface Flow {
  readonly title: string;
  readonly order?: Partial<NewAction>;
  /** What its sessions meet. `cancel` asks for the cancel and waits for the answer. */
  readonly stepIn?: (cancel: () => Promise<void>) => StepIn;
  /** Done by its caller right after it was taken. */
  readonly afterwards?: (cancel: () => Promise<void>) => Promise<void>;
}

/** One life. */
export interface Life {
  readonly flow: Flow;
  readonly cutAt: number | undefined;
  readonly key: string;
  requestId: number | undefined;
  /** What the caller was told, in order. */
  readonly told: ('taken' | 'cancel taken')[];
  passes: number;
  dead: boolean;
  doc: ActorDoc | undefined;
}

export interface Lived {
  readonly lives: readonly Life[];
  /** Addresses at which a password is remembered as refused. */
  readonly refused: ReadonlySet<string>;
  readonly meters: PlainMeters;
}

const MANY = 10_000;
const STEP_MS = 70_000;
const STEPS = 5;

/** @param at lies in the overnight window */
export async function liveThrough(
  at: number,
  wanted: readonly (readonly [flow: Flow, cutAt: number | undefined])[],
  groups: Groups = 'atomic',
): Promise<Lived> {
  const clock = new FakeClock(at);
  const house = await openHouse(at, () => [], groups);
  const lives = wanted.map(
    ([flow, cutAt], i): Life => ({ flow, cutAt, key: `tcp:${addressOf(i)}`, requestId: undefined, told: [], passes: 0, dead: false, doc: undefined }),
  );
  const byKey = new Map(lives.map((life) => [life.key, life]));
  let now: ActionWorld | undefined;
  const cancelOf = (life: Life) => async (): Promise<void> => {
    if (life.requestId === undefined || !now) return;
    if (await now.actions.cancel(life.requestId, 'token-1')) life.told.push('cancel taken');
  };
  const meters = new PlainMeters(
    () => clock.now(),
    () => 60,
    async (moment, order, live) => {
      const life = byKey.get(order.target.canonicalAddress);
      return life?.flow.stepIn?.(cancelOf(life))(moment, order, live);
    },
  );
  const cut = (_point: string, key: string): 'go' | 'stop' => {
    const life = byKey.get(key);
    if (!life) return 'go';
    life.dead ||= life.passes === life.cutAt;
    if (life.dead) return 'stop';
    life.passes++;
    return 'go';
  };

  const first = await open(house, clock, meters, cut);
  now = first;
  const callers = lives.map(async (life, i) => {
    life.requestId = await first.actions.submit(newAction(addressOf(i), { ...life.flow.order, requestReference: life.key }));
    life.told.push('taken');
    await life.flow.afterwards?.(cancelOf(life));
  });
  // Those of a dead key never come back.
  void Promise.allSettled(callers);
  await time(first, () => lives.filter(({ dead }) => !dead));
  await leave(first);

  const second = await open(house, clock, meters);
  now = second;
  await time(second, () => lives);
  for (const life of lives) life.doc = await docAt(second, life);
  const kept = await second.store.page({ index: 'kind', value: REFUSED_PASSWORD_KIND, order: 'asc', limit: MANY });
  await leave(second);
  await house.close();
  return { lives, refused: new Set(kept.items.map(({ key }) => key)), meters };
}

const addressOf = (i: number): string => `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}:4059`;

async function open(
  house: Awaited<ReturnType<typeof openHouse>>,
  clock: FakeClock,
  meters: PlainMeters,
  crash?: (point: string, key: string) => 'go' | 'stop',
): Promise<ActionWorld> {
  const options: ActionsOptions = { ...actionOptions, sessionsPerSecond: 0, sessions: MANY, sessionsWaiting: MANY };
  return actionWorld({
    store: await house.open(crash && ((key) => crash('between-ops', key))),
    clock,
    options,
    engine: CRASH_ENGINE,
    runner: (registry) => meters.runner(registry),
    pull: true,
    ...(crash ? { crash } : {}),
  });
}

/** By its reference: a caller that was cut off does not know the id. */
async function docAt({ store }: ActionWorld, { key }: Life): Promise<ActorDoc | undefined> {
  const ids = await store.find('requestReference', key);
  return ids.length === 0 ? undefined : (await store.get(ids))[0];
}

async function time(world: ActionWorld, wanted: () => readonly Life[]): Promise<void> {
  for (let step = 0; step < STEPS; step++) {
    await quiet(world.engine);
    const docs = await Promise.all(wanted().map((life) => docAt(world, life)));
    if (docs.every((doc) => doc?.state === 'done')) return;
    await world.clock.advance(STEP_MS);
  }
  await quiet(world.engine);
}

async function leave(world: ActionWorld): Promise<void> {
  world.engine.abandon();
  await world.puller.stop();
  await world.store.close();
}
