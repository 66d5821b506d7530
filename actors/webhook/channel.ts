/**
 * The channel `webhook`: tells suppliers that a process of theirs has ended.
 *
 *   end of a process ─commit─► effect (body fixed) ──► lane (supplier, shard) ──► place ──► POST ──► settled
 *                                                          ▲ pause, growing ◄── not 2xx ◄──┘
 *
 * Invariants
 * - W1 A delivery goes out at least once, under one `webhook-id`, with the bytes of its commit; only timestamp and signature are fresh.
 * - W2 2xx is success, and nothing else is. 410 turns the webhook off at once, a day of failures does so too; both raise an alert first.
 * - W3 What is owed to a webhook that was turned off is dropped; the truth about that is the document, not the view.
 * - W4 A receiver that is slow or away holds at most its own places and lanes.
 */
import type { EpochMs, Json } from '../../machines/common/effects.ts';
import type { Channel, EffectResult } from '../engine/definition.ts';
import type { EngineFace } from '../engine/face.ts';
import type { Ports } from '../engine/ports.ts';
import type { Sealer } from '../secrets/index.ts';
import type { Effect } from '../store/store.ts';
import type { WebhookFound } from './handlers.ts';
import type { WebhookOptions } from './options.ts';
import { Places } from './places.ts';
import { Receivers } from './receivers.ts';
import { secretsInForce, shortText, WEBHOOK_CHANNEL, type WebhookRecord, webhookActor } from './records.ts';
import { isGivenUp } from './retry.ts';
import type { Delivered, Sender } from './sender.ts';
import { signDelivery } from './signing.ts';
import type { WebhookView } from './view.ts';

export const WEBHOOK_ALERT = 'webhook_off';
const DIRECTORY_KEY = 'directory';
/** Deliveries that wait for a place; more than there are lanes. */
const CAPACITY = 4_096;
/** How often a success, or a failure, is noted while nothing changes. */
const NOTE_MS = 60_000;
/** Pause when the webhook could not be turned off. */
const STORE_PAUSE_MS = 5_000;
/** Answers that mean the receiver, not the delivery. */
const SILENT: ReadonlySet<number> = new Set([408, 425, 429, 502, 503, 504]);
const GONE = 410;

/** `data` of the effect. */
export type WebhookEffectData = { readonly mpid: string };

export const OUTCOMES = ['delivered', 'failed', 'dropped', 'given_up', 'gone'] as const;
export type WebhookOutcome = (typeof OUTCOMES)[number];

export interface WebhookChannelSetup {
  readonly options: WebhookOptions;
  readonly ports: Pick<Ports, 'clock' | 'random' | 'ids' | 'log'>;
  /** Asked for at the first delivery: channels are made before the engine. */
  readonly engine: () => Pick<EngineFace, 'command'>;
  readonly view: WebhookView;
  readonly sealer: Pick<Sealer, 'openText'>;
  readonly sender: Pick<Sender, 'send'>;
}

export interface WebhookChannel extends Channel {
  /** Since the start. */
  readonly outcomes: ReadonlyMap<WebhookOutcome, number>;
  /** Deliveries that are with their receivers now. */
  readonly underWay: number;
}

/** Purpose of a sealed secret. */
export const sealPurpose = (mpid: string): string => `webhook:${mpid}`;

/** `<actor>/<version>/<n>`: the same for every try. */
export const webhookId = ({ actor, version, n }: Pick<Effect, 'actor' | 'version' | 'n'>): string => `${actor}/${version}/${n}`;

/** What a supplier is owed at the end of a process, for `createAppointmentDefinition`. */
export function webhookNotice(view: Pick<WebhookView, 'isOn'>): (mpid: string) => { channel: string; name: string; data: Json } | undefined {
  return (mpid) => (view.isOn(mpid) ? { channel: WEBHOOK_CHANNEL, name: 'webhook', data: { mpid } } : undefined);
}

export function createWebhookChannel(setup: WebhookChannelSetup): WebhookChannel {
  const channel = new Deliveries(setup);
  return {
    name: WEBHOOK_CHANNEL,
    capacity: CAPACITY,
    ordering: 'lane',
    laneOf: ({ data }) => (data as WebhookEffectData).mpid,
    // Always open; that it opens is said when a receiver is back, so that nothing waits out its pause.
    gate: { open: true, onChange: (listener) => channel.onBack(listener) },
    perform: (effect, _attempt, signal) => channel.perform(effect, signal),
    outcomes: channel.outcomes,
    get underWay() {
      return channel.places.running;
    },
  };
}

