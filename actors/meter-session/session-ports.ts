/**
 * The ports of one session's machine, over a link and a dialogue.
 *
 * - P1 Every link that was opened for the session is closed by `close` or by `dispose`, also one that opens after it was given up.
 * - P2 The password is opened when the dialogue is made, handed to it, and kept nowhere else.
 * - P3 `wrote` is true from before the first octet of a write until the end; what goes before a write, a password say, is none.
 * - P4 What is written is the host's time of the reading that was judged, carried on by the monotonic clock.
 * - P5 The dialogue does one thing at a time, also after a step that was given up.
 */
import {
  type Budget,
  type ClockSampleData,
  type CloseOutput,
  type Conditions,
  type ConditionsOutput,
  frameMs,
  HOST_CLOCK_STEPPED,
  hasStepped,
  hostNow,
  type Intent,
  type MeterTarget,
  type OpenOutput,
  planWrite,
  type SessionPorts,
  type SetInput,
  type SetOutput,
  type Stamp,
  type Transit,
  writeValue,
} from '../../machines/meter-session/index.ts';
import type { ClockReading } from '../../machines/meter-session/types.ts';
import type { Dialogue, DialogueSetup, StepLimits } from '../dialogue/dialogue.ts';
import type { DialogueServices } from '../dialogue/services.ts';
import type { Clock } from '../engine/ports.ts';
import { type ByteTrace, type LineSettings, type Link, type LinkOpener, parseComsSettings, type RemoteAddress } from '../link/index.ts';
import type { MeterProfile } from '../profile/profile.ts';
import { asPortError, PortError } from './failure.ts';
import { sleep } from './sleep.ts';

export interface SessionPortsSetup {
  readonly clock: Clock;
  readonly links: LinkOpener;
  readonly createDialogue: (setup: DialogueSetup) => Dialogue;
  readonly services: DialogueServices;
  readonly profile: MeterProfile;
  readonly address: RemoteAddress;
  readonly target: MeterTarget;
  readonly priority: 'immediate' | 'overnight';
  /** The action's id, for logs and line lists. */
  readonly owner: string;
  /** Gives the password in clear, or nothing where the request has none. @throws when it cannot be opened */
  readonly openPassword: () => string | undefined;
  readonly trace?: ByteTrace;
  readonly conditions: () => Conditions;
  readonly intend: (before: ClockReading) => Promise<Intent>;
  readonly mayWrite: () => boolean;
}

export interface LivePorts {
  readonly ports: SessionPorts;
  readonly octetsIn: number;
  readonly octetsOut: number;
  /** A write left for the meter, or may have. */
  readonly wrote: boolean;
  /** Breaks off whatever is under way; the machine hears of it as a lost link. */
  abort(reason: string): void;
  /** Cuts whatever is under way and closes what is open; safe at any time. */
  dispose(reason: string): Promise<void>;
}

const TEN_BITS = 10;
const LOST = 'the write was called off: another node may have the meter by now';
const OVER = 'over';

type Step<T> = (limits: StepLimits) => Promise<T>;

export function createSessionPorts(setup: SessionPortsSetup): LivePorts {
  return new SessionOverLink(setup);
}

/** One object a session, and no function that lives as long: thousands of them are held at once (bench `overnight`). */
class SessionOverLink implements SessionPorts, LivePorts {
  readonly #setup: SessionPortsSetup;
  readonly #end = new AbortController();
  readonly #links: Link[] = [];
  #dialogue: Dialogue | undefined;
  #wrote = false;
  #under: Promise<void> = Promise.resolve();

  constructor(setup: SessionPortsSetup) {
    this.#setup = setup;
  }

  get ports(): SessionPorts {
    return this;
  }

  get octetsIn(): number {
    return this.#links.reduce((sum, link) => sum + link.octetsIn, 0);
  }

  get octetsOut(): number {
    return this.#links.reduce((sum, link) => sum + link.octetsOut, 0);
  }

  get wrote(): boolean {
    return this.#wrote;
  }

