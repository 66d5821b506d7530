/** Takes the messages that suppliers send: reads, checks, counts by reference, keeps in the journal, answers (appointments 2.1, 2.2). */
import type { Book } from './book.ts';
import type { Publication } from './publication.ts';
import type { Registry } from './registry.ts';
import type { RuleBook } from './rules.ts';
import { type AppointmentRequest, type Checked, checkAppointment, findSur } from './schema.ts';
import { arrayItems } from './slices.ts';
import { type ItemAnswer, renderRefusal, renderStandardResponse, SCHEMA_FAILURE, SUCCESS } from './standard-response.ts';
import type { Counters } from './stats.ts';
import { itemDigest } from './surs.ts';

export interface Reply {
  readonly status: number;
  readonly body: string;
}

type Item = { readonly checked: Checked; readonly digest: string };
type Draft = Parameters<Book['commit']>[0][number];

const NOBODY = '0000000000';
const OTHER_CONTENT = 'MSG1002 - Sender unique reference was used with other content';

export class Intake {
  readonly #book: Book;
  readonly #rules: RuleBook;
  readonly #registry: Registry;
  readonly #counters: Counters;
  readonly #schedule: (publication: Publication, dueAt: number) => void;

  constructor(book: Book, rules: RuleBook, registry: Registry, counters: Counters, schedule: (publication: Publication, dueAt: number) => void) {
    this.#book = book;
    this.#rules = rules;
    this.#registry = registry;
    this.#counters = counters;
    this.#schedule = schedule;
  }

  /** `POST /dip-channel/IF-031`. */
  receive(body: Uint8Array, now: number): Reply {
    const items = this.#read(body);
    if (items === null) return { status: 400, body: renderRefusal(SCHEMA_FAILURE, 'body must be a JSON array with at least one element', NOBODY, now) };
    this.#counters.items += items.length;
    if (this.#rules.poisonous && items.some(({ checked }) => checked.ok && this.#rules.choose(checked.request, false)?.poison === true))
      return this.#refuseAll(items, now);
    const answers: ItemAnswer[] = [];
    const accepted: Draft[] = [];
    const seen: { sur: string; digest: string }[] = [];
    const fresh = new Map<string, Draft['flow']>();
    for (const item of items) answers.push(this.#take(item, accepted, seen, fresh, now));
    for (const publication of this.#book.commit(accepted, seen)) this.#schedule(publication, publication.publishedAt);
    this.#counters.accepted += accepted.length;
    const good = answers.filter((answer) => answer.message === SUCCESS).length;
    const recipient = items.find(({ checked }) => checked.ok)?.checked;
    return {
      status: good === answers.length ? 201 : good === 0 ? 400 : 207,
      body: renderStandardResponse(answers, recipient?.ok === true ? recipient.request.supplier : NOBODY, now),
    };
  }

  #read(body: Uint8Array): Item[] | null {
    let parsed: unknown;
    try {
      parsed = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
    } catch {
      return null;
    }
    if (!Array.isArray(parsed) || parsed.length === 0) return null;
    const slices = arrayItems(body);
    return parsed.map((item, index) => {
      const [start, end] = slices[index] ?? [0, 0];
      return { checked: checkAppointment(item), digest: itemDigest(body.subarray(start, end)) };
    });
  }

  #refuseAll(items: readonly Item[], now: number): Reply {
    const seen: { sur: string; digest: string }[] = [];
    for (const { checked, digest } of items) {
      const sur = checked.ok ? checked.request.sur : checked.sur;
      if (sur === null) continue;
      this.#book.surs.note(sur, digest);
      seen.push({ sur, digest });
    }
    this.#book.commit([], seen);
    this.#counters.poisoned += 1;
    return { status: 400, body: renderRefusal(SCHEMA_FAILURE, null, NOBODY, now) };
  }

  #take(item: Item, accepted: Draft[], seen: { sur: string; digest: string }[], fresh: Map<string, Draft['flow']>, now: number): ItemAnswer {
    const { checked, digest } = item;
    const sur = checked.ok ? checked.request.sur : checked.sur;
    const noted = sur === null ? null : this.#book.surs.note(sur, digest);
    if (sur !== null && noted?.same === false) {
      seen.push({ sur, digest });
      this.#counters.differentBytes += 1;
      return { transaction: null, sur, correlation: null, message: OTHER_CONTENT, help: null };
    }
    if (!checked.ok) {
      if (sur !== null) seen.push({ sur, digest });
      this.#counters.schemaFailures += 1;
      return { transaction: null, sur, correlation: null, message: SCHEMA_FAILURE, help: `${checked.field} ${checked.rule}` };
    }
    const held = noted?.first === false ? (fresh.get(checked.request.sur) ?? this.#book.flowOf(checked.request.sur)?.flow ?? null) : null;
    if (held !== null) {
      seen.push({ sur: held.sur, digest });
      this.#counters.repeats += 1;
      return { transaction: held.transaction, sur: held.sur, correlation: held.correlation, message: SUCCESS, help: null };
    }
    return this.#acceptNew(checked.request, digest, accepted, seen, fresh, now);
  }

  #acceptNew(
    request: AppointmentRequest,
    digest: string,
    accepted: Draft[],
    seen: { sur: string; digest: string }[],
    fresh: Map<string, Draft['flow']>,
    now: number,
  ): ItemAnswer {
    const rule = this.#rules.choose(request);
    if (rule?.refuse !== undefined) {
      seen.push({ sur: request.sur, digest });
      this.#counters.refused += 1;
      return { transaction: null, sur: request.sur, correlation: null, message: rule.refuse, help: null };
    }
    const flow = this.#book.draft(request, rule, this.#registry.reject(request, now), now);
    accepted.push({ flow, digest });
    fresh.set(request.sur, flow);
    return { transaction: flow.transaction, sur: request.sur, correlation: flow.correlation, message: SUCCESS, help: null };
  }
}

/** `POST /validate/{interface}/{event}`: the plain texts of the debug validator (appointments 2.3). */
export function validateMessages(body: Uint8Array, interfaceId: string, event: string): Reply {
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.from(body).toString('utf8'));
  } catch {
    return { status: 400, body: JSON.stringify('body: is not JSON') };
  }
  if (!Array.isArray(parsed) || parsed.length === 0) return { status: 400, body: JSON.stringify('body: must be an array with at least one element') };
  if (interfaceId !== 'IF-031' || event !== 'MSApp') return { status: 400, body: JSON.stringify(`${interfaceId}/${event}: is not validated here`) };
  for (const item of parsed) {
    const checked = checkAppointment(item);
    if (!checked.ok) return { status: 400, body: JSON.stringify(`${findSur(item) ?? 'item'}: ${checked.field} ${checked.rule}`) };
  }
  return { status: 201, body: JSON.stringify('Message OK') };
}
