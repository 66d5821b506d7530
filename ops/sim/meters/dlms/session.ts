/** A DLMS meter on a connection: HDLC or wrapper around its associations. */
import { formatObis, obisAt } from '../../../../workers/codec/data/index.ts';
import { clientAddress, encodeHdlcFrame, type HdlcAddress, HdlcServerLink, ModeEServer, serverAddress } from '../../../../workers/codec/hdlc/index.ts';
import { WrapperServerLink } from '../../../../workers/codec/wrapper/index.ts';
import type { MeterLine, MeterSession } from '../session.ts';
import { framingOf } from '../types.ts';
import { PUBLIC_CLIENT } from './admission.ts';
import { Association, type Turn } from './association.ts';
import { unitOf } from './unit.ts';

export class DlmsSession implements MeterSession {
  readonly #session: MeterSession;

  constructor(line: MeterLine) {
    const isHdlc = line.setLine !== undefined || framingOf(line.meter.spec) === 'hdlc';
    this.#session = isHdlc ? new HdlcMeter(line) : new WrapperMeter(line);
  }

  get deadlineMs(): number | null {
    return this.#session.deadlineMs;
  }

  take(octets: Uint8Array, nowMs: number): void {
    this.#session.take(octets, nowMs);
  }

  time(nowMs: number): void {
    this.#session.time(nowMs);
  }

  reset(): void {
    this.#session.reset();
  }

  carriesWrite(octets: Uint8Array): boolean {
    return this.#session.carriesWrite?.(octets) ?? false;
  }
}

class HdlcMeter implements MeterSession {
  readonly #line: MeterLine;
  readonly #server: HdlcAddress;
  #link: HdlcServerLink | ModeEServer;
  #association: Association | undefined;
  #client: HdlcAddress = clientAddress(PUBLIC_CLIENT);
  #deadlineMs: number | null = null;

  constructor(line: MeterLine) {
    const { serverUpper, serverLower, addressOctets } = unitOf(line.meter).settings;
    this.#line = line;
    this.#server = addressOctets === 1 ? serverAddress(serverUpper) : serverAddress(serverUpper, serverLower ?? 0, addressOctets);
    this.#link = this.#start();
  }

  get deadlineMs(): number | null {
    return this.#deadlineMs;
  }

  take(octets: Uint8Array, nowMs: number): void {
    this.#step({ type: 'octets', octets }, nowMs);
  }

  time(nowMs: number): void {
    this.#step({ type: 'time' }, nowMs);
  }

  reset(): void {
    this.#link = this.#start();
    this.#association = undefined;
    this.#deadlineMs = null;
  }

  /** A write that the link has taken is one that the client knows to have arrived, so a lost one is found in front of the link. */
  carriesWrite(octets: Uint8Array): boolean {
    const at = llcAt(octets);
    return at >= 0 && isClockWrite(octets.subarray(at));
  }

  #start(): HdlcServerLink | ModeEServer {
    const { settings } = unitOf(this.#line.meter);
    const { client, maxInformation, inactivityMs, maker } = settings;
    // At an optical head it always begins so.
    const modeE = settings.modeE || this.#line.setLine !== undefined;
    const link = {
      server: this.#server,
      clients: [client, PUBLIC_CLIENT],
      parameters: { maxInfoTransmit: maxInformation, maxInfoReceive: maxInformation },
      inactivityMs,
    };
    if (!modeE) return new HdlcServerLink(link);
    const identification = { manufacturer: maker, baudChar: '5', enhanced: ['2'], identification: 'METER' };
    return new ModeEServer({ link, identification, parity: this.#line.setLine === undefined ? 'octets' : 'line' });
  }

  #step(input: Parameters<HdlcServerLink['step']>[0], nowMs: number): void {
    const { send, events, deadlineMs } = this.#link.step(input, nowMs);
    this.#deadlineMs = deadlineMs;
    for (const event of events) {
      if (event.type === 'connected') {
        this.#client = clientAddress(event.client);
        this.#association = new Association(this.#line, event.client);
        this.#line.signOn();
      } else if (event.type === 'disconnected') this.#association = undefined;
      else if (event.type === 'line') this.#line.setLine?.(event);
    }
    for (const frame of send) this.#line.send(frame);
    for (const event of events) if (event.type === 'request') this.#request(event.payload, nowMs);
  }

  #request(payload: Uint8Array, nowMs: number): void {
    const turn: Turn = this.#association?.take(payload) ?? { kind: 'silent' };
    if (turn.kind === 'reply') this.#step({ type: 'command', command: { type: 'reply', payload: turn.octets } }, nowMs);
    if (turn.kind === 'disconnect') this.#disconnect(nowMs);
  }

