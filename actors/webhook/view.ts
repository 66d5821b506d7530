/**
 * The webhooks of the own suppliers in memory: asked at the end of every process, so it must cost nothing where there is none.
 *
 *   webhook.set ─commit─► `webhook:<mpid>` ──look──► views of all nodes
 *          └────────────── Voice `webhooks` ─────────► … and sooner
 *
 * The documents are the truth. Among many nodes they are looked at all the time, so no view is older than a second; while the store
 * cannot be read, the last look counts. An older read never replaces a newer one.
 */
import type { Json } from '../../machines/common/effects.ts';
import { NO_VOICE, type Voice } from '../cluster/contract.ts';
import type { StoreReader } from '../engine/face.ts';
import type { Clock, Log, Timer } from '../engine/ports.ts';
import { recordOf, type WebhookRecord, webhookActor } from './records.ts';

/** Pause between two looks: one may fail or be slow, and the next is still in time. */
const LOOK_MS = 400;
const READ_AT_ONCE = 500;
const TOPIC = 'webhooks';

export interface WebhookViewSetup {
  readonly store: Pick<StoreReader, 'get'>;
  /** Own suppliers: no other has a webhook. */
  readonly mpids: readonly string[];
  readonly clock: Clock;
  readonly log: Pick<Log, 'warn'>;
  readonly voice: Voice;
}

export class WebhookView {
  readonly #setup: WebhookViewSetup;
  readonly #held = new Map<string, { readonly version: number; readonly record: WebhookRecord }>();
  #unhear: () => void = () => {};
  #timer: Timer | undefined;
  #stopped = true;

  constructor(setup: WebhookViewSetup) {
    this.#setup = setup;
  }

  /** Reads all of them; before the engine starts. */
  async load(): Promise<void> {
    await this.#read(this.#setup.mpids);
  }

  /** Begin to follow the other nodes. */
  start(): void {
    if (!this.#stopped || this.#setup.voice === NO_VOICE) return;
    this.#stopped = false;
    this.#unhear = this.#setup.voice.on(TOPIC, (payload) => this.#heard(payload));
    this.#plan();
  }

  stop(): void {
    this.#stopped = true;
    this.#unhear();
    this.#timer?.cancel();
  }

  /** What the view has; undefined: there is none. */
  get(mpid: string): WebhookRecord | undefined {
    return this.#held.get(mpid)?.record;
  }

  isOn(mpid: string): boolean {
    return this.get(mpid)?.state === 'on';
  }

  /** As the store has it now, where a view of a second ago is not enough. */
  async fresh(mpid: string): Promise<WebhookRecord | undefined> {
    await this.#read([mpid]);
    return this.get(mpid);
  }

  /** It was changed by a commit of this node's doing: read again here and on the other nodes. */
  async changed(mpid: string): Promise<void> {
    this.#setup.voice.tell(TOPIC, { mpid });
    await this.#read([mpid]);
  }

  #heard(payload: Json): void {
    const { mpid } = (payload ?? {}) as { readonly mpid?: unknown };
    if (typeof mpid !== 'string' || !this.#setup.mpids.includes(mpid)) return;
    this.#read([mpid]).catch((error: unknown) => this.#failed(error));
  }

  #plan(): void {
    this.#timer = this.#setup.clock.after(LOOK_MS, () => {
      this.load()
        .catch((error: unknown) => this.#failed(error))
        .finally(() => {
          if (!this.#stopped) this.#plan();
        });
    });
  }

  #failed(error: unknown): void {
    this.#setup.log.warn({ err: error }, 'webhooks cannot be read: what was read last counts');
  }

  async #read(mpids: readonly string[]): Promise<void> {
    for (let start = 0; start < mpids.length; start += READ_AT_ONCE) {
      const docs = await this.#setup.store.get(mpids.slice(start, start + READ_AT_ONCE).map(webhookActor));
      for (const doc of docs) {
        const record = recordOf(doc);
        if (!doc || !record || (this.#held.get(record.mpid)?.version ?? 0) > doc.version) continue;
        this.#held.set(record.mpid, { version: doc.version, record });
      }
    }
  }
}
