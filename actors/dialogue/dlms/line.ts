/**
 * What carries APDUs: HDLC or the wrapper, driven over the link that the session opened (meter-protocols 3.4, 5.1, 5.2).
 *
 * - N1 A volatile request is handed over once; a fresh payload is asked for only when the meter provably did not take the first.
 * - N2 After a failure in the middle of an exchange nothing is asked before `open`. On the wrapper that costs nothing and the
 *   association stands; on HDLC it is a new link, and the association is gone.
 */
import { hdlc, type LinkCommand, type LinkMachine, wrapper } from '../../../workers/codec/index.ts';
import type { Link, Stamp } from '../../link/link.ts';
import type { TimingOption } from '../../profile/profile.ts';
import { DialogueError, type StepLimits } from '../dialogue.ts';
import { type AnyEvent, LinkDriver } from '../driver.ts';
import type { DriverClock } from '../driver-types.ts';
import { hungUp, isHangUp } from '../hang-up.ts';
import { SelectiveWrapperLink } from './late-answers.ts';
import { type DlmsOptions, hdlcServer, type Station } from './station.ts';

export interface LineRequest {
  /** The octets, and octets anew for a request that was not taken. */
  readonly payload: () => Uint8Array;
  readonly volatile: boolean;
  /** A byte trace must not show it: passwords, proofs. */
  readonly secret: boolean;
  /** A password or proof that the meter has not taken yet in this session. */
  readonly proves: boolean;
  /** False: the answer to an older request. */
  readonly accepts: (payload: Uint8Array) => boolean;
}

export interface LineAnswer {
  readonly payload: Uint8Array;
  readonly repeated: boolean;
  readonly sentAt: Stamp;
  readonly firstAt: Stamp;
}

/** The request was not answered. */
export class NoAnswer extends DialogueError {
  constructor(cause: DialogueError) {
    super('link', cause.message, { cause });
    this.name = 'NoAnswer';
  }
}

export interface LineSetup {
  readonly framing: 'hdlc' | 'wrapper';
  readonly dlms: DlmsOptions;
  readonly timing: TimingOption;
  readonly station: Station;
  readonly link: Link;
  readonly clock: DriverClock;
}

type Machine = LinkMachine<LinkCommand, AnyEvent>;

export class DlmsLine {
  readonly framing: 'hdlc' | 'wrapper';
  readonly #setup: LineSetup;
  #machine: Machine;
  #driver: LinkDriver<AnyEvent>;
  readonly #frameOctets: number;
  #isOpen = false;
  #isSpent = false;
  #identification: string | undefined;
  #transitMs = 0;

  constructor(setup: LineSetup) {
    const { framing, dlms, station } = setup;
    this.framing = framing;
    this.#setup = setup;
    // Flags, format, client, control, HCS, FCS and LLC; or the header of the wrapper.
    this.#frameOctets = framing === 'hdlc' ? 13 + hdlcServer(station, dlms.addressOctets).size : wrapper.WRAPPER_HEADER;
    this.#machine = machineOf(setup);
    this.#driver = this.#driverOf(this.#machine);
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** What the meter said at a start of mode E. */
  get identification(): string | undefined {
    return this.#identification;
  }

  /** Half of the last round trip, milliseconds. */
  get transitMs(): number {
    return this.#transitMs;
  }

  /** Octets of a frame that carries so many of an APDU. */
  frameOctets(payloadOctets: number): number {
    return payloadOctets + this.#frameOctets;
  }

  /** @throws DialogueError */
  async open(limits: StepLimits): Promise<void> {
    this.#isOpen = false;
    if (this.#isSpent && this.framing === 'hdlc') {
      // SNRM begins anew whatever the meter thinks of the old link; waiting for its end could take all the time there is.
      this.#machine = machineOf(this.#setup);
      this.#driver = this.#driverOf(this.#machine);
    }
    this.#isSpent = true;
    await this.#driver.open(limits);
    this.#isOpen = true;
  }

  /** @throws NoAnswer; DialogueError, of class `write` when a volatile request may have been taken, `hang-up` when the meter hung up on a proof */
  async request({ payload, volatile, secret, proves, accepts }: LineRequest, limits: StepLimits): Promise<LineAnswer> {
    const { timing, clock } = this.#setup;
    const pauseMs = timing.pauseBeforeRequestMs;
    if (pauseMs > 0 && !volatile) await this.#driver.idle(clock.monotonic() + pauseMs, limits);
    if (this.#machine instanceof SelectiveWrapperLink) this.#machine.expect(accepts);
    const octets = payload();
    try {
      const answer = await this.#driver.request(octets, { limits, volatile, fresh: payload, ...(secret ? { mask: 'all' as const } : {}) });
      if (!answer.repeated) this.#transitMs = Math.max(0, (answer.firstAt.monotonicMs - answer.sentAt.monotonicMs) / 2);
      return answer;
    } catch (error) {
      this.#isOpen = false;
      if (!(error instanceof DialogueError)) throw error;
      if (proves && this.#driver.handedOver && isHangUp(error)) throw hungUp(error);
      throw error.class === 'link' ? new NoAnswer(error) : error;
    }
  }

  /** @throws DialogueError */
  async close(limits: StepLimits): Promise<void> {
    this.#isOpen = false;
    await this.#driver.close(limits);
  }

  #driverOf(machine: Machine): LinkDriver<AnyEvent> {
    const { link, clock } = this.#setup;
    return new LinkDriver({ machine, link, clock, onEvent: (event) => this.#heard(event) });
  }

  #heard(event: AnyEvent): void {
    if (event.type === 'identified') this.#identification = (event as Extract<hdlc.ModeEClientEvent, { type: 'identified' }>).identification.identification;
  }
}

function machineOf({ framing, dlms, timing, station, link }: LineSetup): Machine {
  return framing === 'hdlc' ? hdlcMachine(dlms, timing, station, link.kind) : wrapperMachine(timing, station);
}

function hdlcMachine(dlms: DlmsOptions, timing: TimingOption, station: Station, kind: Link['kind']): Machine {
  const options: hdlc.HdlcClientOptions = {
    client: station.client,
    server: hdlcServer(station, dlms.addressOctets),
    parameters: {
      maxInfoTransmit: dlms.maxInformation,
      maxInfoReceive: dlms.maxInformation,
      windowTransmit: dlms.window,
      windowReceive: dlms.window,
    },
    responseTimeoutMs: timing.replyTimeoutMs,
    retries: timing.retries,
    interOctetMs: timing.interOctetMs,
  };
  return kind === 'serial' && dlms.modeE ? new hdlc.ModeEClient({ link: options }) : new hdlc.HdlcClientLink(options);
}

/** TCP loses nothing and the wrapper repeats nothing: what is asked again is asked by the conversation, under another invoke-id. */
function wrapperMachine(timing: TimingOption, { client, upper }: Station): Machine {
  return new SelectiveWrapperLink({ clientWPort: client, serverWPort: upper, responseTimeoutMs: timing.replyTimeoutMs });
}
