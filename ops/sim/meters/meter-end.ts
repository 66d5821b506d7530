/**
 * One meter on one connection: between the socket and the meter's session, where the faults of wire and meter happen.
 *
 * ```
 *   socket ──► lost? parity, power ──► session ──► request, write: fate and record
 *   socket ◄── delay ◄── lost? noise? parity ◄── frame
 * ```
 */
import type { Clock } from '../../../actors/engine/ports.ts';
import { throughParity, withBadCheck, withNoise, withParity } from './damage.ts';
import type { SimMeter } from './meter.ts';
import type { WriteOutcome } from './records.ts';
import type { ClockWrite, MeterLine, MeterSession, RequestFate, WireLine, WriteVerdict } from './session.ts';
import { openSession } from './sessions.ts';
import { framingOf } from './types.ts';
import type { Visit } from './visit.ts';
import type { Wheel, WheelEntry } from './wheel.ts';

/** The socket, as far as a meter needs it. */
export interface Outlet {
  readonly connection: number;
  write(octets: Uint8Array): void;
  destroy(): void;
  /** Only of an optical head. */
  readonly setLine?: (line: WireLine) => void;
}

export interface MeterPlace {
  readonly shared: boolean;
  readonly first: boolean;
}

export class MeterEnd implements MeterLine, WheelEntry {
  readonly meter: SimMeter;
  readonly shared: boolean;
  readonly first: boolean;
  readonly setLine: ((line: WireLine) => void) | undefined;
  readonly #outlet: Outlet;
  readonly #clock: Clock;
  readonly #wheel: Wheel;
  readonly #session: MeterSession;
  #visit: Visit;
  #muted = false;
  #closed = false;
  /** The next frames are lost: the answer to a write. */
  #losing: 'no' | 'frame' | 'close' = 'no';
  /** When the frame before goes out, so that none overtakes it. */
  #readyMs = 0;

  constructor(meter: SimMeter, place: MeterPlace, outlet: Outlet, clock: Clock, wheel: Wheel) {
    this.meter = meter;
    this.shared = place.shared;
    this.first = place.first;
    this.#outlet = outlet;
    this.setLine = outlet.setLine;
    this.#clock = clock;
    this.#wheel = wheel;
    const nowMs = clock.monotonic();
    this.#visit = meter.spec.meterType === 'EMLITECOP10' ? meter.lingeringVisit(nowMs) : meter.newVisit(nowMs);
    this.#session = openSession(this);
    meter.connections += 1;
  }

  get deadlineMs(): number | null {
    return this.#closed ? null : this.#session.deadlineMs;
  }

  due(nowMs: number): void {
    this.#session.time(nowMs);
  }

