/** What operators do with webhooks: set, rotate, turn off, look, and try one out. Every change goes through the engine. */

import { formatUtc } from '../../machines/calendar/index.ts';
import type { SecretSource } from '../access/index.ts';
import type { EngineFace } from '../engine/face.ts';
import type { Ports } from '../engine/ports.ts';
import { RefusedError } from '../errors/error.ts';
import type { Sealer } from '../secrets/index.ts';
import { type AddressCheck, checkAddress } from './address.ts';
import { openSecrets, SEAL_BROKEN, sealPurpose, WEBHOOK_ALERT } from './channel.ts';
import type { SetWebhook, WebhookSet } from './handlers.ts';
import type { WebhookOptions } from './options.ts';
import { secretsInForce, type WebhookRecord, webhookActor } from './records.ts';
import type { Sender } from './sender.ts';
import { makeWebhookSecret, signDelivery } from './signing.ts';
import type { WebhookView } from './view.ts';

/** A webhook as operators see it: everything but its secrets. Instants in epoch milliseconds. */
export interface WebhookShown {
  readonly mpid: string;
  readonly url: string;
  readonly state: 'on' | 'off' | 'failed';
  readonly reason: 'gone' | 'given_up' | null;
  /** Those that sign now, the one in force first; `until`: the end of a rotation. */
  readonly secrets: readonly { readonly since: number; readonly until: number | null }[];
  readonly since: number;
  readonly changedBy: string;
  readonly lastSuccess: number | null;
  readonly lastFailure: { readonly at: number; readonly text: string } | null;
}

/** What became of a test delivery. `id` is its `webhook-id`. */
export interface WebhookTested {
  readonly delivered: boolean;
  readonly id: string;
  /** Null: no answer. */
  readonly status: number | null;
  readonly text: string;
  readonly tookMs: number;
}

export interface WebhooksSetup {
  readonly options: WebhookOptions;
  readonly engine: () => Pick<EngineFace, 'command'>;
  readonly ports: Pick<Ports, 'clock' | 'ids'>;
  readonly view: WebhookView;
  /** Own suppliers. */
  readonly mpids: readonly string[];
  readonly check: AddressCheck;
  readonly sealer: Sealer;
  readonly sender: Pick<Sender, 'send'>;
  readonly secrets: SecretSource;
}

const DIRECTORY_KEY = 'directory';

export class Webhooks {
  readonly #setup: WebhooksSetup;

  constructor(setup: WebhooksSetup) {
    this.#setup = setup;
  }

  /**
   * Turn it on, where it goes now or as before. The secret is given when it is new, and never again.
   * @throws RefusedError `invalid_value` (url), `no_such_webhook` (not ours, or no URL yet)
   */
  async set(
    mpid: string,
    wanted: { readonly url?: string | undefined; readonly rotate: boolean },
    by: string,
  ): Promise<WebhookShown & { readonly secret?: string }> {
    const { options, sealer, secrets, check, view } = this.#setup;
    this.#own(mpid);
    const url = wanted.url === undefined ? undefined : checkAddress(wanted.url, check);
    const secret = makeWebhookSecret(secrets);
    const payload: SetWebhook = {
      mpid,
      by,
      ...(url === undefined ? {} : { url }),
      sealed: sealer.seal(secret, sealPurpose(mpid)),
      rotate: wanted.rotate,
      rotationMs: options.rotationMs,
    };
    const { record, secretTaken } = await this.#command<WebhookSet>('webhook.set', payload);
    await view.changed(mpid);
    await this.#command('alert.clear', { code: WEBHOOK_ALERT, about: webhookActor(mpid) });
    return { ...this.#show(record), ...(secretTaken ? { secret } : {}) };
  }

  /** What is owed to it still is dropped. @throws RefusedError `no_such_webhook` */
  async off(mpid: string, by: string): Promise<WebhookShown> {
    this.#own(mpid);
    const record = await this.#command<WebhookRecord>('webhook.off', { mpid, by });
    await this.#setup.view.changed(mpid);
    await this.#command('alert.clear', { code: WEBHOOK_ALERT, about: webhookActor(mpid) });
    return this.#show(record);
  }

  /** @throws RefusedError `no_such_webhook` */
  async get(mpid: string): Promise<WebhookShown> {
    const record = await this.#setup.view.fresh(mpid);
    if (!record) throw new RefusedError('no_such_webhook', `mpid: ${mpid} has no webhook`);
    return this.#show(record);
  }

  /** In order of MPID. @param after the last one of the page before */
  async list(limit: number, after?: string): Promise<{ readonly items: readonly WebhookShown[]; readonly next: string | undefined }> {
    await this.#setup.view.load();
    const records = [...this.#setup.mpids].sort().flatMap((mpid) => (after !== undefined && mpid <= after ? [] : (this.#setup.view.get(mpid) ?? [])));
    const items = records.slice(0, limit);
    return { items: items.map((record) => this.#show(record)), next: records.length > limit ? items.at(-1)?.mpid : undefined };
  }

  /**
   * Deliver one event of the type `test`, now and once, whether the webhook is on or not. Nothing is kept of it.
   * @throws RefusedError `no_such_webhook`
   */
  async test(mpid: string, signal: AbortSignal): Promise<WebhookTested> {
    const { view, ports, sealer, sender } = this.#setup;
    const record = await view.fresh(mpid);
    if (!record) throw new RefusedError('no_such_webhook', `mpid: ${mpid} has no webhook`);
    const now = ports.clock.now();
    const requestId = ports.ids.uuid();
    const id = `${webhookActor(mpid)}/test/${requestId}`;
    const body = JSON.stringify(testMetadata(requestId, now));
    const secrets = openSecrets(sealer, record, now);
    if (!secrets) return { delivered: false, id, status: null, text: SEAL_BROKEN, tookMs: 0 };
    const result = await sender.send({ url: record.url, headers: { ...signDelivery(id, now, body, secrets) }, body }, signal);
    if (result.kind === 'unanswered') return { delivered: false, id, status: null, text: result.text, tookMs: result.tookMs };
    const { status, tookMs } = result;
    return { delivered: status >= 200 && status <= 299, id, status, text: `answered ${status}`, tookMs };
  }

  #own(mpid: string): void {
    if (!this.#setup.mpids.includes(mpid)) throw new RefusedError('no_such_webhook', `mpid: must be an own supplier: ${mpid}`);
  }

  #show(record: WebhookRecord): WebhookShown {
    const { mpid, url, state, reason, since, changedBy, lastSuccess, lastFailure } = record;
    const secrets = secretsInForce(record, this.#setup.ports.clock.now()).map((secret) => ({ since: secret.since, until: secret.until }));
    return { mpid, url, state, reason, secrets, since, changedBy, lastSuccess, lastFailure };
  }

  #command<T>(type: string, payload: object): Promise<T> {
    const { engine, ports } = this.#setup;
    return engine().command<T>({ key: DIRECTORY_KEY, type, payload, origin: 'caller', id: ports.ids.uuid() });
  }
}

/** As `metadata`, so that a receiver reads it as it reads any other; no meter point is 0. */
function testMetadata(requestId: string, now: number): object {
  const at = formatUtc(now);
  return {
    request_id: requestId,
    request_type: 'test',
    request_status: 'Success',
    initiated_by: null,
    description: 'Webhook test',
    created_at: at,
    last_updated_at: at,
    mpan_core: 0,
    errors: [],
  };
}
