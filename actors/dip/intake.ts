/**
 * From market messages to commands for the owners of their keys. Nothing is decided here: each message is decoded and handed to
 * the turn of its meter point; what comes back is whether it was committed.
 */
import type { EpochMs, Json } from '../../machines/common/effects.ts';
import type { MarketMessage } from '../../machines/market/message.ts';
import type { Command } from '../engine/definition.ts';
import type { EngineFace } from '../engine/face.ts';
import type { Clock, Log } from '../engine/ports.ts';
import { MeterwrightError, OverloadedError } from '../errors/error.ts';
import type { OnAlert } from './alerts.ts';
import { type AnswerEntry, entriesOf, type ItemReport, isSuccess, toEntry } from './answer.ts';
import { decodeMessage } from './decode.ts';
import { blockOf } from './fields.ts';
import type { OwnSupplier } from './options.ts';
import type { Intake } from './replayer.ts';

/** Routing key of what concerns no meter point (IF-047). */
export const DIRECTORY_KEY = 'directory';

/** Payload of the command `market.inbound`. */
export interface InboundPayload {
  readonly message: MarketMessage;
  /** The item's `payload` as it came. */
  readonly raw: Json;
  /** All our own suppliers; which of them it concerns is found in the turn. */
  readonly suppliers: readonly OwnSupplier[];
  /** False: an event code that we do not know, to be kept as `unhandled`. */
  readonly known: boolean;
}

/** Payload of the command `market.status`. */
export interface StatusPayload {
  readonly sur: string;
  /** Four digits of `MSG1001`, empty when the message has another form. */
  readonly code: string;
  readonly text: string;
  readonly transactionId: string | null;
}

export interface ItemOutcome {
  readonly report: ItemReport;
  /** Set when the item was good and could not be stored just now; milliseconds after which to try again. */
  readonly retryAfterMs?: number;
}

export interface IntakeFacts {
  readonly receivedAt: EpochMs;
  readonly test: boolean;
}

export interface IntakeSetup {
  readonly engine: () => EngineFace;
  readonly suppliers: readonly OwnSupplier[];
  readonly clock: Clock;
  readonly log: Log;
  /** The reply to a `market.inbound` after its commit (agents that changed, say). */
  readonly onReply: (reply: unknown) => void;
  readonly onAlert: OnAlert;
}

const RETRY_AFTER_MS = 1_000;

export class MarketIntake implements Intake {
  readonly #setup: IntakeSetup;
  readonly #own: ReadonlyMap<string, OwnSupplier>;

  constructor(setup: IntakeSetup) {
    this.#setup = setup;
    this.#own = new Map(setup.suppliers.map((supplier) => [supplier.dipId, supplier]));
  }

