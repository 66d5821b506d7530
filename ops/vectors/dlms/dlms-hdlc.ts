/** `dlms-hdlc`: one frame, with the APDU where its information is a whole message. */
import { decodeApdu } from '../../../workers/codec/apdu/index.ts';
import { type CodecError, type Encoded, errorOf, hexOctet, toHex } from '../../../workers/codec/common/index.ts';
import {
  addLlc,
  decodeHdlcFrame,
  decodeLinkParameters,
  encodeHdlcFrame,
  type FrameType,
  type HdlcAddress,
  type HdlcContent,
  type HdlcFrame,
  LLC_COMMAND,
  LLC_RESPONSE,
  stripLlc,
} from '../../../workers/codec/hdlc/index.ts';
import type { FormMapping, JsonObject, Presented, Protocol, VectorContext } from '../mapping.ts';
import { Members } from '../members.ts';
import { joinBlocks } from './blocks.ts';
import { encodeWhole, presentWhole } from './dlms-apdu.ts';
import { joinSegments } from './segments.ts';

const FRAMES: readonly FrameType[] = ['I', 'RR', 'RNR', 'SNRM', 'UA', 'DISC', 'DM', 'FRMR', 'UI'];

const hexCheck = (check: number): string => hexOctet(check) + hexOctet(check >>> 8);

const frameForm: FormMapping = {
  decode(octets, context) {
    const decoded = decodeHdlcFrame(octets, context);
    if (decoded.kind !== 'good') return decoded;
    const frame = decoded.value;
    const leniencies = new Set<string>(decoded.leniencies);
    const value = { ...presentHead(frame), ...presentInformation(frame, octets, context, leniencies), fcs: hexCheck(frame.fcs) };
    return { kind: 'good', value, leniencies: [...leniencies], consumed: decoded.consumed };
  },
  encode(decoded, context) {
    const members = new Members(decoded);
    const information = encodeInformation(members, context);
    return information.kind === 'bad' ? information : encodeHdlcFrame(parseHead(members, information.octets));
  },
};

function presentHead(frame: HdlcFrame): JsonObject {
  return {
    segmented: frame.segmented,
    length: frame.length,
    destination: presentAddress(frame.destination),
    source: presentAddress(frame.source),
    frame: frame.type,
    ...(frame.type === 'I' ? { ns: frame.ns } : {}),
    ...(frame.type === 'I' || frame.type === 'RR' || frame.type === 'RNR' ? { nr: frame.nr } : {}),
    pf: frame.pf,
    control: hexOctet(frame.control),
  };
}

function presentAddress({ size, upper, lower }: HdlcAddress): JsonObject {
  if (size === 1) return { bytes: hexOctet((upper << 1) | 1), address: upper };
  const parts = size === 2 ? [upper << 1, (lower << 1) | 1] : [(upper >> 7) << 1, (upper << 1) & 0xfe, (lower >> 7) << 1, ((lower << 1) & 0xfe) | 1];
  return { bytes: parts.map(hexOctet).join(''), upper, lower };
}

function presentInformation(frame: HdlcFrame, octets: Uint8Array, context: VectorContext, leniencies: Set<string>): JsonObject {
  const { information, hcs, type } = frame;
  if (information.length === 0 || hcs === undefined) return {};
  const common = { hcs: hexCheck(hcs), information: toHex(information) };
  if (type === 'SNRM' || type === 'UA') {
    const parameters = decodeLinkParameters(information);
    return parameters.kind === 'good' ? { ...common, linkParameters: { ...parameters.value } } : common;
  }
  const { llc, payload } = stripLlc(information);
  if (llc === undefined) return common;
  if (frame.segmented) return { ...common, llc };
  const apdu = presentMessage(payload, { direction: llc === LLC_COMMAND ? 'client->meter' : 'meter->client', ...context }, leniencies);
  if ('error' in apdu) return { ...common, llc, apduError: { ...apdu.error, offset: apdu.error.offset + payload.byteOffset - octets.byteOffset } };
  return { ...common, llc, apdu: apdu.value };
}

/** The APDU of a message; the frame around it is good whether or not it decodes. */
function presentMessage(payload: Uint8Array, context: VectorContext, leniencies: Set<string>): { readonly value: JsonObject } | { readonly error: CodecError } {
  const decoded = decodeApdu(payload, context);
  if (decoded.kind !== 'good') return { error: errorOf(decoded, payload.length) };
  const presented = presentWhole(decoded.value, decoded.leniencies, context, decoded.consumed);
  if (presented.kind === 'bad') return { error: presented.error };
  if (presented.kind === 'good') for (const leniency of presented.leniencies) leniencies.add(leniency);
  return { value: presented.kind === 'good' ? presented.value : {} };
}

function encodeInformation(members: Members, context: VectorContext): Encoded {
  if (!members.has('apdu')) return { kind: 'good', octets: members.has('information') ? members.hex('information') : new Uint8Array(0) };
  const apdu = encodeWhole(members.raw('apdu'), 'apdu', context);
  return apdu.kind === 'bad' ? apdu : { kind: 'good', octets: addLlc(members.oneOf('llc', [LLC_COMMAND, LLC_RESPONSE]), apdu.octets) };
}

function parseHead(members: Members, information: Uint8Array): HdlcContent {
  const head = {
    destination: parseAddress(members.object('destination')),
    source: parseAddress(members.object('source')),
    pf: members.bool('pf'),
    segmented: members.bool('segmented'),
    information,
  };
  const type = members.oneOf('frame', FRAMES);
  if (type === 'I') return { ...head, type, ns: members.int('ns'), nr: members.int('nr') };
  if (type === 'RR' || type === 'RNR') return { ...head, type, nr: members.int('nr') };
  return { ...head, type };
}

function parseAddress(members: Members): HdlcAddress {
  const size = members.hex('bytes').length;
  if (size === 1) return { size, upper: members.int('address'), lower: 0 };
  if (size !== 2 && size !== 4) throw members.wrong('bytes', 'must be one, two or four octets');
  return { size, upper: members.int('upper'), lower: members.int('lower') };
}

/** Noise in front makes it less sure. */
const RECOGNISED_IN_NOISE = 0.6;

export const dlmsHdlc: Protocol = {
  name: 'dlms-hdlc',
  forms: { frame: frameForm },
  formOf: () => 'frame',
  recognise(octets) {
    const decoded = decodeHdlcFrame(octets);
    if (decoded.kind !== 'good') return 0;
    return decoded.leniencies.length === 0 ? 1 : RECOGNISED_IN_NOISE;
  },
  join: (results, context) => joinBlocks(joinMessages(results, context)),
};

function joinMessages(results: readonly JsonObject[], context: VectorContext): readonly JsonObject[] {
  return joinSegments(results, (payload, direction): Presented => {
    const leniencies = new Set<string>();
    const apdu = presentMessage(payload, { direction, ...context }, leniencies);
    return 'error' in apdu ? { kind: 'bad', error: apdu.error } : { kind: 'good', value: apdu.value, leniencies: [...leniencies] };
  });
}
