/**
 * ACSE APDUs from octets (meter-protocols 5.3; ISO/IEC 8650-1; Green Book, AARQ to RLRE).
 *
 * ```
 *   60 len  [80 version] A1 context [A6 title] [8A 02 07 80] [8B mechanism] [AC authentication] [BE 04 initiate]     AARQ
 *   61 len  [80 version] A1 context A2 result A3 diagnostic [A4 title] [88] [89] [AA] [BE]                           AARE
 *   62 len  [80 01 reason] [BE]     RLRQ, 63 RLRE
 * ```
 *
 * Leniency `ber-length`. Meters are known that count `5F 04` and send `5F 1F 04`, or count something else altogether. Where the
 * lengths do not fit, the fields are read once more up to the end of the octets, without regard to the length of the whole, of BE
 * and of its octet string: the APDU inside ends by itself. A length that reaches beyond the octets is let pass only if that APDU
 * is complete, since otherwise octets are missing.
 */
import { allows, type LeniencyName, Reader } from '../common/index.ts';
import { FieldSet, type Lengths } from './acse-fields.ts';
import { interpretAcse } from './acse-meaning.ts';
import type { ReadApdu } from './reading.ts';
import type { Scope } from './scope.ts';
import type { Aare, Aarq, Release } from './types.ts';

interface Attempt {
  readonly apdu: Aarq | Aare | Release;
  /** Latched what was wrong. */
  readonly reader: Reader;
  /** Octets inside that nothing explains. */
  readonly slack: boolean;
  /** Behind the APDU. */
  readonly at: number;
  readonly leniencies: readonly LeniencyName[];
}

export function readAcse(reader: Reader, scope: Scope, readInner: ReadApdu): Aarq | Aare | Release {
  const trusted = attempt(reader, scope, readInner, 'trusted');
  const follows = (tried: Attempt): boolean => tried.slack || (scope.alone && tried.at < reader.end);
  const right = !trusted.reader.failed && !follows(trusted);
  if (right) return accept(reader, scope, trusted, []);
  const slackAllowed = allows(scope.options, 'trailing-octets');
  const distrusted = allows(scope.options, 'ber-length') ? attempt(reader, scope, readInner, 'distrusted') : undefined;
  const helps = distrusted !== undefined && !distrusted.reader.failed;
  if (helps && distrusted.at === reader.end) return accept(reader, scope, distrusted, ['ber-length']);
  if (!trusted.reader.failed && (slackAllowed || !trusted.slack)) return accept(reader, scope, trusted, trusted.slack ? ['trailing-octets'] : []);
  if (helps && (slackAllowed || !scope.alone)) return accept(reader, scope, distrusted, ['ber-length']);
  refuse(reader, trusted);
  return trusted.apdu;
}

/** Takes over an attempt. What follows behind it is for the caller to judge. */
function accept(reader: Reader, scope: Scope, tried: Attempt, more: readonly LeniencyName[]): Attempt['apdu'] {
  reader.at = tried.at;
  for (const name of [...more, ...tried.leniencies]) if (!scope.leniencies.includes(name)) scope.leniencies.push(name);
  return tried.apdu;
}

function refuse(reader: Reader, tried: Attempt): void {
  const { error, needs } = tried.reader;
  if (error !== undefined) reader.fail(error.code, error.rule, error.got, error.offset);
  else if (needs !== 0) reader.needs = needs;
  else reader.fail('trailing_octets', 'user information: nothing after its APDU', '', tried.at);
}

function attempt(outer: Reader, scope: Scope, readInner: ReadApdu, lengths: Lengths): Attempt {
  const reader = new Reader(outer.octets, outer.at, outer.end);
  const tag = reader.u8();
  const length = reader.length('acse length');
  const tooLong = length > reader.left;
  if (lengths === 'trusted') reader.has(length);
  const body = new Reader(reader.octets, reader.at, lengths === 'trusted' ? Math.min(reader.at + length, reader.end) : reader.end);
  const own: Scope = { ...scope, leniencies: [], alone: true };
  const fields = new FieldSet(body, lengths);
  const apdu = interpretAcse(tag, fields, own);
  const place = fields.userInformation;
  if (place === undefined || body.failed) {
    if (lengths === 'distrusted' && tooLong) body.fail('bad_length', 'acse length: must fit the octets', length);
    latch(reader, body);
    return { apdu, reader, slack: false, at: body.at, leniencies: own.leniencies };
  }
  const inner = new Reader(reader.octets, place.from, place.to);
  const userInformation = readInner(inner, own);
  latch(reader, inner);
  if (lengths === 'distrusted' && tooLong && inner.left > 0) reader.fail('bad_length', 'acse length: must fit the octets', length);
  const at = lengths === 'trusted' ? body.at : inner.at;
  return { apdu: { ...apdu, userInformation }, reader, slack: lengths === 'trusted' && inner.left > 0, at, leniencies: own.leniencies };
}

/** Want of octets inside a length is a wrong length. */
function latch(reader: Reader, part: Reader): void {
  if (part.error !== undefined) reader.fail(part.error.code, part.error.rule, part.error.got, part.error.offset);
  else if (part.needs !== 0) reader.fail('bad_length', 'acse length: must fit what is inside', part.needs, part.end);
}
