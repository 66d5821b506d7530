/**
 * The DIP's callbacks (appointments 2.4, A-23): verify, parse, hand over, and answer only when every owner has committed.
 *
 * Invariants
 * - R1 Nothing is parsed before hash, date, certificate and signature are found good.
 * - R2 `MSG0000` for an item means that it is on stable storage (or was before).
 * - R3 What was good and could not be stored is answered so that the DIP sends it again.
 * - R4 Whatever the bytes are, the answer is not a 5xx; 503 says that we could not store.
 */
import type { EpochMs } from '../../machines/common/effects.ts';
import type { Clock, Log } from '../engine/ports.ts';
import { AlertSwitch, type OnAlert } from './alerts.ts';
import { buildAnswer, buildRefusal } from './answer.ts';
import type { ItemOutcome, MarketIntake } from './intake.ts';
import type { DipOptions } from './options.ts';
import type { Verifier } from './verification.ts';

/** One callback as the gateway got it. */
export interface InboundRequest {
  /** `IF-035`, or `status`: the last part of the path. */
  readonly interface: string;
  readonly method: string;
  /** Path and query as called. */
  readonly url: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Buffer;
  readonly receivedAt: EpochMs;
}

export interface InboundAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON, a `StandardResponse`. */
  readonly body: string;
}

export interface ReceiverSetup {
  readonly options: Pick<DipOptions, 'callbackBaseUrl' | 'maxBodyBytes' | 'maxItems' | 'suppliers'>;
  readonly verifier: Verifier;
  readonly intake: MarketIntake;
  readonly clock: Clock;
  readonly log: Log;
  readonly onAlert: OnAlert;
}

const INTERFACE = /^(IF|REP)-\d{3}[A-B]?$/;
const JSON_HEADERS = { 'content-type': 'application/json' };

export class Receiver {
  readonly #setup: ReceiverSetup;
  readonly #base: string;
  readonly #senderId: string;
  readonly #refused: AlertSwitch;

  constructor(setup: ReceiverSetup) {
    this.#setup = setup;
    this.#refused = new AlertSwitch('market_signature_refused', setup.onAlert);
    this.#base = setup.options.callbackBaseUrl.replace(/\/+$/, '');
    this.#senderId = setup.options.suppliers[0]?.dipId ?? '';
  }

  /** Never rejects. */
  async receive(request: InboundRequest): Promise<InboundAnswer> {
    try {
      return await this.#receive(request);
    } catch (error) {
      this.#setup.log.error({ error, interface: request.interface }, 'a callback failed unexpectedly');
      return this.#unavailable(1_000);
    }
  }

  async #receive(request: InboundRequest): Promise<InboundAnswer> {
    const { options, verifier, intake, log } = this.#setup;
    if (request.method.toUpperCase() !== 'POST') return this.#refuse(405, 'Only POST', { allow: 'POST' });
    if (request.body.length > options.maxBodyBytes) return this.#refuse(413, `The body is larger than ${options.maxBodyBytes} bytes`);
    const verification = await verifier.verify({ ...request, url: this.#calledUrl(request.url) });
    if (verification.kind === 'refused') {
      log.warn({ interface: request.interface, rule: verification.rule, text: verification.text }, 'a callback was refused');
      this.#refused.set(true, `${verification.rule}: ${verification.text}`);
      return this.#refuse(401, 'Signature verification failed');
    }
    this.#refused.set(false);
    const target = request.interface.toUpperCase();
    if (target !== 'STATUS' && !INTERFACE.test(target)) return this.#refuse(404, 'No such interface');
    const items = parseArray(request.body);
    if (items === undefined) return this.#refuse(400, 'Schema Failure: the body must be a JSON array of at least one element');
    if (items.length > options.maxItems) return this.#refuse(413, `More than ${options.maxItems} items`);
    const mpo = request.headers['x-dip-mpo'];
    if (mpo !== undefined) log.debug({ mpo: mpo.slice(0, 200) }, 'callback with X-DIP-MPO');
    const facts = { receivedAt: request.receivedAt, test: request.headers['x-test-mode'] === 'true' };
    return this.#answer(target === 'STATUS' ? await intake.takeStatus(items) : await intake.takeMarket(target, items, facts));
  }

  /** 201 all stored, 207 some, 400 none, 503 none and some for want of room. */
  #answer(outcomes: readonly ItemOutcome[]): InboundAnswer {
    const stored = outcomes.filter((outcome) => outcome.report.failure === undefined).length;
    const waits = outcomes.flatMap((outcome) => outcome.retryAfterMs ?? []);
    if (stored === 0 && waits.length > 0) return this.#unavailable(Math.max(...waits.slice(0, 1_000)));
    const status = stored === outcomes.length ? 201 : stored > 0 ? 207 : 400;
    const reports = outcomes.map((outcome) => outcome.report);
    return { status, headers: JSON_HEADERS, body: buildAnswer(reports, this.#senderId, this.#setup.clock.now()) };
  }

  #unavailable(retryAfterMs: number): InboundAnswer {
    return this.#refuse(503, 'Not stored, send again', { 'retry-after': String(Math.max(1, Math.ceil(retryAfterMs / 1_000))) });
  }

  #refuse(status: number, text: string, headers: Readonly<Record<string, string>> = {}): InboundAnswer {
    return { status, headers: { ...JSON_HEADERS, ...headers }, body: buildRefusal(text, this.#senderId, this.#setup.clock.now()) };
  }

  /** The address that the DIP signed: ours as it knows it, with the path it called. */
  #calledUrl(url: string): string {
    if (url.startsWith('/')) return `${this.#base}${url}`;
    const called = URL.canParse(url) ? new URL(url) : undefined;
    return called === undefined ? url : `${this.#base}${called.pathname}${called.search}`;
  }
}

function parseArray(body: Buffer): readonly unknown[] | undefined {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'));
    return Array.isArray(value) && value.length > 0 ? value : undefined;
  } catch {
    return undefined;
  }
}
