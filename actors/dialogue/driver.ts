/**
 * Drives a link machine over a link: octets out, octets in, time. One per session; the dialogue asks, this pumps until it is answered.
 *
 * ```
 *   open, request, close ─► step(command) ─► write what it sends ─► read until its deadline ─► step(octets | time) ─► … ─► answered
 * ```
 *
 * - D1 Every call ends: by an answer, a failure, its deadline or its signal; so do the writes and connections within it. One call at a time.
 * - D2 What came before a request is given to the machine before the request, so that a late answer is not taken for this one.
 * - D3 When a volatile request ends without an answer, the machine is asked whether the meter may have got it: class `write` then, and only then.
 * - D4 `sentAt` is of the last octet of the last transmission of the request, `firstAt` of the first octet that came after the last
 *   write: whatever was sent in between, the meter answered between the two.
 */
import type { LinkCommand, LinkInput, LinkStep } from '../../workers/codec/common/index.ts';
import type { LineSettings, Link, Received, Stamp } from '../link/link.ts';
import type { TraceMask } from '../link/trace.ts';
import { DialogueError, type StepLimits } from './dialogue.ts';
import {
  type AnyEvent,
  type Call,
  type Exchange,
  type LinkDriverSetup,
  type OpenedEvent,
  type OwnEvent,
  type ReplyEvent,
  type RequestOptions,
  SEVEN_E_ONE,
} from './driver-types.ts';
import { textOfFailure, toDialogueError } from './link-failure.ts';
import { stopped, withinLimits } from './within-limits.ts';

export type { AnyEvent, Exchange, LinkDriverSetup, OpenedEvent, ReplyEvent, RequestOptions } from './driver-types.ts';

const NO_CONNECTION = 'no connection within the time of this step';

export class LinkDriver<Event extends AnyEvent> {
  readonly #setup: LinkDriverSetup<Event>;
  #link: Link;
  #busy = false;
  /** Sent once the link is looked at again: the end of what a call broke off. */
  #owed: readonly Uint8Array[] = [];
  #machineDueMs: number | null = null;
  #sentAt: Stamp | undefined;
  #firstAt: Stamp | undefined;
  /** When the last write began. */
  #writtenMs = Number.NEGATIVE_INFINITY;
  /** Of the last octets that came. */
  #lastAt: Stamp | undefined;
  /** What the link was told last. */
  #isIdle = true;
  /** Octets of the present request were handed to the link. */
  #handedOver = false;
  /** The machine itself has ended the call, and knows where it stands. */
  #settled = false;
  #mask: TraceMask | undefined;
  #reading = false;
  /** The step was stopped: nobody waits for the read any more, which another one ends. */
  readonly #wake = (): void => {
    if (this.#reading) this.#link.read(Number.NEGATIVE_INFINITY).catch(() => {});
  };

  constructor(setup: LinkDriverSetup<Event>) {
    this.#setup = setup;
    this.#link = setup.link;
  }

  /** The link of the moment: another one after `reopen`. */
  get link(): Link {
    return this.#link;
  }

  /** Octets of the last request were handed to the link: the meter may have them. */
  get handedOver(): boolean {
    return this.#handedOver;
  }