class Deliveries {
  readonly outcomes = new Map<WebhookOutcome, number>(OUTCOMES.map((outcome) => [outcome, 0]));
  readonly places: Places;
  readonly #setup: WebhookChannelSetup;
  readonly #receivers: Receivers;
  readonly #noted = new Map<string, { readonly good: boolean; readonly at: number; readonly since: number }>();
  readonly #back = new Set<(open: boolean) => void>();

  constructor(setup: WebhookChannelSetup) {
    const { options, ports } = setup;
    this.#setup = setup;
    this.places = new Places(options.perReceiver, options.maxInFlight);
    this.#receivers = new Receivers(options, () => ports.random.next());
  }

  onBack(listener: (open: boolean) => void): () => void {
    this.#back.add(listener);
    return () => this.#back.delete(listener);
  }

  async perform(effect: Effect, signal: AbortSignal): Promise<EffectResult> {
    const { mpid } = effect.data as WebhookEffectData;
    const leave = await this.places.enter(mpid, signal);
    if (!leave) return { kind: 'retry', delayMs: 0, text: 'was stopped' };
    try {
      // Only now: whoever waited long for a place goes by what holds today.
      const record = await this.#wanted(mpid);
      return record ? await this.#inPlace(effect, record, signal) : this.#dropped(mpid, effect);
    } catch (error) {
      this.#receivers.left(mpid);
      this.#setup.ports.log.warn({ err: error, mpid }, 'a webhook cannot be read');
      return { kind: 'retry', delayMs: STORE_PAUSE_MS, text: 'the webhook cannot be read' };
    } finally {
      leave();
    }
  }

  async #inPlace(effect: Effect, record: WebhookRecord, signal: AbortSignal): Promise<EffectResult> {
    const { clock } = this.#setup.ports;
    const waitMs = this.#receivers.wait(record.mpid, effect.key, clock.monotonic());
    if (waitMs > 0) {
      if (this.#isGivenUp(effect, record)) return this.#turnOff(effect, record, 'given_up', record.lastFailure?.text ?? 'does not answer');
      return { kind: 'retry', delayMs: this.#withinTheDay(effect, record, waitMs), text: record.lastFailure?.text ?? 'the receiver is away' };
    }
    const delivered = await this.#send(effect, record, signal);
    if (delivered.kind === 'unanswered' && delivered.stopped) {
      this.#receivers.left(record.mpid);
      return { kind: 'retry', delayMs: 0, text: delivered.text };
    }
    if (delivered.kind === 'answered' && delivered.status >= 200 && delivered.status <= 299) return this.#taken(effect, record);
    if (delivered.kind === 'answered' && delivered.status === GONE) return this.#turnOff(effect, record, 'gone', 'answered 410');
    return this.#refused(effect, record, delivered);
  }

  /** The webhook, when it is on; a view that says otherwise may be a second old. */
  async #wanted(mpid: string): Promise<WebhookRecord | undefined> {
    const { view } = this.#setup;
    const seen = view.get(mpid);
    if (seen?.state === 'on') return seen;
    const fresh = await view.fresh(mpid);
    return fresh?.state === 'on' ? fresh : undefined;
  }

