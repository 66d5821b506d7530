/** Does to the world what the schedule says, wave by wave, and keeps book of when. */
import { setTimeout as pause } from 'node:timers/promises';
import { describe, ENGINES, type EngineName, type Fault, type NatsName } from './faults.ts';
import type { Planned, Schedule } from './schedule.ts';
import type { World } from './world.ts';

export interface Happened {
  readonly fault: string;
  readonly type: Fault['type'];
  /** Wall clock of the run. */
  readonly from: number;
  readonly to: number;
}

const LEADER_MS = 5_000;
const CLOCK_RIGHT = 0;

export class Performer {
  readonly happened: Happened[] = [];
  /** What went wrong in a way that no fault explains. */
  readonly wrong: string[] = [];
  readonly #world: World;
  readonly #drain: (engine: EngineName) => Promise<string | undefined>;
  readonly #say: (text: string) => void;
  #under = 0;

  /** @param drain has an engine give its shards away; tells what is wrong */
  constructor(world: World, drain: (engine: EngineName) => Promise<string | undefined>, say: (text: string) => void) {
    this.#world = world;
    this.#drain = drain;
    this.#say = say;
    world.excuse = () => this.#under > 0;
  }

  /** @param signal ends it early; everything is healed then too */
  async run({ faults, endsAt }: Schedule, signal: AbortSignal): Promise<void> {
    const begin = performance.now();
    // A wave that took longer than planned puts off those behind it.
    let late = 0;
    const waves = Map.groupBy(faults, ({ wave }) => wave);
    for (const wave of waves.values()) {
      const at = Math.min(...wave.map(({ atMs }) => atMs));
      await pause(Math.max(0, begin + at + late - performance.now()), undefined, { signal }).catch(() => {});
      if (signal.aborted) return;
      late = Math.max(0, performance.now() - begin - at);
      await Promise.all(wave.map((planned) => this.#one(planned, at, signal)));
    }
    await pause(Math.max(0, begin + endsAt - performance.now()), undefined, { signal }).catch(() => {});
  }

  async #one({ atMs, untilMs, fault }: Planned, waveAt: number, signal: AbortSignal): Promise<void> {
    await pause(atMs - waveAt, undefined, { signal }).catch(() => {});
    const from = Date.now();
    this.#under += 1;
    this.#say(describe(fault));
    try {
      const heal = await this.#begin(fault);
      await pause(untilMs - atMs, undefined, { signal }).catch(() => {});
      await heal();
    } catch (error) {
      this.wrong.push(`${describe(fault)}: ${error instanceof Error ? error.message : String(error)}`);
      this.#say(this.wrong.at(-1) ?? '');
    } finally {
      this.#under -= 1;
      this.happened.push({ fault: describe(fault), type: fault.type, from, to: Date.now() });
    }
  }

  /** @returns how it is healed */
  async #begin(fault: Fault): Promise<() => Promise<void> | void> {
    const { engines, nats, store } = this.#world;
    switch (fault.type) {
      case 'engine-kill': {
        const engine = engines[fault.engine];
        await engine.kill();
        return () => engine.start();
      }
      case 'engine-pause': {
        const engine = engines[fault.engine];
        engine.sleep();
        return () => engine.wake();
      }
      case 'nats-kill': {
        const server = fault.server === 'leader' ? await this.#leader() : fault.server;
        await nats.kill(server);
        return () => nats.restart(server);
      }
      case 'store-kill':
        await store.kill();
        return () => store.restart();
      case 'cut': {
        const wire = this.#world.wire(fault.link);
        wire.set(fault.how);
        return () => wire.heal();
      }
      case 'delay': {
        const wire = this.#world.wire(fault.link);
        wire.delay(fault.direction, fault.delayMs);
        return () => wire.heal();
      }
      case 'clock': {
        const engine = engines[fault.engine];
        engine.setClock(fault.offsetMs);
        return () => engine.setClock(CLOCK_RIGHT);
      }
      case 'rolling':
        await this.#roll();
        return () => {};
    }
  }

  async #roll(): Promise<void> {
    for (const name of ENGINES) {
      const engine = this.#world.engines[name];
      for (const wrong of [await this.#drain(name), await engine.stop()]) if (wrong !== undefined) this.wrong.push(`rolling restart: ${name} ${wrong}`);
      await engine.start();
    }
  }

  async #leader(): Promise<NatsName> {
    const late = pause(LEADER_MS, 'n1' as const);
    return (await Promise.race([this.#world.nats.leaderOf('MW_EVENTS'), late])) as NatsName;
  }
}
