/**
 * The meter's side of an HDLC link (IEC 62056-46, 6.4; meter-protocols 5.1), normal response mode: it speaks only when the client
 * gave it the turn by P. One link at a time; an SNRM of any client that may connect opens it anew.
 *
 * ```
 *                   SNRM ► UA                       I, last segment
 *   disconnected ─────────────────► connected ─────────────────────────► request event
 *        ▲  DM to whatever polls      │  ▲                                  │ reply command
 *        │  DISC ► UA, inactivity     │  └── I … I/F, at the turn or the next poll ◄─┘
 *        └────────────────────────────┤
 *                                     └── a frame that breaks the rules: FRMR until SNRM or DISC
 * ```
 *
 * I1 Nothing is sent without the turn, and the turn is given back by F on the last frame.
 * I2 Every request is handed up once and in order; a duplicate is dropped, and answered with what the client has not acknowledged.
 * I3 What is sent is kept until it is acknowledged: a poll gets it again.
 */
import type { codecError, LinkFailure, LinkInput, LinkMachine, LinkStep } from '../common/index.ts';
import { clientAddress, type HdlcAddress, isAllStations, sameAddress } from './address.ts';
import { type Agreement, agree, answerParameters } from './agreement.ts';
import { Arrivals } from './arrivals.ts';
import { encodeHdlcFrame } from './encode.ts';
import type { HdlcContent, HdlcFrame } from './frame.ts';
import { encodeFrameReject } from './frmr.ts';
import { Inbox } from './inbox.ts';
import { addLlc, LLC_RESPONSE, stripLlc } from './llc.ts';
import { type CompleteServerOptions, completeServerOptions, type HdlcServerOptions } from './options.ts';
import { Outbox } from './outbox.ts';
import { DEFAULT_LINK_PARAMETERS, decodeLinkParameters, encodeLinkParameters, type LinkParameters } from './parameters.ts';

export type HdlcServerCommand =
  /** The answer to a request, or something unasked that goes out at the next poll. Without LLC. */
  | { readonly type: 'reply'; readonly payload: Uint8Array }
  /** While on, requests are not taken and polls get RNR. */
  | { readonly type: 'busy'; readonly on: boolean }
  /** Drops the link without a word: the client's next poll gets DM. */
  | { readonly type: 'disconnect' };

export type HdlcServerEvent =
  | { readonly type: 'connected'; readonly client: number; readonly agreement: Agreement }
  /** Answer it by `reply`. Without LLC. */
  | { readonly type: 'request'; readonly payload: Uint8Array }
  /** The content of a UI frame, which nobody answers. Without LLC. */
  | { readonly type: 'unsolicited'; readonly payload: Uint8Array; readonly broadcast: boolean }
  | { readonly type: 'disconnected'; readonly reason: 'disc' | 'inactive' | 'frame-reject' | 'command' }
  /** A command that could not be done; the link is as it was. */
  | { readonly type: 'failed'; readonly reason: LinkFailure; readonly error?: ReturnType<typeof codecError> };

export type HdlcServerState = 'disconnected' | 'connected' | 'rejecting';

type RejectReason = 'unexpectedInformation' | 'tooLong' | 'badNr';
type Numbered = Extract<HdlcFrame, { type: 'I' | 'RR' | 'RNR' }>;

export class HdlcServerLink implements LinkMachine<HdlcServerCommand, HdlcServerEvent> {
  readonly #options: CompleteServerOptions;
  readonly #arrivals: Arrivals;
  #state: HdlcServerState = 'disconnected';
  #client: HdlcAddress = clientAddress(0);
  #agreed: Agreement;
  #parameters: LinkParameters;
  #outbox = new Outbox();
  #inbox: Inbox;
  #reject: Uint8Array | undefined;
  #busy = false;
  /** The client waits for a frame with F. */
  #turn = false;
  #lastMs = 0;
  #send: Uint8Array[] = [];
  #events: HdlcServerEvent[] = [];

