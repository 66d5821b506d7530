/** Progress of running meter sessions, as it is told on core NATS: of the moment, never resumed (interfaces 4.1). */
import type { StoreReader } from '../../actors/engine/face.ts';
import type { Clock, Log } from '../../actors/engine/ports.ts';
import { ACTION_KIND, actionActor } from '../../actors/time-update/index.ts';
import { itemOf } from './items.ts';
import type { Facts } from './scope.ts';
import type { LiveBus } from './tail.ts';

export interface ProgressSetup {
  readonly bus: LiveBus;
  readonly prefix: string;
  readonly store: Pick<StoreReader, 'get'>;
  readonly clock: Pick<Clock, 'soon'>;
  readonly log: Log;
  /** @param tail the frame behind its `sub` */
  onProgress(facts: Facts, tail: string): void;
}

/** Actions whose owner and meter are remembered. */
const REMEMBERED = 2_000;
/** Waiting for their owner; more are not told. */
const MAX_WAITING = 10_000;

interface Progress {
  readonly requestId: number;
  readonly percent: number;
  readonly stage: string;
  readonly data: object;
}

export class ProgressFeed {
  readonly #setup: ProgressSetup;
  /** Who an action is of never changes; its meter's serial number may become known. Null: there is no such action. */
  readonly #facts = new Map<number, Facts | null>();
  #waiting: Progress[] = [];
  #isWorking = false;
  #unwatch: (() => void) | undefined;
  #unhear: (() => void) | undefined;

  constructor(setup: ProgressSetup) {
    this.#setup = setup;
  }

  start(): void {
    if (this.#unwatch) return;
    this.#unwatch = this.#setup.bus.onChange(() => this.#hear());
    this.#hear();
  }

  stop(): void {
    this.#unwatch?.();
    this.#unwatch = undefined;
    this.#unhear?.();
    this.#unhear = undefined;
    this.#waiting = [];
  }

  /** An event of an action tells of its meter, too. */
  learn(facts: Facts): void {
    if (facts.domain === 'meter-action' && facts.requestId !== undefined) this.#remember(Number(facts.requestId), facts);
  }

  #hear(): void {
    this.#unhear?.();
    this.#unhear = undefined;
    const { bus, prefix } = this.#setup;
    if (!bus.connected || !bus.connection) return;
    const subscription = bus.connection.subscribe(`${prefix}.live.>`, {
      callback: (error, message) => {
        if (!error) this.#take(message.data);
      },
    });
    this.#unhear = () => subscription.unsubscribe();
  }

  #take(data: Uint8Array): void {
    const progress = read(data);
    if (!progress || this.#waiting.length >= MAX_WAITING) return;
    this.#waiting.push(progress);
    if (this.#isWorking) return;
    this.#isWorking = true;
    this.#setup.clock.soon(() => void this.#work());
  }

  async #work(): Promise<void> {
    try {
      while (this.#waiting.length > 0) {
        const batch = this.#waiting;
        this.#waiting = [];
        const unknown = [...new Set(batch.map(({ requestId }) => requestId))].filter((requestId) => !this.#facts.has(requestId));
        const docs = unknown.length === 0 ? [] : await this.#setup.store.get(unknown.map(actionActor));
        unknown.forEach((requestId, at) => {
          const doc = docs[at];
          this.#remember(requestId, (doc?.kind === ACTION_KIND && itemOf(doc)?.facts) || null);
        });
        for (const progress of batch) this.#tell(progress);
      }
    } catch (error) {
      this.#setup.log.debug({ err: error }, 'progress of meter sessions could not be told');
    } finally {
      this.#isWorking = false;
    }
  }

  #tell({ requestId, percent, stage, data }: Progress): void {
    const facts = this.#facts.get(requestId);
    if (!facts) return;
    this.#setup.onProgress(facts, `,"actor":"action:${requestId}","percent":${percent},"stage":${JSON.stringify(stage)},"data":${JSON.stringify(data)}}`);
  }

  #remember(requestId: number, facts: Facts | null): void {
    this.#facts.delete(requestId);
    this.#facts.set(requestId, facts);
    if (this.#facts.size <= REMEMBERED) return;
    const [oldest] = this.#facts.keys();
    if (oldest !== undefined) this.#facts.delete(oldest);
  }
}

/** What comes before a progress's tail. */
export const progressHead = (sub: string): string => `{"kind":"progress","sub":${JSON.stringify(sub)}`;

function read(data: Uint8Array): Progress | undefined {
  try {
    const value = JSON.parse(Buffer.from(data).toString('utf8')) as { requestId?: unknown; percent?: unknown; stage?: unknown };
    const { requestId, percent, stage } = value;
    if (typeof requestId !== 'number' || !Number.isSafeInteger(requestId) || typeof percent !== 'number' || typeof stage !== 'string') return undefined;
    return { requestId, percent, stage, data: value };
  } catch {
    return undefined;
  }
}
