/**
 * The callers: suppliers that appoint, an operator's system that has clocks set, somebody who watches, somebody who cancels. They keep
 * book of every answer that they had. An appointment without an answer is sent again under its key until it has one, by whichever engine;
 * a time-update has no key, so a caller without an answer goes on with another meter.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { isUnmigrated, seededMpan } from '../../ops/sim/market/seed.ts';
import { type Chance, chanceOf } from '../support/process/chance.ts';
import { appointment, type Scenario } from '../support/process/supplier.ts';
import type { Api, Ask } from './api.ts';
import type { ActionAcknowledged, AppointmentAcknowledged, CancelAcknowledged, Sighting } from './evidence.ts';

export interface Supply {
  readonly mpid: string;
  readonly apiKey: string;
  /** Its meter points are the seeded ones from `first` on. */
  readonly first: number;
  readonly count: number;
}

export interface ClientOptions {
  readonly api: Api;
  readonly seed: number;
  readonly supplies: readonly [Supply, ...Supply[]];
  /** Bodies of time-updates, each used once. */
  readonly meters: readonly (Readonly<Record<string, string>> & { readonly serialNumber: string })[];
  readonly mtsToken: string;
  readonly opsToken: string;
  /** Callers of each supplier at once, and the pause between two of their requests. */
  readonly parallel: number;
  readonly paceMs: number;
  readonly meterPaceMs: number;
}

const SCENARIOS = ['COS', 'CSP', 'CSP', 'USP', 'SEG'] as const;
/** Of processes that are no migrations; a D0151 has no recall. */
const CANCELLED = 0.05;
const WATCH_PACE_MS = 120;
const RECENT = 40;
/** What a caller waits for an answer when everything is healed. */
const LAST_PATIENCE_MS = 60_000;

export class Client {
  readonly appointments: AppointmentAcknowledged[] = [];
  readonly actions: ActionAcknowledged[] = [];
  readonly cancels: CancelAcknowledged[] = [];
  readonly sightings: Sighting[] = [];
  readonly refused: string[] = [];
  readonly unanswered: string[] = [];
  readonly #options: ClientOptions;
  readonly #work: Promise<void>[];
  readonly #cancelling: Promise<void>[] = [];
  #stopped = false;
  #giveUpAt = Number.POSITIVE_INFINITY;

  constructor(options: ClientOptions) {
    this.#options = options;
    this.#work = [
      ...options.supplies.flatMap((supply, place) => {
        const next = { index: 0 };
        return Array.from({ length: options.parallel }, (_, worker) => this.#appoint(supply, next, chanceOf(options.seed + place * 100 + worker)));
      }),
      this.#setClocks(chanceOf(options.seed + 1_000)),
      this.#watch(chanceOf(options.seed + 2_000)),
    ];
  }

  /** Begins nothing new; resolves when everything that was begun has its answer, or has been sent for long enough. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#giveUpAt = performance.now() + LAST_PATIENCE_MS;
    await Promise.all(this.#work);
    await Promise.all(this.#cancelling);
  }

  /** The same requests under the same keys once more. */
  async askAgain(most: number): Promise<readonly AppointmentAcknowledged[]> {
    const { api, supplies } = this.#options;
    const chosen = this.appointments.slice(-most);
    const again = new Map<string, string>();
    for (const one of chosen) {
      const supply = supplies.find(({ mpid }) => mpid === one.mpid) ?? supplies[0];
      const end = performance.now() + LAST_PATIENCE_MS;
      const found = await api.insist(...this.#request(supply, one.mpan, one.scenario as Scenario, one.key), () => performance.now() > end);
      again.set(one.key, found?.answer.text ?? 'no answer');
    }
    return this.appointments.map((one) => ({ ...one, ...(again.has(one.key) ? { textAgain: again.get(one.key) ?? '' } : {}) }));
  }

  readonly #gaveUp = (): boolean => performance.now() > this.#giveUpAt;

  #request({ mpid, apiKey }: Supply, mpan: string, scenario: Scenario, key: string): readonly [path: string, ask: Ask] {
    const body = appointment(mpan, { appointment_scenario: scenario });
    return [`/metering-services/v1/${mpid}/appoint`, { method: 'POST', body, headers: { 'x-api-key': apiKey, 'x-idempotency-key': key } }];
  }

