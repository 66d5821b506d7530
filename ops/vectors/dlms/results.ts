/** Data access results by name, references, and lists of answers. */

import type { AttributeAccess, DataOrResult, LogicalReference, Obis } from '../../../workers/codec/apdu/types.ts';
import { hexOctet } from '../../../workers/codec/common/index.ts';
import type { Json, JsonObject } from '../mapping.ts';
import { Members } from '../members.ts';
import { parseData, presentData } from './data.ts';

const ACCESS_RESULTS: Readonly<Record<number, string>> = {
  0: 'success',
  1: 'hardware-fault',
  2: 'temporary-failure',
  3: 'read-write-denied',
  4: 'object-undefined',
  9: 'object-class-inconsistent',
  11: 'object-unavailable',
  12: 'type-unmatched',
  13: 'scope-of-access-violated',
  14: 'data-block-unavailable',
  15: 'long-get-aborted',
  16: 'no-long-get-in-progress',
  17: 'long-set-aborted',
  18: 'no-long-set-in-progress',
  19: 'data-block-number-invalid',
  250: 'other-reason',
};

/** The name; a number without a name as it stands. */
export function presentResult(result: number): string | number {
  return ACCESS_RESULTS[result] ?? result;
}

export function parseResult(members: Members, name: string): number {
  if (typeof members.raw(name) === 'number') return members.int(name);
  const text = members.text(name);
  const found = Object.entries(ACCESS_RESULTS).find(([, known]) => known === text);
  if (found === undefined) throw members.wrong(name, 'must be the name of an access result');
  return Number(found[0]);
}

export function presentReference({ classId, obis, id }: LogicalReference): JsonObject {
  return { classId, obis: obis.join('.'), id };
}

export function parseReference(value: Json | undefined, path: string): LogicalReference {
  const members = Members.of(value, path);
  return { classId: members.int('classId'), obis: parseObis(members), id: members.int('id') };
}

function parseObis(members: Members): Obis {
  const parts = members.text('obis').split('.').map(Number);
  const [a, b, c, d, e, f] = parts;
  const whole = parts.length === 6 && parts.every((part) => Number.isInteger(part) && part >= 0 && part <= 255);
  if (!whole || a === undefined || b === undefined || c === undefined || d === undefined || e === undefined || f === undefined)
    throw members.wrong('obis', 'must be a.b.c.d.e.f, each 0 to 255');
  return [a, b, c, d, e, f];
}

/** Attribute and access for the services of one attribute. */
export function presentAccess({ attribute, access }: AttributeAccess): JsonObject {
  return { attribute: presentReference(attribute), ...presentSelection(access) };
}

function presentSelection(access: AttributeAccess['access']): JsonObject {
  return access === undefined ? {} : { accessSelector: access.selector, accessParameters: presentData(access.parameters) };
}

export function parseAccess(members: Members): AttributeAccess {
  return { attribute: parseReference(members.raw('attribute'), members.pathOf('attribute')), ...parseSelection(members) };
}

function parseSelection(members: Members): Pick<AttributeAccess, 'access'> {
  if (!members.has('accessSelector')) return {};
  const parameters = parseData(members.raw('accessParameters'), members.pathOf('accessParameters'));
  return { access: { selector: members.int('accessSelector'), parameters } };
}

/** In a list the reference's members stand beside the selection's. */
export function presentListed({ attribute, access }: AttributeAccess): JsonObject {
  return { ...presentReference(attribute), ...presentSelection(access) };
}

export function parseListed(value: Json | undefined, path: string): AttributeAccess {
  return { attribute: parseReference(value, path), ...parseSelection(Members.of(value, path)) };
}

export function presentAnswer(answer: DataOrResult): JsonObject {
  return 'data' in answer ? { data: presentData(answer.data) } : { accessResult: presentResult(answer.accessResult) };
}

export function parseAnswer(value: Json | undefined, path: string): DataOrResult {
  return parseDataOrResult(Members.of(value, path));
}

export function parseDataOrResult(members: Members): DataOrResult {
  if (members.has('data')) return { data: parseData(members.raw('data'), members.pathOf('data')) };
  return { accessResult: parseResult(members, 'accessResult') };
}

/** A short name as the vectors write it: two octets of hex. */
export function presentName(name: number): string {
  return hexOctet(name >> 8) + hexOctet(name);
}

export function parseName(members: Members, name: string): number {
  const octets = members.hex(name);
  if (octets.length !== 2) throw members.wrong(name, 'must be two octets');
  return ((octets[0] ?? 0) << 8) | (octets[1] ?? 0);
}