  async #send(effect: Effect, record: WebhookRecord, signal: AbortSignal): Promise<Delivered> {
    const { ports, sealer, sender } = this.#setup;
    const now = ports.clock.now();
    const body = effect.body ?? '';
    const secrets = openSecrets(sealer, record, now);
    if (!secrets) return { kind: 'unanswered', text: SEAL_BROKEN, stopped: false, tookMs: 0 };
    return sender.send({ url: record.url, headers: { ...signDelivery(webhookId(effect), now, body, secrets) }, body }, signal);
  }

  #taken({ key }: Effect, record: WebhookRecord): EffectResult {
    this.#count('delivered');
    this.#note(record, { success: this.#setup.ports.clock.now() });
    if (this.#receivers.succeeded(record.mpid, key)) for (const listener of this.#back) listener(true);
    return { kind: 'done' };
  }

  async #refused(effect: Effect, record: WebhookRecord, delivered: Delivered): Promise<EffectResult> {
    const { clock } = this.#setup.ports;
    const text = delivered.kind === 'answered' ? `answered ${delivered.status}` : delivered.text;
    const silent = delivered.kind === 'unanswered' || SILENT.has(delivered.status);
    const asked = delivered.kind === 'answered' ? (delivered.retryAfterMs ?? 0) : 0;
    const { pauseMs, alone } = this.#receivers.failed(record.mpid, effect.key, clock.monotonic(), silent, asked);
    this.#count('failed');
    if (this.#isGivenUp(effect, record)) return this.#turnOff(effect, record, 'given_up', text);
    this.#note(record, { failure: { at: clock.now(), text: shortText(text) } });
    return { kind: 'retry', delayMs: this.#withinTheDay(effect, record, pauseMs), text, ...(alone ? { aside: true } : {}) };
  }

  /** A delivery is old from its commit on, but not before the webhook was set as it is. */
  #begunAt(effect: Effect, record: WebhookRecord): EpochMs {
    return Math.max(effect.createdAt, record.since);
  }

  #isGivenUp(effect: Effect, record: WebhookRecord): boolean {
    const { options, ports } = this.#setup;
    return isGivenUp(this.#begunAt(effect, record), ports.clock.now(), this.#receivers.tries(record.mpid, effect.key), options);
  }

  /** The day may end within a pause. */
  #withinTheDay(effect: Effect, record: WebhookRecord, pauseMs: number): number {
    const leftMs = this.#begunAt(effect, record) + this.#setup.options.retryMs - this.#setup.ports.clock.now();
    return leftMs > 0 ? Math.min(pauseMs, leftMs) : pauseMs;
  }

  /** The alert comes first: after a crash in between this delivery is tried once more and finds the same. */
  async #turnOff(effect: Effect, record: WebhookRecord, off: 'gone' | 'given_up', text: string): Promise<EffectResult> {
    const { mpid, since } = record;
    const { ports, view } = this.#setup;
    const why = off === 'gone' ? 'the receiver says that it is gone for good' : `no delivery was taken for ${hoursOf(this.#setup.options.retryMs)}`;
    try {
      // Whoever set it anew meanwhile wants to be told where it goes now.
      if ((await view.fresh(mpid))?.since !== since) return { kind: 'retry', delayMs: 0, text };
      await this.#command('alert.raise', { code: WEBHOOK_ALERT, about: webhookActor(mpid), text: `${mpid}: the webhook was turned off: ${why} (${text})` });
      const failure = { at: ports.clock.now(), text: shortText(text) };
      await this.#command('webhook.found', { mpid, since, failure, off } satisfies WebhookFound);
      await view.changed(mpid);
    } catch (error) {
      ports.log.warn({ err: error, mpid }, 'a webhook could not be turned off yet');
      this.#receivers.left(mpid);
      return { kind: 'retry', delayMs: STORE_PAUSE_MS, text };
    }
    this.#receivers.forget(mpid, effect.key);
    this.#count(off);
    ports.log.warn({ mpid, id: webhookId(effect) }, `webhook turned off: ${why}`);
    // Those behind it wait for nothing any more.
    for (const listener of this.#back) listener(true);
    return { kind: 'done' };
  }

  #dropped(mpid: string, effect: Effect): EffectResult {
    this.#receivers.forget(mpid, effect.key);
    this.#count('dropped');
    this.#setup.ports.log.info({ mpid, id: webhookId(effect) }, 'a webhook delivery was dropped: the webhook is off');
    return { kind: 'done' };
  }

  /** Noted at every change from good to bad and back, else once a minute. Nobody waits for it. */
  #note({ mpid, since }: WebhookRecord, found: Pick<WebhookFound, 'success' | 'failure'>): void {
    const { clock, log } = this.#setup.ports;
    const good = found.success !== undefined;
    const before = this.#noted.get(mpid);
    const at = clock.monotonic();
    if (before?.good === good && before.since === since && at - before.at < NOTE_MS) return;
    this.#noted.set(mpid, { good, at, since });
    this.#command('webhook.found', { mpid, since, ...found } satisfies WebhookFound)
      .then(() => this.#setup.view.changed(mpid))
      .catch((error: unknown) => log.warn({ err: error, mpid }, 'the last delivery of a webhook could not be noted'));
  }

  async #command(type: string, payload: object): Promise<void> {
    const { ports, engine } = this.#setup;
    await engine().command({ key: DIRECTORY_KEY, type, payload, origin: 'caller', id: ports.ids.uuid() });
  }

  #count(outcome: WebhookOutcome): void {
    this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + 1);
  }
}

/** What the secrets of a webhook are sealed with is not the key of this installation any more. */
export const SEAL_BROKEN = 'its secret cannot be opened here; set it again with --rotate';

/** The secrets that sign now; undefined when one of them cannot be opened. */
export function openSecrets(sealer: Pick<Sealer, 'openText'>, record: WebhookRecord, now: EpochMs): readonly string[] | undefined {
  try {
    return secretsInForce(record, now).map(({ sealed }) => sealer.openText(sealed, sealPurpose(record.mpid)));
  } catch {
    return undefined;
  }
}

const HOUR_MS = 3_600_000;
const hoursOf = (ms: number): string => (ms % HOUR_MS === 0 ? `${ms / HOUR_MS} h` : `${Math.round(ms / 1_000)} s`);