  async market(interfaceId: string, items: readonly unknown[]): Promise<boolean> {
    return allStored(await this.takeMarket(interfaceId, items, { receivedAt: this.#setup.clock.now(), test: false }));
  }

  async status(items: readonly unknown[]): Promise<boolean> {
    return allStored(await this.takeStatus(items));
  }

  /** Outcomes in the order of `items`. All are handed over in that order before the first is awaited. */
  takeMarket(interfaceId: string, items: readonly unknown[], facts: IntakeFacts): Promise<ItemOutcome[]> {
    return Promise.all(items.map((item) => this.#takeItem(interfaceId, item, facts)));
  }

  /** `items`: responses, or their entries without the frame. One outcome per entry. */
  takeStatus(items: readonly unknown[]): Promise<ItemOutcome[]> {
    const entries = items.flatMap((item): readonly (AnswerEntry | null)[] => {
      const block = blockOf(item);
      if (block === null) return [null];
      return block.messageArray === undefined ? [toEntry(block)] : (entriesOf(block) ?? [null]);
    });
    return Promise.all(entries.map((entry) => this.#takeStatusEntry(entry)));
  }

  #takeItem(interfaceId: string, item: unknown, facts: IntakeFacts): ItemOutcome | Promise<ItemOutcome> {
    const raw = blockOf(item)?.payload;
    const decoded = decodeMessage(raw, interfaceId, facts);
    if (decoded.kind === 'error') {
      const { error } = decoded;
      this.#setup.log.warn({ interface: interfaceId, sur: error.sur, field: error.field, rule: error.text }, 'a market message cannot be read');
      const failure = `Schema Failure: ${error.field === '' ? 'payload' : error.field} ${error.text}`;
      return { report: { sur: error.sur, transactionId: error.transactionId, correlationId: null, recipientId: error.senderDipId, failure } };
    }
    const { message, known } = decoded;
    const report = reportOf(message);
    const addressed = message.recipients.flatMap((dipId) => this.#own.get(dipId) ?? []);
    if (message.mpan !== null && message.recipients.length > 0 && addressed.length === 0) {
      this.#setup.log.warn({ interface: message.interface, sur: message.sur }, 'a market message for a DIP id that is not ours');
      return { report: { ...report, failure: 'Unknown recipient DIP ID' } };
    }
    const payload: InboundPayload = { message, raw: raw as Json, suppliers: this.#setup.suppliers, known };
    const [first] = addressed;
    const command: Command = { key: message.mpan ?? DIRECTORY_KEY, type: 'market.inbound', payload, origin: 'durable', id: message.transactionId };
    return this.#submit(command, { ...report, ...(first && { senderId: first.dipId }) });
  }

  async #takeStatusEntry(entry: AnswerEntry | null): Promise<ItemOutcome> {
    const report = {
      sur: entry?.sur ?? null,
      transactionId: entry?.transactionId ?? null,
      correlationId: entry?.correlationId ?? null,
      recipientId: entry?.senderId ?? null,
    };
    if (entry === null || entry.sur === null || entry.sur.length > 200)
      return { report: { ...report, failure: 'Schema Failure: senderUniqueReference must be a reference of ours' } };
    if (isSuccess(entry)) return { report };
    const { store } = this.#setup.engine();
    try {
      const [actor] = await store.find('sur', entry.sur, 1);
      const [doc] = actor === undefined ? [] : await store.get([actor]);
      if (doc === undefined) {
        // To refuse it would only make the DIP say it again.
        this.#setup.log.warn({ sur: entry.sur, text: entry.text }, 'a status message for a reference that we do not know');
        this.#setup.onAlert('dip_status_unmatched', true, `${entry.sur}: ${entry.text}`);
        return { report };
      }
      const payload: StatusPayload = { sur: entry.sur, code: entry.code ?? '', text: entry.text, transactionId: entry.transactionId };
      const id = `status:${entry.sur}:${entry.code ?? ''}:${entry.sentTimestamp ?? ''}`.slice(0, 300);
      return await this.#submit({ key: doc.key, type: 'market.status', payload, origin: 'durable', id }, report);
    } catch (error) {
      return this.#failed(error, report);
    }
  }

  async #submit(command: Command, report: ItemReport): Promise<ItemOutcome> {
    try {
      const reply = await this.#setup.engine().command(command);
      if (command.type === 'market.inbound') this.#setup.onReply(reply);
      return { report };
    } catch (error) {
      return this.#failed(error, report);
    }
  }

  /** Only a refusal by the rules is final; whatever else went wrong, the DIP shall say it again. */
  #failed(error: unknown, report: ItemReport): ItemOutcome {
    if (error instanceof MeterwrightError && error.retry === 'never') return { report: { ...report, failure: `Refused: ${error.code}` } };
    if (!(error instanceof MeterwrightError)) this.#setup.log.error({ error, sur: report.sur }, 'a market message failed unexpectedly');
    const retryAfterMs = error instanceof OverloadedError ? error.retryAfterMs : RETRY_AFTER_MS;
    return { report: { ...report, failure: 'Not stored, send again' }, retryAfterMs };
  }
}

function reportOf(message: MarketMessage): ItemReport {
  const correlationId = message.initialCorrelationId ?? message.senderCorrelationId;
  return { sur: message.sur, transactionId: message.transactionId, correlationId, recipientId: message.senderDipId };
}

/** What was bad will not get better by a repetition; what could not be stored will. */
function allStored(outcomes: readonly ItemOutcome[]): boolean {
  return outcomes.every((outcome) => outcome.retryAfterMs === undefined);
}