  async #appoint(supply: Supply, next: { index: number }, chance: Chance): Promise<void> {
    const { api, paceMs } = this.#options;
    const { mpid } = supply;
    while (!this.#stopped && next.index < supply.count) {
      const place = supply.first + next.index++;
      const mpan = seededMpan(place);
      const scenario: Scenario = isUnmigrated(place) ? 'MCA' : chance.pick(SCENARIOS);
      const key = `chaos-${mpid}-${place}`;
      const askedAt = Date.now();
      const found = await api.insist(...this.#request(supply, mpan, scenario, key), this.#gaveUp);
      if (!found) this.unanswered.push(`appointment ${key}`);
      else if (found.answer.status !== 202) this.refused.push(`${mpid} ${mpan} ${scenario}: ${found.answer.status} ${found.answer.text}`);
      else {
        const { request_id: requestId } = found.answer.json as { request_id: string };
        this.appointments.push({ requestId, askedAt, ackedAt: Date.now(), calls: found.calls, mpid, mpan, scenario, key, text: found.answer.text });
        if (scenario !== 'MCA' && chance.next() < CANCELLED) this.#cancelling.push(this.#cancel(requestId));
      }
      await pause(paceMs * 2 * chance.next());
    }
  }

  async #cancel(requestId: string): Promise<void> {
    const { api, opsToken } = this.#options;
    // Noted when it is asked for: it may be done and the answer lost.
    this.cancels.push({ requestId, at: Date.now() });
    const ask = { method: 'POST', headers: { authorization: `Bearer ${opsToken}` }, body: { reason: 'chaos' } } as const;
    const found = await api.insist(`/ops/v1/actors/${requestId}/cancel`, ask, this.#gaveUp);
    if (found && found.answer.status >= 500) this.refused.push(`cancel ${requestId}: ${found.answer.status} ${found.answer.text}`);
    if (!found) this.unanswered.push(`cancel ${requestId}`);
  }

  async #setClocks(chance: Chance): Promise<void> {
    const { api, meters, mtsToken, meterPaceMs } = this.#options;
    for (const [index, meter] of meters.entries()) {
      if (this.#stopped) return;
      const askedAt = Date.now();
      const body = { ...meter, immediate: true, requestReference: `chaos-${index}` };
      const answer = await api.call('/MTS/time-update', { method: 'POST', headers: { authorization: `Bearer ${mtsToken}` }, body }).catch(() => undefined);
      if (answer?.status === 200) {
        const { requestId } = answer.json as { requestId: number };
        this.actions.push({ requestId: String(requestId), askedAt, ackedAt: Date.now(), calls: 1, serialNumber: meter.serialNumber });
      } else if (answer && answer.status !== 503 && answer.status !== 429) {
        this.refused.push(`time-update ${meter.serialNumber}: ${answer.status} ${answer.text}`);
      }
      await pause(meterPaceMs * 2 * chance.next());
    }
  }

  /** Looks at what was acknowledged lately, through whichever engine. One look at a time: their order is that of the answers. */
  async #watch(chance: Chance): Promise<void> {
    const { api, supplies } = this.#options;
    while (!this.#stopped) {
      const recent = this.appointments.slice(-RECENT);
      const one = recent[Math.floor(chance.next() * recent.length)];
      const supply = supplies.find(({ mpid }) => mpid === one?.mpid);
      if (one && supply) {
        const path = `/requests/v1/${one.mpid}?request_id=${one.requestId}`;
        const answer = await api.call(path, { headers: { 'x-api-key': supply.apiKey } }).catch(() => undefined);
        if (answer?.status === 200) {
          const [entry] = answer.json as readonly { metadata: { request_status: string } }[];
          this.sightings.push({ requestId: one.requestId, at: Date.now(), status: entry?.metadata.request_status ?? null });
        } else if (answer && answer.status !== 503 && answer.status !== 429) {
          this.refused.push(`look at ${one.requestId}: ${answer.status} ${answer.text}`);
        }
      }
      await pause(WATCH_PACE_MS * 2 * chance.next());
    }
  }
}
