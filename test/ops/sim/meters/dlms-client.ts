/** A client of the simulated DLMS meters: the codec's client link and APDUs, and nothing that thinks. */
import type { DlmsOptions, MeterSpec } from '../../../../ops/sim/meters/index.ts';
import {
  type Aare,
  type AarqForm,
  type Apdu,
  type Authentication,
  aarq,
  action,
  type DataOrResult,
  decodeApdu,
  encodeAarq,
  encodeApdu,
  GetReceiver,
  get,
  initiateRequest,
  type LogicalReference,
  type PlainApdu,
  read,
  releaseRequest,
  set,
  usualConformance,
} from '../../../../workers/codec/apdu/index.ts';
import { type LinkCommand, type LinkEvent, must, mustDecode } from '../../../../workers/codec/common/index.ts';
import { type DataValue, decodeDateTime, encodeDateTime, fromInstant, toInstant } from '../../../../workers/codec/data/index.ts';
import { type HdlcAddress, type HdlcClientEvent, HdlcClientLink, serverAddress } from '../../../../workers/codec/hdlc/index.ts';
import { WrapperLink, type WrapperLinkEvent } from '../../../../workers/codec/wrapper/index.ts';
import { Client, type Line } from './rig.ts';

export const ISKRA: MeterSpec = { meterType: 'ISKRA_MX37X', serialNumber: '36000001', password: '12345678', clock: { offsetSeconds: 45 } };
export const LANDIS: MeterSpec = { meterType: 'LG_DLMS', serialNumber: '95000481', password: '1234567', clock: { offsetSeconds: 45 } };

export const lls = (password: string): Authentication => ({ level: 'lls', password: Buffer.from(password) });

export const CLOCK: LogicalReference = { classId: 8, obis: [0, 0, 1, 0, 0, 255], id: 2 };
export const at = (reference: LogicalReference, id: number): LogicalReference => ({ ...reference, id });
export const dataObject = (text: string): LogicalReference => ({ classId: 1, obis: text.split('.').map(Number) as unknown as LogicalReference['obis'], id: 2 });
export const SERIAL = dataObject('0.0.96.1.0.255');

export interface Calling {
  readonly framing: 'hdlc' | 'wrapper';
  readonly client: number;
  readonly server?: HdlcAddress;
  readonly wPort?: number;
  readonly responseTimeoutMs?: number;
  readonly retries?: number;
}

export const ISKRA_WRAPPER: Calling = { framing: 'wrapper', client: 100 };
export const ISKRA_HDLC: Calling = { framing: 'hdlc', client: 100, server: serverAddress(1, 17) };
export const LANDIS_HDLC: Calling = { framing: 'hdlc', client: 32, server: serverAddress(1, 1481, 4) };
export const iskraByHdlc = (dlms: DlmsOptions = {}): MeterSpec => ({ ...ISKRA, framing: 'hdlc', dlms });

/** An instant as the octet-string that sets a clock. */
export const clockData = (epochMs: number, deviation: 'given' | 'unspecified' = 'unspecified'): DataValue => {
  const fields = fromInstant(epochMs, { deviation });
  if (fields.kind === 'bad') throw new Error(fields.error.rule);
  return { type: 'octet-string', octets: must(encodeDateTime(fields.value)) };
};

/** The instant of an octet-string. */
export function instantOf(data: DataValue): number {
  const instant = toInstant(mustDecode(decodeDateTime((data as { octets: Uint8Array }).octets)));
  if (instant.kind === 'none') throw new Error(instant.reason);
  return instant.epochMs;
}

export const textOf = (data: DataValue): string => Buffer.from((data as { octets: Uint8Array }).octets).toString();

export class Dlms {
  readonly link: Client<LinkCommand, HdlcClientEvent | WrapperLinkEvent>;