  constructor(options?: HdlcServerOptions) {
    this.#options = completeServerOptions(options);
    this.#arrivals = new Arrivals(this.#options.maxFrame, this.#options.interOctetMs);
    this.#inbox = new Inbox(this.#options.maxMessage);
    this.#parameters = this.#options.parameters;
    this.#agreed = agree(this.#options, DEFAULT_LINK_PARAMETERS, this.#client, this.#options.server);
  }

  get state(): HdlcServerState {
    return this.#state;
  }

  step(input: LinkInput<HdlcServerCommand>, nowMs: number): LinkStep<HdlcServerEvent> {
    this.#send = [];
    this.#events = [];
    for (const frame of this.#arrivals.take(nowMs, input.type === 'octets' ? input.octets : undefined)) this.#frame(frame, nowMs);
    const inactive = this.#inactiveMs();
    if (inactive !== null && nowMs >= inactive) this.#disconnect('inactive');
    if (input.type === 'command') this.#command(input.command);
    const coming = this.#arrivals.deadlineMs;
    const inactiveMs = this.#inactiveMs();
    return {
      send: this.#send,
      events: this.#events,
      deadlineMs: coming === null || inactiveMs === null ? (coming ?? inactiveMs) : Math.min(coming, inactiveMs),
    };
  }

  #inactiveMs(): number | null {
    return this.#state === 'disconnected' ? null : this.#lastMs + this.#options.inactivityMs;
  }

  #command(command: HdlcServerCommand): void {
    switch (command.type) {
      case 'reply':
        if (this.#state !== 'connected') this.#events.push({ type: 'failed', reason: 'not-open' });
        else if (command.payload.length + 3 > this.#options.maxMessage) this.#events.push({ type: 'failed', reason: 'too-large' });
        else this.#reply(command.payload);
        break;
      case 'busy':
        this.#busy = command.on;
        break;
      case 'disconnect':
        if (this.#state !== 'disconnected') this.#disconnect('command');
        break;
    }
  }

  #reply(payload: Uint8Array): void {
    this.#outbox.put(addLlc(LLC_RESPONSE, payload), this.#agreed.sendOctets);
    if (this.#turn) this.#sendWindow();
  }

  #frame(frame: HdlcFrame, nowMs: number): void {
    const broadcast = isAllStations(frame.destination);
    if (frame.source.size !== 1 || !(broadcast || sameAddress(frame.destination, this.#options.server))) return;
    if (frame.type === 'UI') {
      this.#events.push({ type: 'unsolicited', payload: stripLlc(frame.information).payload.slice(), broadcast });
    } else if (frame.type === 'SNRM' && !broadcast) {
      this.#connect(frame, nowMs);
    } else if (!broadcast && frame.type !== 'UA' && frame.type !== 'DM') {
      this.#connected(frame, nowMs);
    }
  }

  /** What only a connected client may send. */
  #connected(frame: HdlcFrame, nowMs: number): void {
    if (this.#state === 'disconnected' || !sameAddress(frame.source, this.#client)) {
      if (frame.pf) this.#put({ type: 'DM', destination: frame.source, source: this.#options.server, pf: true });
      return;
    }
    this.#lastMs = nowMs;
    if (frame.type === 'DISC') {
      this.#answer('UA', this.#options.discParameters ? this.#encoded(this.#parameters) : undefined);
      this.#disconnect('disc');
    } else if (frame.type === 'FRMR') {
      this.#disconnect('frame-reject');
    } else if (this.#state === 'rejecting') {
      this.#answer('FRMR', this.#reject);
    } else if (frame.type === 'I' || frame.type === 'RR' || frame.type === 'RNR') {
      this.#numbered(frame);
    }
  }

  #connect(frame: HdlcFrame, nowMs: number): void {
    const { clients, parameters, server } = this.#options;
    const peer = decodeLinkParameters(frame.information);
    if (peer.kind !== 'good') return;
    if (clients !== undefined && !clients.includes(frame.source.upper)) {
      this.#put({ type: 'DM', destination: frame.source, source: server, pf: frame.pf });
      return;
    }
    this.#client = frame.source;
    this.#parameters = answerParameters(parameters, peer.value);
    this.#agreed = agree(this.#options, peer.value, this.#client, server);
    this.#outbox = new Outbox();
    this.#inbox = new Inbox(this.#options.maxMessage);
    this.#turn = false;
    this.#lastMs = nowMs;
    this.#state = 'connected';
    this.#answer('UA', this.#encoded(this.#parameters));
    this.#events.push({ type: 'connected', client: this.#client.upper, agreement: this.#agreed });
  }

  #numbered(frame: Numbered): void {
    const { control, information } = frame;
    const why: RejectReason | undefined =
      frame.type !== 'I' && information.length > 0
        ? 'unexpectedInformation'
        : information.length > this.#agreed.takeOctets
          ? 'tooLong'
          : this.#outbox.acknowledge(frame.nr) === undefined
            ? 'badNr'
            : undefined;
    if (why !== undefined) {
      this.#refuse(control, why);
      return;
    }
    const complete = frame.type === 'I' && !this.#busy && this.#take(frame);
    if (this.#state !== 'connected' || !frame.pf) return;
    // What was sent and is not acknowledged now was lost.
    this.#outbox.rewind();
    this.#turn = true;
    if (frame.type !== 'RNR' && this.#outbox.waiting > 0) this.#sendWindow();
    else if (!complete) this.#yield();
  }

  /** Is it the last segment of a request, so that the turn is kept for its reply? */
  #take(frame: Extract<HdlcFrame, { type: 'I' }>): boolean {
    const taken = this.#inbox.take(frame);
    if (taken.kind === 'too-large') this.#refuse(frame.control, 'tooLong');
    if (taken.kind !== 'message') return false;
    this.#events.push({ type: 'request', payload: stripLlc(taken.message).payload });
    return true;
  }

  #sendWindow(): void {
    const segments = this.#outbox.take(this.#agreed.sendWindow);
    for (const [index, { ns, information, more }] of segments.entries()) {
      const pf = index === segments.length - 1;
      this.#put({ type: 'I', destination: this.#client, source: this.#options.server, pf, ns, nr: this.#inbox.next, information, segmented: more });
    }
    this.#turn = false;
  }

  /** Gives the turn back with nothing to say. */
  #yield(): void {
    this.#turn = false;
    const type = this.#busy ? 'RNR' : 'RR';
    this.#put({ type, destination: this.#client, source: this.#options.server, pf: true, nr: this.#inbox.next });
  }

