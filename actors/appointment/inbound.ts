/** The command `market.inbound`: one market message, in the turn of its MPAN, to every own supplier that it concerns (architecture 4, appointments 7.5, 8.3). */
import { type Candidate, correlate, mainState, publicStatus } from '../../machines/appointment/index.ts';
import type { ActorId, Json } from '../../machines/common/effects.ts';
import { kindOf } from '../../machines/market/index.ts';
import type { MarketMessage } from '../../machines/market/message.ts';
import { importAgents } from '../agent/handlers.ts';
import { parseStandingData } from '../agent/standing-data.ts';
import type { Handler, Turn } from '../engine/definition.ts';
import type { ActorDoc } from '../store/store.ts';
import { contextOf, mpanIndexValue } from './names.ts';

/** One of our own market participants. */
export interface Supplier {
  readonly mpid: string;
  readonly dipId: string;
}

export interface InboundPayload {
  readonly message: MarketMessage;
  /** The payload as it came. */
  readonly raw: Json;
  /** All our own suppliers. */
  readonly suppliers: readonly Supplier[];
}

/** What became of a message at one actor. */
export interface InboundOutcome {
  readonly actor: ActorId;
  readonly outcome: 'applied' | 'duplicate' | 'held';
}

export type InboundReply =
  | { readonly kind: 'handled'; readonly outcomes: readonly InboundOutcome[] }
  /** IF-047: agents that changed; their directory is to be refreshed. */
  | { readonly kind: 'agents'; readonly dipIds: readonly string[] }
  /** Kept, flagged, answered as success: unknown event code, or nobody of ours concerned. */
  | { readonly kind: 'unhandled'; readonly outcomes: readonly InboundOutcome[] };

/** Kind of the record of a message that belongs to no record of ours. */
export const UNHANDLED_KIND = 'unhandled-message';

/** Every id by which a repetition may be known: the DIP's transaction, and the sender's reference (7.6). */
export const idsOf = (message: MarketMessage): readonly string[] => [message.transactionId, `sur:${message.sur}`];

const isParty = (supplier: Supplier, party: { readonly dipId: string; readonly mpid: string | null } | null): boolean =>
  party !== null && (party.dipId === supplier.dipId || party.mpid === supplier.mpid);

/** Own suppliers among recipients, requester and incoming supplier. */
export function concernedSuppliers(message: MarketMessage, suppliers: readonly Supplier[]): readonly Supplier[] {
  return suppliers.filter(
    (supplier) => message.recipients.includes(supplier.dipId) || isParty(supplier, message.requestingSupplier) || isParty(supplier, message.incomingSupplier),
  );
}

/** If none can be told: every own record of the meter point. */
async function suppliersOfRecords(turn: Turn, mpan: string, suppliers: readonly Supplier[]): Promise<readonly Supplier[]> {
  const records = await turn.find('mpanAny', mpan);
  const mpids = new Set(records.map((doc) => doc.id.split(':')[1]));
  return suppliers.filter((supplier) => mpids.has(supplier.mpid));
}

function toCandidate(doc: ActorDoc): Candidate {
  const context = contextOf(doc);
  return {
    id: doc.id,
    createdAt: doc.createdAt,
    state: mainState(doc.state),
    pending: publicStatus(doc.state) === 'Pending',
    correlationIds: context.correlationIds,
    supplierDipId: context.request.supplierDipId,
    meteringServiceDipId: context.request.meteringServiceDipId,
    effectiveFrom: context.request.effectiveFrom,
    test: context.request.test,
  };
}

/** Works through one message for one supplier. */
class Delivery {
  readonly outcomes: InboundOutcome[] = [];
  readonly #turn: Turn;
  readonly #payload: InboundPayload;
  readonly #mpan: string;
  readonly #supplier: Supplier;

  constructor(turn: Turn, payload: InboundPayload, mpan: string, supplier: Supplier) {
    this.#turn = turn;
    this.#payload = payload;
    this.#mpan = mpan;
    this.#supplier = supplier;
  }

