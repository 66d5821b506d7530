/** The current association: class 15 by logical name, class 12 by short name (Blue Book). */
import type { DataValue } from '../../../../workers/codec/data/index.ts';
import {
  type Asker,
  array,
  type CosemObject,
  DENIED,
  enumerated,
  type Got,
  integer,
  longUnsigned,
  type ObjectTable,
  octetString,
  structure,
  UNDEFINED,
  unsigned,
} from './objects.ts';

const OBIS = [0, 0, 40, 0, 0, 255] as const;
/** 2.16.756.5.8, without its tag and length. */
const OID = [0x60, 0x85, 0x74, 0x05, 0x08];
const NO_QUALITY_OF_SERVICE = 0;

/** Reply to the HLS challenge: the association's own, so it is handled before the objects are asked. */
export const REPLY_TO_HLS = { classId: 15, method: 1, obis: OBIS, shortName: 0xfa58 } as const;

export function associationLn(table: () => ObjectTable): CosemObject {
  const get = (attribute: number, asker: Asker): Got => {
    const { association, settings } = asker;
    switch (attribute) {
      case 2:
        return array(
          table()
            .visible(asker)
            .map((object) => entryLn(object, asker)),
        );
      case 3:
        return structure(integer(association.client), longUnsigned(settings.serverUpper));
      case 4:
        return octetString(Uint8Array.of(...OID, 1, association.contextId));
      case 5:
        return contextInfo(asker);
      case 6:
        return octetString(Uint8Array.of(...OID, 2, association.mechanism));
      case 7:
        return DENIED;
      case 8:
        return enumerated(association.status);
      case 9:
        return octetString(Uint8Array.of(0, 0, 43, 0, 0, 255));
      default:
        return UNDEFINED;
    }
  };
  return { classId: 15, version: 1, obis: OBIS, base: 0xf800, attributes: 9, methods: 4, methodOffset: 0x60, isPublic: true, get, invoke: () => DENIED };
}

function contextInfo({ association, settings }: Asker): DataValue {
  return structure(
    { type: 'bit-string', bits: 24, octets: association.conformance },
    longUnsigned(settings.maxPduSize),
    longUnsigned(association.maxSendPdu),
    unsigned(6),
    integer(NO_QUALITY_OF_SERVICE),
    octetString(new Uint8Array(0)),
  );
}

const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index + 1);

function entryLn(object: CosemObject, asker: Asker): DataValue {
  const writable = asker.rights === 'full' ? (object.writable ?? []) : [];
  // 1 read only, 3 read and write.
  const attributes = numbers(object.attributes).map((id) => structure(integer(id), enumerated(writable.includes(id) ? 3 : 1), { type: 'null-data' }));
  const methods = numbers(object.methods).map((id) => structure(integer(id), enumerated(asker.rights === 'full' ? 1 : 0)));
  return structure(
    longUnsigned(object.classId),
    unsigned(object.version),
    octetString(Uint8Array.from(object.obis)),
    structure(array(attributes), array(methods)),
  );
}

export function associationSn(table: () => ObjectTable): CosemObject {
  const get = (attribute: number, asker: Asker): Got => {
    if (attribute !== 2) return DENIED;
    asker.line.read('object-list');
    return array(table().visible(asker).map(entrySn));
  };
  return { classId: 12, version: 0, obis: OBIS, base: 0xfa00, attributes: 3, methods: 8, methodOffset: 0x20, isPublic: true, get, invoke: () => DENIED };
}

/** Base names travel as signed numbers. */
function entrySn({ base, classId, version, obis }: CosemObject): DataValue {
  return structure({ type: 'long', value: (base << 16) >> 16 }, longUnsigned(classId), unsigned(version), octetString(Uint8Array.from(obis)));
}
