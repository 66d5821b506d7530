/** Rules of single fields. Each takes text (CSV) or a JSON value and gives the value as stored, or the rule it breaks. */
import { dateOfDay, isSettlementDate, parseWrittenDateTime } from '../../machines/calendar/index.ts';
import { type DipId, type Mpan, type Mpid, parseDipId, parseMpan, parseMpid } from '../../machines/mpan/index.ts';

export type Field<T> = (value: unknown) => { readonly ok: T } | { readonly rule: string };

const text = (value: unknown): string | null => (typeof value === 'string' ? value.trim() : null);

/** Printable text up to a length in characters. */
export const line =
  (maxLength: number): Field<string> =>
  (value) => {
    const given = text(value);
    if (given === null) return { rule: 'text' };
    if (given.length === 0 || given.length > maxLength) return { rule: `length_1_to_${maxLength}` };
    return hasControl(given) ? { rule: 'printable' } : { ok: given };
  };

export const matching =
  (pattern: RegExp, rule: string): Field<string> =>
  (value) => {
    const given = text(value);
    return given !== null && pattern.test(given) ? { ok: given } : { rule };
  };

/** `true`/`false`, `T`/`F`, `Y`/`N`, or a JSON boolean. */
export const flag: Field<boolean> = (value) => {
  if (typeof value === 'boolean') return { ok: value };
  const given = text(value)?.toLowerCase() ?? '';
  if (['true', 't', 'y'].includes(given)) return { ok: true };
  return ['false', 'f', 'n'].includes(given) ? { ok: false } : { rule: 'boolean' };
};

/** A settlement date: `YYYY-MM-DD`, or a date-time whose date as written counts (appointments 0.2). */
export const date: Field<string> = (value) => {
  const given = text(value) ?? '';
  if (isSettlementDate(given)) return { ok: given };
  const written = parseWrittenDateTime(given);
  return written === undefined ? { rule: 'date' } : { ok: dateOfDay(written.day) };
};

/** 13 digits as text or as a JSON integer. */
export const mpan =
  (checkDigit: boolean): Field<Mpan> =>
  (value) => {
    const parsed = parseMpan(typeof value === 'number' ? String(value) : (text(value) ?? ''), { checkDigit });
    return parsed.kind === 'ok' ? { ok: parsed.value } : { rule: parsed.rule };
  };

/** As stored records may hold it: four letters or digits. */
export const mpid: Field<Mpid> = (value) => {
  const parsed = parseMpid(text(value) ?? '', 'stored');
  return parsed.kind === 'ok' ? { ok: parsed.value } : { rule: parsed.rule };
};

export const dipId: Field<DipId> = (value) => {
  const parsed = parseDipId(text(value) ?? '');
  return parsed.kind === 'ok' ? { ok: parsed.value } : { rule: parsed.rule };
};

function hasControl(given: string): boolean {
  for (let index = 0; index < given.length; index++) {
    const code = given.charCodeAt(index);
    if (code < 32 || (code >= 127 && code < 160)) return true;
  }
  return false;
}
