/**
 * Everything the DIP remembers: accepted requests with the answers still to come, the references it has seen, and what became of each
 * delivery. Each change is in the journal before it is answered for; opening the same journal gives the same book.
 */
import { compactDate, transactionId } from './envelope.ts';
import type { Flow } from './flow.ts';
import type { Entry, Journal, Settled } from './journal.ts';
import { type Pace, planFlow } from './plan.ts';
import { type Injected, type Publication, publicationOf, publicationOfInjected } from './publication.ts';
import type { Registry } from './registry.ts';
import type { Rule } from './rules.ts';
import type { AppointmentRequest } from './schema.ts';
import { SurLedger } from './surs.ts';

/** A journal entry in memory. */
export interface Held {
  readonly n: number;
  readonly flow: Flow | null;
  readonly digest: string;
  /** Null once all were delivered: they are made again when someone asks, to keep the past small in memory. */
  publications: readonly Publication[] | null;
  /** Publications that are not settled. */
  open: number;
}

const STATES = { ok: 'delivered', rej: 'rejected', exh: 'exhausted' } as const;

export class Book {
  readonly surs = new SurLedger();
  readonly #journal: Journal;
  readonly #pace: Pace;
  readonly #registry: Registry;
  readonly #retain: number;
  readonly #held = new Map<number, Held>();
  readonly #bySur = new Map<string, number>();
  #finished: number[] = [];
  #finishedHead = 0;
  #next = 1;

  constructor(journal: Journal, pace: Pace, registry: Registry, retain: number) {
    this.#journal = journal;
    this.#pace = pace;
    this.#registry = registry;
    this.#retain = retain;
  }

  get instance(): string {
    return this.#journal.instance;
  }

  get size(): number {
    return this.#held.size;
  }

  /** Takes over what the journal holds; gives the publications that were never settled, each to be scheduled. */
  restore(entries: readonly Entry[]): Publication[] {
    for (const entry of entries) this.#apply(entry);
    const undone: Publication[] = [];
    for (const held of this.#held.values()) {
      for (const publication of held.publications ?? []) {
        if (publication.state !== 'waiting') continue;
        undone.push(publication);
        if (publication.next !== null) break;
      }
      if (held.open === 0) this.#finish(held.n);
    }
    return undone;
  }

  /** Writes a shorter journal that says the same. */
  compact(): void {
    this.#journal.rewrite(this.#entries());
  }

  flowOf(sur: string): Held | undefined {
    const n = this.#bySur.get(sur);
    return n === undefined ? undefined : this.#held.get(n);
  }

  get(n: number): Held | undefined {
    return this.#held.get(n);
  }

  all(): IterableIterator<Held> {
    return this.#held.values();
  }

  /** The answers of an entry. */
  publicationsOf(held: Held): readonly Publication[] {
    if (held.publications !== null) return held.publications;
    const { flow } = held;
    if (flow === null) return [];
    return planFlow(flow, this.#pace).map((step) => ({ ...publicationOf(flow, step), state: 'delivered' }));
  }

  /** Makes a flow of a checked request; nothing is kept until `commit`. */
  draft(request: AppointmentRequest, rule: Rule | null, rejection: string | null, at: number): Flow {
    const n = this.#next;
    this.#next += 1;
    const tag = n.toString(16).padStart(10, '0');
    return {
      ...request,
      n,
      at,
      correlation: `CI-${compactDate(at)}-${this.instance.slice(0, 6)}${tag}`,
      transaction: transactionId('IF-031', request.supplier, 'SUP', at, `${this.instance.slice(0, 4)}${tag}00`),
      rule,
      rejection,
      incumbent: this.#registry.find(request.mpan).service,
    };
  }

  /** Keeps accepted flows and noted references, in one write; gives the publications to schedule. */
  commit(
    accepted: readonly { readonly flow: Flow; readonly digest: string }[],
    seen: readonly { readonly sur: string; readonly digest: string }[],
  ): Publication[] {
    const entries: Entry[] = accepted.map(({ flow, digest }) => ({ t: 'in', f: flow, h: digest }));
    for (const { sur, digest } of seen) entries.push({ t: 'seen', s: sur, h: digest });
    this.#journal.append(entries);
    const publications: Publication[] = [];
    for (const { flow, digest } of accepted) {
      const held = this.#hold(flow, digest);
      for (const publication of held.publications ?? []) {
        publications.push(publication);
        if (publication.next !== null) break;
      }
      if (held.open === 0) this.#finish(held.n);
    }
    return publications;
  }

  inject(make: (n: number) => Injected): Publication {
    const injected = make(this.#next);
    this.#next += 1;
    this.#journal.append([{ t: 'pub', p: injected }]);
    return this.#holdInjected(injected);
  }

  /** Notes what became of deliveries; gives those that waited for them. */
  settle(publications: readonly Publication[], how: Settled): Publication[] {
    this.#journal.append([{ t: how, i: publications.map((publication) => publication.key) }]);
    const released: Publication[] = [];
    for (const publication of publications) {
      const held = this.#held.get(Number.parseInt(publication.key, 10));
      if (held !== undefined && how !== 'exh' && held.open > 0) {
        held.open = (held.publications ?? []).filter((one) => one.state !== 'delivered' && one.state !== 'rejected').length;
        if (held.open === 0) this.#finish(held.n);
      }
      if (publication.next?.state === 'waiting' && publication.next.generation === 0) released.push(publication.next);
    }
    return released;
  }

  #apply(entry: Entry): void {
    switch (entry.t) {
      case 'hdr':
        return;
      case 'in':
        this.surs.note(entry.f.sur, entry.h);
        this.#hold(entry.f, entry.h);
        return;
      case 'seen':
        this.surs.note(entry.s, entry.h, entry.c ?? 1);
        return;
      case 'pub':
        this.#holdInjected(entry.p);
        return;
      default:
        for (const key of entry.i) this.#mark(key, entry.t);
    }
  }

  #mark(key: string, how: Settled): void {
    const held = this.#held.get(Number.parseInt(key, 10));
    const publication = held?.publications?.find((one) => one.key === key);
    if (held === undefined || publication === undefined) return;
    publication.state = STATES[how];
    held.open = (held.publications ?? []).filter((one) => one.state === 'waiting' || one.state === 'exhausted').length;
  }

