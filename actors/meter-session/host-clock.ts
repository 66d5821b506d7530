/**
 * Whether the clock of this host is known to be right: compared from time to time with a time server (SNTP), and watched for steps
 * against the monotonic clock. Without a server nothing is compared and the clock counts as right; a step then shows only within a
 * session (`hasStepped` of the session's machine).
 */
import { createSocket } from 'node:dgram';
import type { Conditions } from '../../machines/meter-session/index.ts';
import type { Ports, Timer } from '../engine/ports.ts';
import type { HostClockOptions } from './options.ts';
import { parseSntpReply, sntpOffsetMs, sntpRequest } from './sntp.ts';

/** Both clocks may drift apart by this much between two looks. */
const STEP_MS = 1_000;
const STEPPED = 'it was stepped';
/** Pause before a failed probe is made again. */
const RETRY_MS = 5_000;

export type Probe = { readonly kind: 'offset'; readonly offsetMs: number } | { readonly kind: 'fault'; readonly text: string };

export interface HostClockSetup {
  readonly options: HostClockOptions;
  readonly ports: Pick<Ports, 'clock' | 'random' | 'log'>;
  /** The clock was found wrong (true, with what was seen), or right again; the first time either way. */
  onChange?(wrong: boolean, text: string): void;
}

export class HostClock {
  readonly #setup: HostClockSetup;
  /** Monotonic instant of the last good probe. */
  #goodAt: number | undefined;
  #text = 'not compared with a time server yet';
  #skewMs: number | undefined;
  #timer: Timer | undefined;
  #probing: Promise<Probe> | undefined;
  #wrong: boolean | undefined;
  #stopped = true;
  readonly #abort = new AbortController();

  constructor(setup: HostClockSetup) {
    this.#setup = setup;
  }

  start(): void {
    this.#stopped = false;
    if (this.#setup.options.server !== null) void this.probe();
  }

  stop(): void {
    this.#stopped = true;
    this.#abort.abort();
    this.#timer?.cancel();
  }

  /** What a session is told when it asks whether it may write. */
  get state(): Conditions['hostClock'] {
    const { options, ports } = this.#setup;
    if (options.server === null) return { good: true };
    if (this.#stepped()) {
      this.#judge({ kind: 'fault', text: STEPPED });
      void this.probe();
    }
    if (this.#goodAt === undefined) return { good: false, text: this.#text };
    const ageMs = ports.clock.monotonic() - this.#goodAt;
    return ageMs <= options.maxAgeMs ? { good: true } : { good: false, text: `last compared ${Math.round(ageMs / 1_000)} s ago: ${this.#text}` };
  }

  /** One comparison now; while one is under way, that one. */
  probe(): Promise<Probe> {
    this.#probing ??= this.#probe().finally(() => {
      this.#probing = undefined;
    });
    return this.#probing;
  }

  async #probe(): Promise<Probe> {
    const { options, ports } = this.#setup;
    this.#timer?.cancel();
    const found = await probeSntp({ ...options, server: options.server ?? '' }, ports, this.#abort.signal);
    if (this.#stopped) return found;
    this.#judge(found);
    this.#timer = ports.clock.after(found.kind === 'offset' ? options.intervalMs : Math.min(RETRY_MS, options.intervalMs), () => void this.probe());
    return found;
  }

  #judge(given: Probe): void {
    const { options, ports } = this.#setup;
    // A probe that fails would else make the clock's new stand the one that counts.
    const found: Probe = given.kind === 'fault' && this.#stepped() ? { kind: 'fault', text: STEPPED } : given;
    this.#skewMs = ports.clock.now() - ports.clock.monotonic();
    if (found.kind === 'offset' && Math.abs(found.offsetMs) <= options.toleranceMs) {
      this.#goodAt = ports.clock.monotonic();
      this.#text = 'right';
      this.#tell(false);
      return;
    }
    this.#text = found.kind === 'offset' ? `it differs from ${options.server} by ${Math.round(-found.offsetMs)} ms` : found.text;
    // A server that does not answer says nothing about the clock: the last good probe counts until it is too old.
    const wrong = found.kind === 'offset' || found.text === STEPPED;
    if (wrong) this.#goodAt = undefined;
    const isOld = this.#goodAt !== undefined && ports.clock.monotonic() - this.#goodAt > options.maxAgeMs;
    if (wrong || isOld || this.#goodAt === undefined) this.#tell(true);
  }

  #tell(wrong: boolean): void {
    if (wrong === this.#wrong) return;
    this.#wrong = wrong;
    if (wrong) this.#setup.ports.log.warn({ reason: this.#text }, 'the clock of this host is not known to be right');
    this.#setup.onChange?.(wrong, this.#text);
  }

  #stepped(): boolean {
    const { clock } = this.#setup.ports;
    return this.#skewMs !== undefined && this.#goodAt !== undefined && Math.abs(clock.now() - clock.monotonic() - this.#skewMs) > STEP_MS;
  }
}

/** Asks a time server once. Never rejects. */
export function probeSntp(
  { server, port, timeoutMs }: { readonly server: string; readonly port: number; readonly timeoutMs: number },
  { clock, random }: Pick<Ports, 'clock' | 'random'>,
  signal: AbortSignal,
): Promise<Probe> {
  return new Promise((resolve) => {
    const socket = createSocket(server.includes(':') ? 'udp6' : 'udp4');
    const cookie = Uint8Array.from({ length: 8 }, () => Math.floor(random.next() * 256));
    let over = false;
    const end = (found: Probe): void => {
      // The listeners stay: a socket that is still being bound closes by its own, and ours say nothing any more.
      if (over) return;
      over = true;
      timer.cancel();
      signal.removeEventListener('abort', stop);
      socket.close();
      resolve(found);
    };
    const stop = (): void => end({ kind: 'fault', text: 'stopping' });
    const timer = clock.after(timeoutMs, () => end({ kind: 'fault', text: `time server ${server} does not answer` }));
    if (signal.aborted) return stop();
    signal.addEventListener('abort', stop, { once: true });
    let sentAt = clock.now();
    let sentMono = clock.monotonic();
    socket.on('error', (error: NodeJS.ErrnoException) => end({ kind: 'fault', text: `time server ${server} cannot be asked (${error.code ?? 'error'})` }));
    socket.on('message', (octets) => {
      // By the monotonic clock: a step in between must not fake a round trip.
      const receivedAt = sentAt + (clock.monotonic() - sentMono);
      const reply = parseSntpReply(octets, cookie);
      if (reply.kind === 'foreign') return;
      end(
        reply.kind === 'fault'
          ? { kind: 'fault', text: `time server ${server}: ${reply.text}` }
          : { kind: 'offset', offsetMs: sntpOffsetMs({ sentAt, receivedAt }, reply) },
      );
    });
    socket.connect(port, server, () => {
      if (over) return;
      sentAt = clock.now();
      sentMono = clock.monotonic();
      socket.send(sntpRequest(cookie));
    });
  });
}