  /** @throws DialogueError */
  async open(limits: StepLimits): Promise<OpenedEvent<Event>> {
    return (await this.#run({ type: 'open' }, { limits, wants: 'opened', untilMs: limits.deadlineMs })) as OpenedEvent<Event>;
  }

  /** @throws DialogueError; class `write` when a volatile request may have been done */
  async request(payload: Uint8Array, options: RequestOptions): Promise<Exchange<Event>> {
    const { limits, volatile = false, fresh, mask } = options;
    const command: LinkCommand = { type: 'request', payload, volatile };
    const call: Call<Event> = { limits, wants: 'reply', untilMs: limits.deadlineMs, ...(fresh === undefined ? {} : { fresh }) };
    this.#setMask(mask);
    try {
      const event = (await this.#run(command, call)) as ReplyEvent<Event> & { readonly payload: Uint8Array; readonly repeated: boolean };
      const firstAt = call.firstAt ?? this.#lastAt;
      if (firstAt === undefined) throw new DialogueError('engine', 'a reply came without an octet');
      const inOrder = this.#sentAt !== undefined && call.firstAt !== undefined;
      return { payload: event.payload, repeated: event.repeated || !inOrder, sentAt: this.#sentAt ?? firstAt, firstAt, event };
    } finally {
      this.#setMask(undefined);
    }
  }

  /** Ends the machine's link, not the link under it. @throws DialogueError */
  async close(limits: StepLimits): Promise<void> {
    await this.#run({ type: 'close' }, { limits, wants: 'closed', untilMs: limits.deadlineMs });
  }

  /** Waits until `untilMs` (monotonic) and keeps the machine going meanwhile. @throws DialogueError when the link is lost */
  async idle(untilMs: number, limits: StepLimits): Promise<void> {
    await this.#run(undefined, { limits, wants: undefined, untilMs: Math.min(untilMs, limits.deadlineMs) });
  }

  async #run(command: LinkCommand | undefined, call: Call<Event>): Promise<Event | undefined> {
    if (this.#busy) throw new DialogueError('engine', 'the link is in use by another step');
    this.#busy = true;
    this.#handedOver = this.#settled = false;
    const { signal } = call.limits;
    signal.addEventListener('abort', this.#wake, { once: true });
    try {
      await this.#pump(command, call);
      return call.answer;
    } catch (error) {
      throw toDialogueError(error, !this.#settled && this.#breakOff(command));
    } finally {
      signal.removeEventListener('abort', this.#wake);
      this.#busy = false;
    }
  }

  async #pump(command: LinkCommand | undefined, call: Call<Event>): Promise<void> {
    await this.#catchUp(call);
    this.#sentAt = this.#firstAt = undefined;
    this.#handedOver = false;
    if (command !== undefined) await this.#step({ type: 'command', command }, call);
    while (call.answer === undefined) {
      const received = await this.#read(Math.min(this.#machineDueMs ?? Number.POSITIVE_INFINITY, call.untilMs), call.limits);
      // Looked at after octets too: a meter that never stops sending must not put the end off.
      const isOver = this.#now() >= call.untilMs;
      if (received !== 'timeout') await this.#octets(received, call);
      else if (this.#machineDueMs !== null && this.#now() >= this.#machineDueMs) await this.#step({ type: 'time' }, call);
      if (isOver && call.answer === undefined) {
        if (call.wants === undefined) return;
        throw new DialogueError('link', 'no answer within the time of this step');
      }
    }
  }

  /** What is owed to the line goes out, and what has come goes to the machine. */
  async #catchUp(call: Call<Event>): Promise<void> {
    const owed = this.#owed;
    this.#owed = [];
    for (const octets of owed) await this.#write(octets, call.limits);
    while (this.#now() < call.limits.deadlineMs) {
      const received = await this.#read(Number.NEGATIVE_INFINITY, call.limits);
      if (received === 'timeout') return;
      await this.#octets(received, { ...call, wants: undefined });
    }
    throw new DialogueError('link', 'no time left for this step');
  }

  async #octets(received: Received, call: Call<Event>): Promise<void> {
    this.#lastAt = received.firstAt;
    if (received.firstAt.monotonicMs >= this.#writtenMs) this.#firstAt ??= received.firstAt;
    await this.#step({ type: 'octets', octets: received.octets }, call);
  }

  async #step(input: LinkInput<LinkCommand>, call: Call<Event>): Promise<void> {
    const step = this.#setup.machine.step(input, this.#now());
    this.#machineDueMs = step.deadlineMs;
    this.#tellIdle(input, step, call.wants);
    if (step.events.some(({ type }) => type === call.wants)) call.firstAt = this.#firstAt;
    await this.#send(step, call);
    for (const event of step.events) await this.#event(event, call);
  }

  async #send({ send, events }: LinkStep<Event>, call: Call<Event>): Promise<void> {
    await this.#changeLine(events, 'before-send', call.limits);
    // Of all that goes out, only the first and what is repeated is the request; the rest acknowledges or polls.
    const isRequest = this.#sentAt === undefined || events.some(({ type }) => type === 'repeated');
    for (const octets of send) {
      this.#handedOver = true;
      const sentAt = await this.#write(octets, call.limits);
      if (isRequest) this.#sentAt = sentAt;
    }
    await this.#changeLine(events, 'after-send', call.limits);
  }

  /** Octets that brought neither an answer nor our turn to send may be the beginning of a frame. */
  #tellIdle(input: LinkInput<LinkCommand>, { send, events, deadlineMs }: LinkStep<Event>, wants: Call<Event>['wants']): void {
    const isOver = deadlineMs === null || send.length > 0 || events.some(({ type }) => type === wants);
    const isIdle = isOver || (this.#isIdle && input.type !== 'octets');
    if (isIdle === this.#isIdle) return;
    this.#isIdle = isIdle;
    this.#link.idle?.(isIdle);
  }

  async #write(octets: Uint8Array, limits: StepLimits): Promise<Stamp> {
    this.#firstAt = undefined;
    this.#writtenMs = this.#now();
    const { sentAt } = await this.#within(() => this.#link.write(octets), limits, 'the line took no octets within the time of this step');
    return sentAt;
  }

  async #read(deadlineMs: number, { signal }: StepLimits): Promise<Received | 'timeout'> {
    if (signal.aborted) throw stopped();
    this.#reading = true;
    try {
      const received = await this.#link.read(deadlineMs);
      if (signal.aborted) throw stopped();
      return received;
    } finally {
      this.#reading = false;
    }
  }

  async #changeLine(events: readonly Event[], when: 'before-send' | 'after-send', limits: StepLimits): Promise<void> {
    const change = (baud: number, settings: LineSettings): void | Promise<void> =>
      this.#within(() => this.#link.setSpeed(baud, settings), limits, 'the line did not change its speed within the time of this step');
    for (const event of events as readonly (Event & OwnEvent)[]) {
      if (event.type === 'line' && when === 'before-send') {
        await change(event.baud, { dataBits: event.dataBits, parity: event.parity, stopBits: 1 });
      } else if (event.type === 'line-change' && event.when === when) {
        await change(event.baud, this.#setup.lineSettings ?? SEVEN_E_ONE);
      }
    }
  }

  async #event(given: Event, call: Call<Event>): Promise<void> {
    const event = given as Event & OwnEvent;
    if (event.type === call.wants) call.answer = event;
    switch (event.type) {
      case 'failed':
        if (call.wants === undefined || call.answer !== undefined) return;
        this.#settled = true;
        throw new DialogueError('link', textOfFailure(event.reason, event.error), { linkFailure: event.reason });
      case 'unknown-outcome':
        this.#settled = true;
        throw new DialogueError('write', `outcome of the write unknown: ${textOfFailure(event.reason)}`);
      case 'closed':
        if (call.wants !== 'opened' && call.wants !== 'reply') return;
        this.#settled = true;
        throw new DialogueError('link', 'the link was closed');
      case 'fresh-payload-wanted':
        await this.#freshPayload(call);
        return;
      case 'connection-wanted':
        await this.#reconnect(call);
        return;
      case 'opened':
      case 'reply':
        return;
      default:
        this.#setup.onEvent?.(event);
    }
  }

  async #freshPayload(call: Call<Event>): Promise<void> {
    this.#handedOver = false;
    if (call.fresh === undefined) throw new DialogueError('link', 'the meter did not take the request, and it may not be repeated');
    const { fresh } = call;
    const payload = await this.#within(async () => fresh(), call.limits, 'the request could not be made anew within the time of this step');
    this.#sentAt = undefined;
    await this.#step({ type: 'command', command: { type: 'fresh', payload } }, call);
  }

