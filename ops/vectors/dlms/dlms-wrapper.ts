/** `dlms-wrapper`: one frame of the TCP and UDP wrapper, with its APDU. */
import { decodeApdu } from '../../../workers/codec/apdu/index.ts';
import { type CodecError, errorOf } from '../../../workers/codec/common/index.ts';
import { decodeWrapperFrame, encodeWrapperFrame, WRAPPER_HEADER } from '../../../workers/codec/wrapper/index.ts';
import type { FormMapping, Presented, Protocol } from '../mapping.ts';
import { Members } from '../members.ts';
import { joinBlocks } from './blocks.ts';
import { encodeWhole, presentWhole } from './dlms-apdu.ts';

const frameForm: FormMapping = {
  decode(octets, context) {
    const decoded = decodeWrapperFrame(octets);
    if (decoded.kind !== 'good') return decoded;
    const { version, sourceWPort, destinationWPort, payload } = decoded.value;
    const apdu = decodeApdu(payload, context);
    if (apdu.kind !== 'good') return inside(errorOf(apdu, payload.length));
    const presented = presentWhole(apdu.value, apdu.leniencies, context, apdu.consumed);
    if (presented.kind === 'bad') return inside(presented.error);
    if (presented.kind === 'incomplete') return presented;
    const value = { version, sourceWPort, destinationWPort, length: payload.length, apdu: presented.value };
    return { kind: 'good', value, leniencies: presented.leniencies, consumed: decoded.consumed };
  },
  encode(decoded, context) {
    const members = new Members(decoded);
    const apdu = encodeWhole(members.raw('apdu'), 'apdu', context);
    if (apdu.kind === 'bad') return apdu;
    return encodeWrapperFrame({
      sourceWPort: members.int('sourceWPort'),
      destinationWPort: members.int('destinationWPort'),
      payload: apdu.octets,
    });
  },
};

const inside = (error: CodecError): Presented => ({ kind: 'bad', error: { ...error, offset: error.offset + WRAPPER_HEADER } });

/** The header alone says little; with an APDU that fills it there is no doubt. */
const RECOGNISED = 0.95;
const RECOGNISED_LENIENTLY = 0.85;

export const dlmsWrapper: Protocol = {
  name: 'dlms-wrapper',
  forms: { frame: frameForm },
  formOf: () => 'frame',
  recognise(octets) {
    const decoded = decodeWrapperFrame(octets);
    if (decoded.kind !== 'good') return 0;
    const { payload } = decoded.value;
    if (decodeApdu(payload, { strict: 'all' }).kind === 'good') return RECOGNISED;
    return decodeApdu(payload).kind === 'good' ? RECOGNISED_LENIENTLY : 0;
  },
  join: joinBlocks,
};
