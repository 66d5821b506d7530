/** The COSEM objects of a simulated meter (meter-protocols 5.8; Blue Book). */

import type { Obis } from '../../../../workers/codec/apdu/index.ts';
import { type DataValue, formatObis } from '../../../../workers/codec/data/index.ts';
import type { MeterLine, WriteVerdict } from '../session.ts';
import type { DlmsSettings } from '../types.ts';

/** Data-access-results that the objects answer with. */
export const SUCCESS = 0;
export const DENIED = 3;
export const UNDEFINED = 4;
export const WRONG_CLASS = 9;
export const WRONG_TYPE = 12;
export const OUT_OF_SCOPE = 13;
export const OTHER_REASON = 250;

/** Who asks, and what the association has agreed on. */
export interface Asker {
  readonly line: MeterLine;
  readonly settings: DlmsSettings;
  /** `public` may look at a few objects only. */
  readonly rights: 'public' | 'full';
  readonly association: AssociationFacts;
}

/** What the association object tells. */
export interface AssociationFacts {
  readonly client: number;
  readonly contextId: number;
  readonly mechanism: number;
  readonly conformance: Uint8Array;
  readonly maxSendPdu: number;
  readonly status: 1 | 2;
}

/** A value, or a data-access-result in place of it. */
export type Got = DataValue | number;
/** A data-access-result, or null when the request is lost and nobody answers. */
export type Done = number | null;

export interface CosemObject {
  readonly classId: number;
  readonly version: number;
  readonly obis: Obis;
  /** Short name of its first attribute. */
  readonly base: number;
  /** Attributes that it has, the logical name included. */
  readonly attributes: number;
  readonly methods: number;
  /** Short name of method 1, from the base. */
  readonly methodOffset: number;
  /** May the public client read it? */
  readonly isPublic: boolean;
  /** From attribute 2 on. */
  get(attribute: number, asker: Asker): Got;
  set?(attribute: number, value: DataValue, asker: Asker): Done;
  invoke?(method: number, parameter: DataValue | undefined, asker: Asker): Done;
  /** Attributes that may be written. */
  readonly writable?: readonly number[];
}

export const ascii = (text: string): Uint8Array => Uint8Array.from(text, (char) => char.charCodeAt(0));
export const octetString = (octets: Uint8Array): DataValue => ({ type: 'octet-string', octets });
export const unsigned = (value: number): DataValue => ({ type: 'unsigned', value });
export const longUnsigned = (value: number): DataValue => ({ type: 'long-unsigned', value });
export const structure = (...items: readonly DataValue[]): DataValue => ({ type: 'structure', items });
export const array = (items: readonly DataValue[]): DataValue => ({ type: 'array', items });
export const enumerated = (value: number): DataValue => ({ type: 'enum', value });
export const integer = (value: number): DataValue => ({ type: 'integer', value });

/** The data-access-result of a write of the clock. */
export const resultOf = (verdict: WriteVerdict, refused: number): Done => (verdict === 'lost' ? null : verdict === 'done' ? SUCCESS : refused);

export class ObjectTable {
  readonly #byName = new Map<string, CosemObject>();
  readonly #objects: readonly CosemObject[];

  constructor(objects: readonly CosemObject[]) {
    this.#objects = objects;
    for (const object of objects) this.#byName.set(formatObis(object.obis), object);
  }

  /** The object of a logical reference, or why there is none. */
  find(classId: number, obis: Obis): CosemObject | number {
    const object = this.#byName.get(formatObis(obis));
    if (object === undefined) return UNDEFINED;
    return object.classId === classId ? object : WRONG_CLASS;
  }

  /** The attribute or method that a short name stands for. */
  named(name: number): { readonly object: CosemObject; readonly attribute?: number; readonly method?: number } | undefined {
    for (const object of this.#objects) {
      const attribute = (name - object.base) / 8 + 1;
      if (Number.isInteger(attribute) && attribute >= 1 && attribute <= object.attributes) return { object, attribute };
      const method = (name - object.base - object.methodOffset) / 8 + 1;
      if (Number.isInteger(method) && method >= 1 && method <= object.methods) return { object, method };
    }
    return undefined;
  }

  /** What this asker may see. */
  visible(asker: Asker): readonly CosemObject[] {
    return this.#objects.filter(({ isPublic }) => isPublic || asker.rights === 'full');
  }
}

/** An attribute for this asker, the logical name included. */
export function getAttribute(object: CosemObject, attribute: number, asker: Asker): Got {
  if (!object.isPublic && asker.rights === 'public') return DENIED;
  if (attribute === 1) return octetString(Uint8Array.from(object.obis));
  return attribute >= 2 && attribute <= object.attributes ? object.get(attribute, asker) : UNDEFINED;
}

export function setAttribute(object: CosemObject, attribute: number, value: DataValue, asker: Asker): Done {
  const what = `${formatObis(object.obis)} ${attribute}`;
  const refuse = (result: number, reason: string): number => {
    asker.line.refuseWrite(what, value.type, reason);
    return result;
  };
  if (attribute < 1 || attribute > object.attributes) return refuse(UNDEFINED, 'no such attribute');
  if (asker.rights === 'public') return refuse(DENIED, 'public client');
  if (object.set === undefined || object.writable?.includes(attribute) !== true) return refuse(DENIED, 'read only');
  return object.set(attribute, value, asker);
}

export function invokeMethod(object: CosemObject, method: number, parameter: DataValue | undefined, asker: Asker): Done {
  if (method < 1 || method > object.methods || object.invoke === undefined) return UNDEFINED;
  return asker.rights === 'public' ? DENIED : object.invoke(method, parameter, asker);
}