  #refuse(rejected: number, why: RejectReason): void {
    const none = { wasResponse: false, unknownControl: false, unexpectedInformation: false, tooLong: false, badNr: false };
    const information = encodeFrameReject({ ...none, [why]: true, rejected, vs: this.#outbox.next, vr: this.#inbox.next });
    this.#reject = information.kind === 'good' ? information.octets : undefined;
    this.#state = 'rejecting';
    this.#answer('FRMR', this.#reject);
  }

  #disconnect(reason: 'disc' | 'inactive' | 'frame-reject' | 'command'): void {
    this.#state = 'disconnected';
    this.#turn = false;
    this.#events.push({ type: 'disconnected', reason });
  }

  #encoded(parameters: LinkParameters): Uint8Array | undefined {
    const information = encodeLinkParameters(parameters, this.#options.widths);
    if (information.kind === 'good') return information.octets;
    this.#events.push({ type: 'failed', reason: 'protocol-error', error: information.error });
    return undefined;
  }

  #answer(type: 'UA' | 'FRMR', information: Uint8Array | undefined): void {
    const head = { type, destination: this.#client, source: this.#options.server, pf: true };
    this.#put(information === undefined ? head : { ...head, information });
  }

  #put(frame: HdlcContent): void {
    const octets = encodeHdlcFrame(frame);
    if (octets.kind === 'good') this.#send.push(octets.octets);
    else this.#events.push({ type: 'failed', reason: 'protocol-error', error: octets.error });
  }
}
