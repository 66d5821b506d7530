/**
 * The ports of one session's machine, over a link and a dialogue.
 *
 * - P1 Every link that was opened for the session is closed by `close` or by `dispose`, also one that opens after it was given up.
 * - P2 The password is opened when the dialogue is made, handed to it, and kept nowhere else.
 * - P3 `wrote` is true from before the first octet of a write until the end.
 * - P4 The dialogue does one thing at a time, also after a step that was given up.
 */
import {
  type Conditions,
  frameMs,
  type Intent,
  type MeterTarget,
  planWrite,
  type SessionPorts,
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
const OVER = 'over';

export function createSessionPorts(setup: SessionPortsSetup): LivePorts {
  const { clock, target } = setup;
  const end = new AbortController();
  const links: Link[] = [];
  let dialogue: Dialogue | undefined;
  let wrote = false;

  /** The reason is for nobody, and one of the platform's own would hold a stack. */
  const stopOpening = (): void => {
    if (!end.signal.aborted) end.abort(OVER);
  };
  const octets = (member: 'octetsIn' | 'octetsOut'): number => links.reduce((sum, link) => sum + link[member], 0);
  const stamp = (): Stamp => ({ wallMs: clock.now(), monotonicMs: clock.monotonic() });
  const current = (): Dialogue => {
    if (dialogue === undefined) throw new PortError('engine', 'there is no dialogue');
    return dialogue;
  };

  /** Runs a step within its budget, its failure in the machine's words. */
  const step =
    <I extends { readonly budgetMs: number }, O>(run: (input: I, limits: StepLimits) => Promise<O>) =>
    async (input: I, signal: AbortSignal): Promise<O> => {
      try {
        return await run(input, { signal, deadlineMs: clock.monotonic() + input.budgetMs });
      } catch (error) {
        throw asPortError(error);
      }
    };

  let under: Promise<void> = Promise.resolve();
  /** A step on the link. One that was given up at its deadline still has to let go of the link before the next begins. */
  const spoken = <I extends { readonly budgetMs: number }, O>(run: (input: I, limits: StepLimits) => Promise<O>) =>
    step(async (input: I, limits: StepLimits): Promise<O> => {
      const before = under;
      const over = Promise.withResolvers<void>();
      under = over.promise;
      try {
        await before;
        return await run(input, limits);
      } finally {
        over.resolve();
      }
    });

  async function openLink(connectTimeoutMs: number, signal: AbortSignal): Promise<Link> {
    const { trace, address, priority, owner } = setup;
    const request = { address, settings: lineSettings(setup), priority, owner, connectTimeoutMs, ...(trace ? { trace } : {}) };
    const link = await setup.links.open(request, signal);
    if (signal.aborted) {
      await link.close();
      throw new PortError('engine', 'opening was stopped');
    }
    links.push(link);
    return link;
  }

  /** For profiles that want a connection a request: the one before is over. */
  async function reopen(connectTimeoutMs: number): Promise<Link> {
    await Promise.all(links.map((link) => link.close()));
    return openLink(connectTimeoutMs, end.signal);
  }

  function makeDialogue(link: Link, connectTimeoutMs: number): Dialogue {
    let password: string | undefined;
    try {
      password = setup.openPassword();
    } catch (error) {
      throw new PortError('config', "password: cannot be opened with this installation's key", { cause: error });
    }
    return setup.createDialogue({
      profile: setup.profile,
      link,
      clock,
      reopen: () => reopen(connectTimeoutMs),
      services: setup.services,
      canonicalAddress: setup.address.canonical,
      ...(target.outstationAddress === undefined ? {} : { outstationAddress: target.outstationAddress }),
      ...(target.serialNumber === undefined ? {} : { serialNumber: target.serialNumber }),
      ...(password === undefined ? {} : { password }),
    });
  }

  async function setClock(correctTransit: boolean, limits: StepLimits): Promise<number> {
    const live = current();
    const transit: Transit = correctTransit
      ? { transitMs: live.transitMs, frameMs: frameMs(live.writeOctets, links.at(-1)?.bitsPerSecond, TEN_BITS) }
      : { transitMs: 0, frameMs: 0 };
    await sleep(clock, planWrite(clock.now(), transit).writeAt - clock.now(), limits.signal);
    // Class `guard`: the machine knows that nothing left.
    if (limits.signal.aborted) throw new PortError('guard', 'the write was called off');
    let value = 0;
    wrote = true;
    await live.writeClock(() => {
      value = writeValue(clock.now(), transit);
      return value;
    }, limits);
    return value;
  }

  function abort(reason: string): void {
    stopOpening();
    for (const link of links) link.abort(reason);
  }

  async function closeAll(): Promise<void> {
    stopOpening();
    dialogue = undefined;
    await Promise.all(links.map((link) => link.close()));
  }

  const ports: SessionPorts = {
    open: step(async ({ budgetMs }: { readonly budgetMs: number }, { signal }) => {
      const link = await openLink(budgetMs, AbortSignal.any([signal, end.signal]));
      const openedAt = stamp();
      dialogue = makeDialogue(link, budgetMs);
      return { openedAt };
    }),
    signOn: spoken((_, limits) => current().signOn(limits)),
    identify: spoken((_, limits) => current().identify(limits)),
    logIn: spoken((_, limits) => current().logIn(limits)),
    readSerial: spoken((_, limits) => current().readSerial(limits)),
    readClock: spoken((_, limits) => current().readClock(limits)),
    conditions: async () => setup.conditions(),
    intend: step(({ before }) => setup.intend(before)),
    setClock: spoken(async ({ correctTransit }, limits) => ({ value: await setClock(correctTransit, limits) })),
    keepAlive: spoken((_, limits) => current().keepAlive(limits)),
    logOff: spoken((_, limits) => current().logOff(limits)),
    close: step(async () => {
      await closeAll();
      return { closedAt: clock.now(), octetsIn: octets('octetsIn'), octetsOut: octets('octetsOut') };
    }),
  };

  return {
    ports,
    get octetsIn() {
      return octets('octetsIn');
    },
    get octetsOut() {
      return octets('octetsOut');
    },
    get wrote() {
      return wrote;
    },
    abort,
    async dispose(reason) {
      abort(reason);
      await closeAll();
    },
  };
}

/** Of the request where it gives some, else of the profile. */
function lineSettings({ target, profile }: SessionPortsSetup): LineSettings {
  if (target.comsSettings === undefined) return profile.modem.settings;
  const settings = parseComsSettings(target.comsSettings);
  if ('kind' in settings) throw new PortError('config', settings.error);
  return settings;
}