  /** Octets from the socket. */
  take(octets: Uint8Array): void {
    const { meter } = this;
    const { requestDropRate = 0 } = meter.faults.current;
    const nowMs = this.#clock.monotonic();
    meter.octetsIn += octets.length;
    if (nowMs < meter.silentUntilMs || meter.random.chance(requestDropRate)) return;
    if (meter.faults.pending('loseWrites') && this.#session.carriesWrite?.(octets) === true && meter.faults.strikes('loseWrites')) return;
    const due = this.#session.deadlineMs;
    if (due !== null && due <= nowMs) this.#session.time(nowMs);
    this.#session.take(meter.spec.parity === 'even' ? throughParity(octets) : octets, nowMs);
    this.#losing = 'no';
    if (!this.#closed) this.#wheel.arm(this);
  }

  closed(): void {
    this.#closed = true;
    this.#wheel.forget(this);
  }

  send(frame: Uint8Array): void {
    if (this.#closed || this.#muted) return;
    if (this.#losing === 'close') {
      this.hangUp();
      return;
    }
    const { meter } = this;
    const { dropRate = 0, badCheckRate = 0, noiseRate = 0, replyDelayMs = 0 } = meter.faults.current;
    if (this.#losing === 'frame' || meter.random.chance(dropRate)) return;
    let octets = frame;
    if (meter.random.chance(badCheckRate)) octets = withBadCheck(octets, meter.spec.meterType, framingOf(meter.spec));
    if (meter.spec.parity === 'even') octets = withParity(octets);
    if (meter.random.chance(noiseRate)) octets = withNoise(octets, meter.random);
    const nowMs = this.#clock.monotonic();
    this.#readyMs = Math.max(this.#readyMs, nowMs + replyDelayMs);
    if (this.#readyMs <= nowMs) this.#put(octets);
    else this.#clock.after(this.#readyMs - nowMs, () => this.#put(octets));
  }

  signOn(): void {
    this.#muted = false;
    this.#visit = this.meter.newVisit(this.#clock.monotonic());
  }

  authenticated(): void {
    this.#visit.authenticated = true;
  }

  request(): RequestFate {
    const { faults } = this.meter;
    const { reboot, disconnect } = faults.current;
    const served = this.#visit.requests;
    this.#visit.requests += 1;
    if (reboot !== undefined && served >= reboot.afterRequests && faults.strikes('reboot')) {
      this.meter.silentUntilMs = this.#clock.monotonic() + (reboot.silentMs ?? 1000);
      // Power goes in the middle of whatever the session is doing, so it is told when it is done with it.
      this.#clock.soon(() => this.#session.reset());
      if (reboot.closes === true) this.hangUp();
      return 'gone';
    }
    if (disconnect !== undefined && served >= disconnect.afterRequests && faults.strikes('disconnect')) return 'disconnect';
    return 'serve';
  }

  read(what: string): void {
    this.#visit.read(what);
    if (what === 'clock') this.meter.writesSinceClockRead = 0;
    if (what === 'serial') this.#visit.serialTold = this.meter.serialNumber;
  }

  writeClock(write: ClockWrite): WriteVerdict {
    const { meter } = this;
    const { clockSet = 'accept', lostReply = 'frame' } = meter.faults.current;
    if (meter.faults.strikes('loseWrites')) return 'lost';
    const refusal = write.refusal ?? (clockSet === 'refuse' ? 'access denied by a fault' : undefined);
    const outcome: WriteOutcome = refusal !== undefined ? 'refused' : clockSet === 'ignore' ? 'ignored' : 'applied';
    const offsetBefore = meter.clock.offsetSeconds;
    if (outcome === 'applied') write.apply();
    const replyLost = outcome !== 'refused' && meter.faults.strikes('loseWriteReplies');
    this.#record(write.what, write.value, outcome, refusal, offsetBefore, replyLost);
    if (outcome === 'applied') meter.writesSinceClockRead += 1;
    if (replyLost) {
      if (lostReply === 'mute') this.#muted = true;
      else this.#losing = lostReply;
    }
    return outcome === 'refused' ? 'refused' : 'done';
  }

  refuseWrite(what: string, value: string, reason: string): void {
    this.#record(what, value, 'refused', reason, this.meter.clock.offsetSeconds, false);
  }

  hangUp(): void {
    this.#outlet.destroy();
  }

  #put(octets: Uint8Array): void {
    if (this.#closed) return;
    this.meter.octetsOut += octets.length;
    this.#outlet.write(octets);
  }

  #record(what: string, value: string, outcome: WriteOutcome, reason: string | undefined, offsetBefore: number, replyLost: boolean): void {
    const { meter } = this;
    const visit = this.#visit;
    meter.journal.add({
      at: new Date(this.#clock.now()).toISOString(),
      meter: meter.index,
      meterType: meter.spec.meterType,
      serialNumber: meter.spec.serialNumber,
      connection: this.#outlet.connection,
      session: visit.session,
      what,
      value,
      outcome,
      ...(reason === undefined ? {} : { reason }),
      offsetBefore: rounded(offsetBefore),
      offsetAfter: rounded(meter.clock.offsetSeconds),
      replyLost,
      authenticated: visit.authenticated,
      reads: [...visit.reads],
      serialRead: visit.serialTold !== null,
      serialTold: visit.serialTold,
      clockReads: visit.clockReads,
      writesSinceClockRead: meter.writesSinceClockRead,
    });
  }
}

const rounded = (seconds: number): number => Math.round(seconds * 1000) / 1000;