  get #message(): MarketMessage {
    return this.#payload.message;
  }

  /** To the process it belongs to; without one, to the record. */
  async answer(type: 'market.if032' | 'market.if035' | 'market.if036'): Promise<void> {
    const message = this.#message;
    const processes = await this.#processes();
    const ids = idsOf(message);
    const known = processes.find((doc) => doc.applied.some(([id]) => ids.includes(id)));
    if (known) {
      this.outcomes.push({ actor: known.id, outcome: 'duplicate' });
      return;
    }
    const found = correlate(message, processes.map(toCandidate));
    if (found.kind === 'hit') {
      const record = await this.#recordThatHasIt(processes.find((doc) => doc.id === found.id));
      if (record) {
        this.outcomes.push({ actor: record, outcome: 'duplicate' });
        return;
      }
      await this.#apply(found.id as ActorId, { type, message, raw: this.#payload.raw, ...(found.ambiguous ? { ambiguous: true } : {}) });
    } else if (type === 'market.if036') {
      await this.record({ type: 'project.active', message, requestId: null });
    } else {
      await this.record({ type: 'unsolicited', message, handling: this.#ofAnother() ? 'other-supplier' : 'orphan' });
    }
  }

  /** IF-037 and IF-003: to the record, and to every process that is pending. */
  async deAppoint(type: 'market.if037' | 'market.if003'): Promise<void> {
    await this.record({ type: 'project.deappointment', message: this.#message });
    for (const doc of await this.#processes()) {
      if (publicStatus(doc.state) !== 'Pending' || contextOf(doc).request.test !== this.#message.test) continue;
      await this.#apply(doc.id, { type, message: this.#message, raw: this.#payload.raw });
    }
  }

  /** To the record of the meter point, which is made if need be. What was injected for test processes never reaches it. */
  async record(event: { readonly type: string; readonly [member: string]: unknown }): Promise<void> {
    if (this.#message.test) return;
    const { mpid, dipId } = this.#supplier;
    const id: ActorId = `mpan:${mpid}:${this.#mpan}`;
    await this.#turn.create({ id, kind: 'mpan', input: { mpid, mpan: this.#mpan, supplierDipId: dipId, at: this.#turn.at } });
    await this.#apply(id, event);
  }

  async #apply(id: ActorId, event: { readonly type: string; readonly [member: string]: unknown }): Promise<void> {
    const { kind } = await this.#turn.apply(id, event, idsOf(this.#message));
    if (kind !== 'missing') this.outcomes.push({ actor: id, outcome: kind });
  }

  /** A message from before the process may have been applied to the record as unsolicited; then it is not applied again (7.6). */
  async #recordThatHasIt(process: ActorDoc | undefined): Promise<ActorId | undefined> {
    const message = this.#message;
    if (message.test || process === undefined || message.transactionAt > process.createdAt) return undefined;
    const ids = idsOf(message);
    const record = await this.#turn.get(`mpan:${this.#supplier.mpid}:${this.#mpan}`);
    return record?.applied.some(([id]) => ids.includes(id)) ? record.id : undefined;
  }

  #processes(): Promise<readonly ActorDoc[]> {
    return this.#turn.find('mpan', mpanIndexValue(this.#supplier.mpid, this.#mpan));
  }

  /** B012 names another supplier. */
  #ofAnother(): boolean {
    const party = this.#message.requestingSupplier;
    return party !== null && party.dipId !== 'x' && !isParty(this.#supplier, party);
  }
}

async function deliver(delivery: Delivery, message: MarketMessage): Promise<'handled' | 'unhandled'> {
  switch (kindOf(message)) {
    case 'initial':
      await delivery.answer('market.if032');
      return 'handled';
    case 'outcome':
      await delivery.answer('market.if035');
      return 'handled';
    case 'active':
      await delivery.answer('market.if036');
      return 'handled';
    case 'de-appointment':
      await delivery.deAppoint('market.if037');
      return 'handled';
    case 'reverse-migration':
      await delivery.deAppoint('market.if003');
      return 'handled';
    case 'de-appointment-update':
      await delivery.record({ type: 'project.deappointment', message });
      return 'handled';
    case 'reminder':
      await delivery.record({ type: 'unsolicited', message, handling: 'advisory' });
      return 'handled';
    default:
      await delivery.record({ type: 'unsolicited', message, handling: 'unhandled' });
      return 'unhandled';
  }
}

/** Nobody's: kept under the DIP's id, so that it can be found. */
async function keep(turn: Turn, { message, raw }: InboundPayload): Promise<InboundReply> {
  const id: ActorId = `${UNHANDLED_KIND}:${message.transactionId}`;
  const seen = await turn.get(id);
  if (!seen)
    await turn.put({ id, kind: UNHANDLED_KIND, state: 'unhandled', record: { interface: message.interface, eventCode: message.eventCode, payload: raw } });
  return { kind: 'unhandled', outcomes: [{ actor: id, outcome: seen ? 'duplicate' : 'applied' }] };
}

async function publish(turn: Turn, { message, raw }: InboundPayload): Promise<InboundReply> {
  const { entries } = parseStandingData(raw);
  await importAgents(turn, { entries, published: { sentAt: message.transactionAt, ids: idsOf(message) } });
  return { kind: 'agents', dipIds: [...new Set(entries.map((entry) => entry.dipId))] };
}

export const marketInbound: Handler = async (turn, given): Promise<InboundReply> => {
  const payload = given as InboundPayload;
  const { message, suppliers } = payload;
  if (kindOf(message) === 'standing-data') return publish(turn, payload);
  const { mpan } = message;
  if (mpan === null) return keep(turn, payload);
  const named = concernedSuppliers(message, suppliers);
  const concerned = named.length > 0 ? named : await suppliersOfRecords(turn, mpan, suppliers);
  if (concerned.length === 0) return keep(turn, payload);
  const outcomes: InboundOutcome[] = [];
  let kind: 'handled' | 'unhandled' = 'handled';
  for (const supplier of concerned) {
    const delivery = new Delivery(turn, payload, mpan, supplier);
    kind = await deliver(delivery, message);
    outcomes.push(...delivery.outcomes);
  }
  return { kind, outcomes };
};
