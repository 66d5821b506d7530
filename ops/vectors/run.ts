/** Runs vectors: each passes when its decoder and, where asked for, its encoder agree with it. */
import { decodeFault, encodeFault } from './compare.ts';
import type { Vector } from './file.ts';
import { type FormMapping, MalformedVector } from './mapping.ts';
import { protocolNamed, protocols } from './protocols.ts';

export interface VectorResult {
  readonly id: string;
  readonly protocol: string;
  readonly form: string;
  readonly passed: boolean;
  /** Why not; one entry for decoding, one for encoding. */
  readonly faults: readonly string[];
}

export function runVector(vector: Vector): VectorResult {
  const { id, protocol, form } = vector;
  const mapping = mappingOf(vector);
  const faults = typeof mapping === 'string' ? [mapping] : [fault(() => decodeFault(vector, mapping)), fault(() => encodeFault(vector, mapping))];
  const found = faults.filter((text) => text !== undefined);
  return { id, protocol, form, passed: found.length === 0, faults: found };
}

/** The table of its file and form, or why there is none. */
export function mappingOf(vector: Pick<Vector, 'protocol' | 'form'>): FormMapping | string {
  const protocol = protocolNamed(vector.protocol);
  if (protocol === undefined) return `protocol: ${vector.protocol} is none of ${protocols.map(({ name }) => name).join(', ')}`;
  const mapping = Object.hasOwn(protocol.forms, vector.form) ? protocol.forms[vector.form] : undefined;
  return mapping ?? `form: ${vector.form} is none of ${Object.keys(protocol.forms).join(', ')} of ${protocol.name}`;
}

/** A member that is ill-typed fails its vector and names itself. */
function fault(check: () => string | undefined): string | undefined {
  try {
    return check();
  } catch (error) {
    if (error instanceof MalformedVector) return `decoded.${error.message}`;
    throw error;
  }
}
