/**
 * A dialogue speaks one protocol with one meter over one link: the steps of meter-protocols 2, each under the deadline and the
 * signal that the session gives. It never opens or closes the link, and never decides whether to write.
 *
 * - D1 A step that cannot be done rejects with {@link DialogueError}; it never hangs past its deadline.
 * - D2 `writeClock` sends its octets once. If it is not known whether the meter took them it rejects with class `write`.
 * - D3 No password or key is in any text.
 */
import type { EpochMs } from '../../machines/common/effects.ts';
import type { FailureClass } from '../../machines/meter-session/index.ts';
import type { LinkFailure } from '../../workers/codec/common/index.ts';
import type { Clock } from '../engine/ports.ts';
import type { Link, Stamp } from '../link/link.ts';
import type { MeterProfile } from '../profile/profile.ts';

/** Bounds of one step. */
export interface StepLimits {
  readonly signal: AbortSignal;
  /** Of the monotonic clock. */
  readonly deadlineMs: number;
}

/** A clock sample with the times of its exchange; the session turns it into an offset (meter-protocols 2.4). */
export interface ClockSample {
  /** The meter's time as an instant, base of the profile applied, hundredths included where the meter has them. */
  readonly meterAt: EpochMs;
  /** Whole seconds only: the session adds half a second. */
  readonly wholeSeconds: boolean;
  readonly sentAt: Stamp;
  readonly firstAt: Stamp;
  /** The request went out more than once: the sample is thrown away. */
  readonly repeated: boolean;
  /** What the meter itself says of its clock: `invalid`, `doubtful` … */
  readonly flags: readonly string[];
}

export interface Dialogue {
  /** Wakes the meter and opens the protocol's link. */
  signOn(limits: StepLimits): Promise<void>;
  /** Who is there, as far as the protocol tells before a log-in; text for people. */
  identify(limits: StepLimits): Promise<string>;
  logIn(limits: StepLimits): Promise<void>;
  /** As the meter gave it, without blanks and NULs at the ends. */
  readSerial(limits: StepLimits): Promise<string>;
  readClock(limits: StepLimits): Promise<ClockSample>;
  /** Octets of the write frame on the wire: what the transit estimate adds at the line's speed. */
  readonly writeOctets: number;
  /** Half of the last round trip, milliseconds: what the session adds to the time that it writes. */
  readonly transitMs: number;
  /**
   * Sets the clock. `target` is asked for the instant to write at the moment when the frame is built, and again when a link asks
   * for a fresh payload after the meter provably did not take the first.
   */
  writeClock(target: () => EpochMs, limits: StepLimits): Promise<void>;
  /** Keeps the association alive while the session waits for a boundary to pass. */
  keepAlive(limits: StepLimits): Promise<void>;
  /** Ends the association as the protocol wants it. Best effort: the link is closed anyway. */
  logOff(limits: StepLimits): Promise<void>;
}

/** What a dialogue is made of. */
export interface DialogueSetup {
  readonly profile: MeterProfile;
  readonly link: Link;
  readonly clock: Pick<Clock, 'monotonic' | 'now' | 'after' | 'soon'>;
  readonly outstationAddress?: string;
  readonly serialNumber?: string;
  /** Finds the meter's keys where the serial number does not, and the port for `framing: auto`. */
  readonly canonicalAddress?: string;
  /** Octets as the caller gave them; the dialogue never keeps them past its end. */
  readonly password?: string;
  /** Opens another link to the same meter, for profiles that want a connection a request. */
  readonly reopen: () => Promise<Link>;
  readonly services: import('./services.ts').DialogueServices;
}

export class DialogueError extends Error {
  readonly class: FailureClass;
  /** The meter's own code where it gave one. */
  readonly meterCode: string | undefined;
  /** How the link machine failed, where it did. */
  readonly linkFailure: LinkFailure | undefined;
  constructor(
    failure: FailureClass,
    text: string,
    options: { readonly meterCode?: string; readonly linkFailure?: LinkFailure | undefined; readonly cause?: unknown } = {},
  ) {
    super(text, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'DialogueError';
    this.class = failure;
    this.meterCode = options.meterCode;
    this.linkFailure = options.linkFailure;
  }
}
