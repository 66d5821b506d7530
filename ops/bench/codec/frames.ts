/** One everyday frame of each protocol, decoded and encoded: what the `codec` bench counts per second. */
import { apdu, cewe, data, edmi, elster, emlite, fromHex, hdlc, iec62056, must, mustDecode, security, wrapper } from '../../../workers/codec/index.ts';

export interface FrameCase {
  readonly name: string;
  readonly octets: Uint8Array;
  readonly decode: () => unknown;
  readonly encode: () => unknown;
}

function octetsOf(hex: string): Uint8Array {
  const octets = fromHex(hex);
  if (octets === undefined) throw new Error(`not hex: ${hex}`);
  return octets;
}

/** An I frame with so many octets of information. */
export function hdlcFrame(information: number): Uint8Array {
  const content = Uint8Array.from({ length: information }, (_, index) => (index * 31) & 0xff);
  const frame = {
    type: 'I',
    segmented: false,
    destination: hdlc.clientAddress(1),
    source: hdlc.serverAddress(1),
    pf: true,
    ns: 0,
    nr: 1,
    information: content,
  } as const;
  return must(hdlc.encodeHdlcFrame(frame));
}

const GET_RESPONSE = octetsOf('C401C100090C07EA0B150610220300000000');
const KEYS = { encryptionKey: octetsOf('000102030405060708090A0B0C0D0E0F'), authenticationKey: octetsOf('D0D1D2D3D4D5D6D7D8D9DADBDCDDDEDF') };
const TITLE = octetsOf('4D4D4D0000BC614E');

function plain(octets: Uint8Array): apdu.PlainApdu {
  const value = mustDecode(apdu.decodeApdu(octets));
  if (apdu.isCiphered(value)) throw new Error('bench: a plain APDU was expected');
  return value;
}

export function frameCases(): readonly FrameCase[] {
  const hdlc128 = hdlcFrame(128);
  const hdlcValue = mustDecode(hdlc.decodeHdlcFrame(hdlc128));
  const wrapped = must(wrapper.encodeWrapperFrame({ sourceWPort: 1, destinationWPort: 16, payload: GET_RESPONSE }));
  const wrappedValue = mustDecode(wrapper.decodeWrapperFrame(wrapped));
  const response = plain(GET_RESPONSE);
  const clock = octetsOf('090C07EA0B150610220300000000');
  const clockValue = mustDecode(data.decodeData(clock));
  const seal = { form: 'glo', securityControl: 0x30, systemTitle: TITLE, invocationCounter: 7, keys: KEYS } as const;
  const sealed = must(security.sealApdu(response, seal));
  const read = octetsOf('0152310238363130303128303729036A');
  const readValue = mustDecode(iec62056.decodeTelegram(read));
  const item = octetsOf('40220402131019');
  const time = { year: 2019, month: 10, day: 13, hour: 2, minute: 4, second: 40 };
  const dated = '20191013,020440';
  const edmiFrame = must(edmi.encodeEdmiFrame(octetsOf('52F03D')));
  const edmiCommand = mustDecode(edmi.decodeEdmiFrame(edmiFrame)).command;
  const emliteFrame = octetsOf('7E1880AABBCC000018B002018008000013010204020F0358AA');
  const emliteValue = mustDecode(emlite.decodeEmliteFrame(emliteFrame));
  return [
    { name: 'hdlc', octets: hdlc128, decode: () => hdlc.decodeHdlcFrame(hdlc128), encode: () => hdlc.encodeHdlcFrame(hdlcValue) },
    { name: 'wrapper', octets: wrapped, decode: () => wrapper.decodeWrapperFrame(wrapped), encode: () => wrapper.encodeWrapperFrame(wrappedValue) },
    { name: 'apdu', octets: GET_RESPONSE, decode: () => apdu.decodeApdu(GET_RESPONSE), encode: () => apdu.encodeApdu(response) },
    { name: 'data', octets: clock, decode: () => data.decodeData(clock), encode: () => data.encodeData(clockValue) },
    {
      name: 'security',
      octets: sealed,
      decode: () => security.openApdu(sealed, { keys: KEYS, senderTitle: TITLE }),
      encode: () => security.sealApdu(response, seal),
    },
    { name: 'iec62056-21', octets: read, decode: () => iec62056.decodeTelegram(read), encode: () => iec62056.encodeTelegram(readValue) },
    { name: 'elster', octets: item, decode: () => elster.decodeElsterClock(item), encode: () => elster.encodeElsterClock(time) },
    { name: 'cewe', octets: new TextEncoder().encode(dated), decode: () => cewe.decodeCeweClock(dated), encode: () => cewe.encodeCeweClock(time) },
    { name: 'edmi', octets: edmiFrame, decode: () => edmi.decodeEdmiFrame(edmiFrame), encode: () => edmi.encodeEdmiFrame(edmiCommand) },
    {
      name: 'emlite',
      octets: emliteFrame,
      decode: () => emlite.decodeEmliteFrame(emliteFrame),
      encode: () => emlite.encodeEmliteFrame(emliteValue, emliteValue.data),
    },
  ];
}