  #hold(flow: Flow, digest: string): Held {
    const steps = planFlow(flow, this.#pace);
    const publications = steps.map((step) => publicationOf(flow, step));
    if (flow.rule?.sequential === true || flow.rule?.order !== undefined) {
      for (const [index, publication] of publications.entries()) publication.next = publications[index + 1] ?? null;
    }
    const active = steps.find((step) => step.kind === 'active');
    if (active?.kind === 'active' && flow.scenario !== 'USP')
      this.#registry.appoint(flow.mpan, active.service, active.serviceMpid, active.effectiveFrom.slice(0, 10));
    const held: Held = { n: flow.n, flow, digest, publications, open: publications.length };
    this.#held.set(flow.n, held);
    this.#bySur.set(flow.sur, flow.n);
    this.#next = Math.max(this.#next, flow.n + 1);
    return held;
  }

  #holdInjected(injected: Injected): Publication {
    const publication = publicationOfInjected(injected);
    this.#held.set(injected.n, { n: injected.n, flow: null, digest: '', publications: [publication], open: 1 });
    this.#next = Math.max(this.#next, injected.n + 1);
    return publication;
  }

  #finish(n: number): void {
    const held = this.#held.get(n);
    if (held?.flow != null && held.publications?.every((one) => one.state === 'delivered') === true) held.publications = null;
    this.#finished.push(n);
    this.#forget();
  }

  /** Drops the oldest finished entries beyond the number to retain; their references stay. */
  #forget(): void {
    while (this.#finished.length - this.#finishedHead > this.#retain) {
      const n = this.#finished[this.#finishedHead] as number;
      this.#finishedHead += 1;
      const held = this.#held.get(n);
      if (held !== undefined && held.open === 0) {
        this.#held.delete(n);
        if (held.flow !== null) this.#bySur.delete(held.flow.sur);
      }
    }
    if (this.#finishedHead > 4096) {
      this.#finished = this.#finished.slice(this.#finishedHead);
      this.#finishedHead = 0;
    }
  }

  *#entries(): Generator<Entry> {
    for (const { sur, digest, times, digests } of this.surs.entries()) {
      const kept = this.#bySur.has(sur);
      if (!kept) yield { t: 'seen', s: sur, h: digest, c: times };
      for (const other of digests?.slice(1) ?? []) yield { t: 'seen', s: sur, h: other };
    }
    for (const held of this.#held.values()) {
      if (held.flow !== null) yield { t: 'in', f: held.flow, h: held.digest };
      else for (const publication of held.publications ?? []) if ('injected' in publication.source) yield { t: 'pub', p: publication.source.injected };
      for (const [how, state] of Object.entries(STATES) as [Settled, string][]) {
        const keys = this.publicationsOf(held)
          .filter((one) => one.state === state)
          .map((one) => one.key);
        if (keys.length > 0) yield { t: how, i: keys };
      }
    }
  }
}