  open(input: Budget, signal: AbortSignal): Promise<OpenOutput> {
    return this.#step(input, signal, async () => {
      const link = await this.#openLink(input.budgetMs, AbortSignal.any([signal, this.#end.signal]));
      const openedAt = this.#stamp();
      this.#dialogue = this.#makeDialogue(link, input.budgetMs);
      return { openedAt };
    });
  }

  signOn(input: Budget, signal: AbortSignal): Promise<void> {
    return this.#spoken(input, signal, (limits) => this.#current().signOn(limits));
  }

  identify(input: Budget, signal: AbortSignal): Promise<string> {
    return this.#spoken(input, signal, (limits) => this.#current().identify(limits));
  }

  logIn(input: Budget, signal: AbortSignal): Promise<void> {
    return this.#spoken(input, signal, (limits) => this.#current().logIn(limits));
  }

  readSerial(input: Budget, signal: AbortSignal): Promise<string> {
    return this.#spoken(input, signal, (limits) => this.#current().readSerial(limits));
  }

  readClock(input: Budget, signal: AbortSignal): Promise<ClockSampleData> {
    return this.#spoken(input, signal, (limits) => this.#current().readClock(limits));
  }

  async conditions(): Promise<ConditionsOutput> {
    return { ...this.#setup.conditions(), askedAt: this.#stamp() };
  }

  intend(input: Budget & { readonly before: ClockReading }, signal: AbortSignal): Promise<Intent> {
    return this.#step(input, signal, () => this.#setup.intend(input.before));
  }

  setClock(input: SetInput, signal: AbortSignal): Promise<SetOutput> {
    return this.#spoken(input, signal, async (limits) => ({ value: await this.#setClock(input, limits) }));
  }

  keepAlive(input: Budget, signal: AbortSignal): Promise<void> {
    return this.#spoken(input, signal, (limits) => this.#current().keepAlive(limits));
  }

  logOff(input: Budget, signal: AbortSignal): Promise<void> {
    return this.#spoken(input, signal, (limits) => this.#current().logOff(limits));
  }

  close(input: Budget, signal: AbortSignal): Promise<CloseOutput> {
    return this.#step(input, signal, async () => {
      await this.#closeAll();
      const { octetsIn, octetsOut } = this;
      return { closedAt: this.#setup.clock.now(), octetsIn, octetsOut };
    });
  }

  abort(reason: string): void {
    this.#stopOpening();
    for (const link of this.#links) link.abort(reason);
  }

  async dispose(reason: string): Promise<void> {
    this.abort(reason);
    await this.#closeAll();
  }

  /** Runs a step within its budget, its failure in the machine's words. */
  async #step<T>({ budgetMs }: Budget, signal: AbortSignal, run: Step<T>): Promise<T> {
    try {
      return await run({ signal, deadlineMs: this.#setup.clock.monotonic() + budgetMs });
    } catch (error) {
      throw asPortError(error);
    }
  }

  /** A step on the link. One that was given up at its deadline still has to let go of the link before the next begins. */
  async #spoken<T>({ budgetMs }: Budget, signal: AbortSignal, run: Step<T>): Promise<T> {
    const limits = { signal, deadlineMs: this.#setup.clock.monotonic() + budgetMs };
    const before = this.#under;
    const over = Promise.withResolvers<void>();
    this.#under = over.promise;
    try {
      await before;
      return await run(limits);
    } catch (error) {
      throw asPortError(error);
    } finally {
      over.resolve();
    }
  }

  #current(): Dialogue {
    if (this.#dialogue === undefined) throw new PortError('engine', 'there is no dialogue');
    return this.#dialogue;
  }

  async #openLink(connectTimeoutMs: number, signal: AbortSignal): Promise<Link> {
    const { trace, address, priority, owner, links } = this.#setup;
    const request = { address, settings: lineSettings(this.#setup), priority, owner, connectTimeoutMs, ...(trace ? { trace } : {}) };
    const link = await links.open(request, signal);
    if (signal.aborted) {
      await link.close();
      throw new PortError('engine', 'opening was stopped');
    }
    this.#links.push(link);
    return link;
  }

  /** For profiles that want a connection a request: the one before is over. */
  async #reopen(connectTimeoutMs: number): Promise<Link> {
    await Promise.all(this.#links.map((link) => link.close()));
    return this.#openLink(connectTimeoutMs, this.#end.signal);
  }

  #makeDialogue(link: Link, connectTimeoutMs: number): Dialogue {
    const { openPassword, createDialogue, profile, clock, address, target } = this.#setup;
    let password: string | undefined;
    try {
      password = openPassword();
    } catch (error) {
      throw new PortError('config', "password: cannot be opened with this installation's key", { cause: error });
    }
    return createDialogue({
      profile,
      link,
      clock,
      reopen: () => this.#reopen(connectTimeoutMs),
      services: this.#services(),
      canonicalAddress: address.canonical,
      ...(target.outstationAddress === undefined ? {} : { outstationAddress: target.outstationAddress }),
      ...(target.serialNumber === undefined ? {} : { serialNumber: target.serialNumber }),
      ...(password === undefined ? {} : { password }),
    });
  }

  /** A session that is cut does not wait for the house: counters that come too late are not used. */
  #services(): DialogueServices {
    const { services } = this.#setup;
    return {
      meterKeys: (meter) => services.meterKeys(meter),
      reserveCounters: (...asked) => this.#unlessOver(services.reserveCounters(...asked)),
      random: (count) => services.random(count),
      ...(services.codec ? { codec: services.codec } : {}),
    };
  }

  async #unlessOver<T>(work: Promise<T>): Promise<T> {
    const { signal } = this.#end;
    const over = Promise.withResolvers<never>();
    const end = (): void => over.reject(new PortError('engine', 'the session was cut'));
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
    try {
      return await Promise.race([work, over.promise]);
    } finally {
      signal.removeEventListener('abort', end);
    }
  }

  async #setClock({ correctTransit, readAt, refuseStepped }: SetInput, limits: StepLimits): Promise<number> {
    const { clock } = this.#setup;
    const live = this.#current();
    const transit: Transit = correctTransit
      ? { transitMs: live.transitMs, frameMs: frameMs(live.writeOctets, this.#links.at(-1)?.bitsPerSecond, TEN_BITS) }
      : { transitMs: 0, frameMs: 0 };
    const now = (): number => hostNow(readAt, clock.monotonic());
    const startedAt = now();
    await sleep(clock, planWrite(startedAt, transit).writeAt - startedAt, limits.signal);
    // Class `guard`: the machine knows that nothing left.
    if (limits.signal.aborted) throw new PortError('guard', 'the write was called off');
    let value: number | undefined;
    let refusal: PortError | undefined;
    const target = (): number => {
      if (refuseStepped && hasStepped(readAt, this.#stamp())) {
        // A frame that had its time already may have left.
        refusal = value === undefined ? new PortError('guard', HOST_CLOCK_STEPPED, { guard: 'host-clock' }) : new PortError('write', HOST_CLOCK_STEPPED);
        throw refusal;
      }
      if (!this.#setup.mayWrite()) {
        refusal = value === undefined ? new PortError('engine', LOST, { nothingLeft: true }) : new PortError('write', LOST);
        throw refusal;
      }
      this.#wrote = true;
      value = writeValue(now(), transit);
      return value;
    };
    try {
      await live.writeClock(target, limits);
    } catch (error) {
      if (refusal !== undefined || value !== undefined) throw refusal ?? error;
      // Of what goes before a write; without a time there was no frame.
      const before = asPortError(error);
      throw new PortError(before.class, before.message, { nothingLeft: true, cause: before });
    }
    return value ?? 0;
  }

  /** The reason is for nobody, and one of the platform's own would hold a stack. */
  #stopOpening(): void {
    if (!this.#end.signal.aborted) this.#end.abort(OVER);
  }

  async #closeAll(): Promise<void> {
    this.#stopOpening();
    this.#dialogue = undefined;
    await Promise.all(this.#links.map((link) => link.close()));
  }

  #stamp(): Stamp {
    const { clock } = this.#setup;
    return { wallMs: clock.now(), monotonicMs: clock.monotonic() };
  }
}

/** Of the request where it gives some, else of the profile. */
function lineSettings({ target, profile }: SessionPortsSetup): LineSettings {
  if (target.comsSettings === undefined) return profile.modem.settings;
  const settings = parseComsSettings(target.comsSettings);
  if ('kind' in settings) throw new PortError('config', settings.error);
  return settings;
}