  /** The request gets DM for an answer. */
  #disconnect(nowMs: number): void {
    this.#step({ type: 'command', command: { type: 'disconnect' } }, nowMs);
    const frame = encodeHdlcFrame({ type: 'DM', destination: this.#client, source: this.#server, pf: true });
    if (frame.kind === 'good') this.#line.send(frame.octets);
  }
}

class WrapperMeter implements MeterSession {
  readonly deadlineMs = null;
  readonly #line: MeterLine;
  readonly #associations = new Map<number, Association>();
  readonly #wPort: number;
  #link: WrapperServerLink | undefined;
  #unswapped = false;

  constructor(line: MeterLine) {
    this.#line = line;
    this.#wPort = unitOf(line.meter).settings.serverUpper;
  }

  take(octets: Uint8Array, nowMs: number): void {
    const link = this.#current();
    for (const event of link.step({ type: 'octets', octets }, nowMs).events) {
      if (event.type !== 'request') continue;
      const { payload, clientWPort, serverWPort } = event;
      if (payload[0] === AARQ) this.#line.signOn();
      const turn = this.#association(clientWPort).take(payload);
      if (turn.kind === 'disconnect') this.#line.hangUp();
      if (turn.kind !== 'reply') continue;
      const command = { type: 'send', payload: turn.octets, clientWPort, serverWPort } as const;
      for (const frame of this.#current().step({ type: 'command', command }, nowMs).send) this.#line.send(frame);
    }
  }

  time(): void {
    // It waits for nothing.
  }

  reset(): void {
    this.#link = undefined;
    this.#associations.clear();
  }

  /** The fault may be set while a connection is open. */
  #current(): WrapperServerLink {
    const unswappedPorts = this.#line.meter.faults.current.unswappedPorts === true;
    if (this.#link === undefined || this.#unswapped !== unswappedPorts) this.#link = new WrapperServerLink({ serverWPorts: [this.#wPort], unswappedPorts });
    this.#unswapped = unswappedPorts;
    return this.#link;
  }

  #association(clientWPort: number): Association {
    const known = this.#associations.get(clientWPort);
    if (known !== undefined) return known;
    const association = new Association(this.#line, clientWPort);
    this.#associations.set(clientWPort, association);
    return association;
  }
}

const AARQ = 0x60;
const SET = 0xc1;
const ACTION = 0xc3;
const SN_WRITE = 0x06;
const GLO_SET = 0xc9;
const GLO_WRITE = 0x26;
const CLOCK = '0.0.1.0.0.255';

/** Where the APDU behind a client's LLC begins; -1 when there is none. */
function llcAt(octets: Uint8Array): number {
  for (let at = 0; at + 3 < octets.length; at++) if (octets[at] === 0xe6 && octets[at + 1] === 0xe6 && octets[at + 2] === 0) return at + 3;
  return -1;
}

function isClockWrite(apdu: Uint8Array): boolean {
  const [tag] = apdu;
  if (tag === GLO_SET || tag === GLO_WRITE || tag === SN_WRITE) return true;
  if (tag !== SET && tag !== ACTION) return false;
  const obis = obisAt(apdu, 5);
  return obis !== undefined && formatObis(obis) === CLOCK;
}