  async #reconnect(call: Call<Event>): Promise<void> {
    const { reopen } = this.#setup;
    if (reopen === undefined) throw new DialogueError('engine', 'the meter wants a connection a request, and there is no way to open one');
    this.#link = await this.#connection(reopen, call.limits);
    this.#isIdle = true;
    this.#setMask(this.#mask);
    // Only machines that ask for a connection know the answer.
    await this.#step({ type: 'command', command: { type: 'connected' } as never }, call);
  }

  /** A link that comes too late is closed again, as nobody waits for it. */
  async #connection(reopen: () => Promise<Link>, limits: StepLimits): Promise<Link> {
    let over = false;
    const open = async (): Promise<Link> => {
      await this.#link.close();
      const link = await reopen();
      if (!over && !limits.signal.aborted && this.#now() < limits.deadlineMs) return link;
      await link.close();
      throw new DialogueError('link', NO_CONNECTION);
    };
    try {
      return await this.#within(open, limits, NO_CONNECTION);
    } finally {
      // Timers may fire before the clock says so.
      over = true;
    }
  }

  /** Ends what a call left half done. @returns true when a request that must not be repeated may have reached the meter */
  #breakOff(command: LinkCommand | undefined): boolean {
    if (command?.type !== 'request') return false;
    const step = this.#setup.machine.step({ type: 'command', command: { type: 'close' } }, this.#now());
    this.#machineDueMs = step.deadlineMs;
    this.#owed = step.send;
    return this.#handedOver && step.events.some(({ type }) => type === 'unknown-outcome');
  }

  #within<T>(begin: () => T | Promise<T>, limits: StepLimits, late: string): T | Promise<T> {
    return withinLimits(begin, limits, this.#setup.clock, late);
  }

  #setMask(mask: TraceMask | undefined): void {
    this.#mask = mask;
    this.#link.mask?.(mask);
  }

  #now(): number {
    return this.#setup.clock.monotonic();
  }
}