  constructor(line: Line, calling: Calling) {
    const { client, server = serverAddress(1), wPort = 1, responseTimeoutMs = 5_000, retries = 2 } = calling;
    const hdlc = () =>
      new HdlcClientLink({
        client,
        server,
        responseTimeoutMs,
        retries,
        pollIntervalMs: 10,
        busyTimeoutMs: 100,
        parameters: { maxInfoTransmit: 512, maxInfoReceive: 512 },
      });
    const wrapper = () => new WrapperLink({ clientWPort: client, serverWPort: wPort, responseTimeoutMs });
    this.link = new Client<LinkCommand, HdlcClientEvent | WrapperLinkEvent>(line, calling.framing === 'hdlc' ? hdlc() : wrapper());
  }

  /** Opens the link alone. */
  async open(): Promise<LinkEvent['type']> {
    return (await this.link.ask({ type: 'open' }, 'opened', 'failed')).type;
  }

  /** Octets of an APDU, and those of the answer. */
  async raw(payload: Uint8Array, volatile = false): Promise<Uint8Array> {
    const event = await this.link.ask({ type: 'request', payload, volatile }, 'reply', 'failed', 'unknown-outcome', 'fresh-payload-wanted');
    if (event.type !== 'reply') throw new Error('reason' in event ? `${event.type}: ${event.reason}` : event.type);
    return event.payload;
  }

  async ask(apdu: PlainApdu): Promise<Apdu> {
    return mustDecode(decodeApdu(await this.raw(must(encodeApdu(apdu)))));
  }

  async associate(
    authentication: Authentication,
    options: { contextName?: 'LN' | 'SN'; form?: AarqForm; conformance?: Uint8Array; maxReceivePduSize?: number; callingApTitle?: Uint8Array } = {},
  ): Promise<Aare> {
    const { contextName = 'LN', form = 'usual', conformance = usualConformance(contextName), maxReceivePduSize = 0xffff, callingApTitle } = options;
    const members = {
      contextName,
      authentication,
      initiate: initiateRequest({ conformance, maxReceivePduSize }),
      ...(callingApTitle === undefined ? {} : { callingApTitle }),
    };
    return mustDecode(decodeApdu(await this.raw(must(encodeAarq(aarq(members), form))))) as Aare;
  }

  async get(attribute: LogicalReference): Promise<DataOrResult> {
    const request = get(attribute);
    const receiver = new GetReceiver(request);
    let reply = await this.ask(request);
    for (;;) {
      if (reply.pdu !== 'get-response') throw new Error(JSON.stringify(reply));
      const step = receiver.take(reply);
      if (step.kind === 'done') return step.results[0]!;
      if (step.kind === 'refused') return { accessResult: step.accessResult };
      if (step.kind !== 'next') throw new Error(step.kind);
      reply = await this.ask(step.request);
    }
  }

  async data(attribute: LogicalReference): Promise<DataValue> {
    const got = await this.get(attribute);
    if ('accessResult' in got) throw new Error(`access result ${got.accessResult}`);
    return got.data;
  }

  async set(attribute: LogicalReference, value: DataValue): Promise<number> {
    const reply = await this.ask(set(attribute, value));
    if (reply.pdu !== 'set-response' || reply.choice !== 'normal') throw new Error(JSON.stringify(reply));
    return reply.accessResult;
  }

  async invoke(method: LogicalReference, parameter?: DataValue): Promise<number> {
    const reply = await this.ask(action(method, parameter));
    if (reply.pdu !== 'action-response' || reply.choice !== 'normal') throw new Error(JSON.stringify(reply));
    return reply.actionResult;
  }

  async readName(name: number): Promise<DataOrResult> {
    const reply = await this.ask(read(name));
    const [result] = reply.pdu === 'read-response' ? reply.results : [];
    if (result === undefined || 'block' in result || 'blockNumber' in result) throw new Error(JSON.stringify(reply));
    return result;
  }

  async release(): Promise<string> {
    return (await this.ask(releaseRequest())).pdu;
  }
}

/** Opened and logged in with LLS. */
export async function loggedIn(line: Line, calling: Calling, spec: MeterSpec): Promise<Dlms> {
  const dlms = new Dlms(line, calling);
  await dlms.open();
  const { result, diagnostic } = await dlms.associate(lls(spec.password ?? ''));
  if (result !== 0) throw new Error(`AARE ${result}, ${diagnostic}`);
  return dlms;
}
