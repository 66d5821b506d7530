/** What is stored of meter keys and their counters: documents without a machine (meter-protocols 5.9). */
import Type, { type Static } from 'typebox';
import type { ActorId } from '../../machines/common/effects.ts';

export const METER_KEYS_KIND = 'meter-keys';
export const METER_COUNTER_KIND = 'meter-counter';

const Title = Type.String({ pattern: '^[0-9A-F]{16}$' });

export const MeterKeysRecordSchema = Type.Object(
  {
    /** `serial:<number>` or `address:<canonical address>`. */
    meter: Type.String({ pattern: '^(serial|address):[\\x21-\\x7e]{1,300}$' }),
    suite: Type.Union([Type.Literal(0), Type.Literal(1), Type.Literal(2)]),
    /** Encryption key and authentication key, one after the other, sealed for the actor's id. */
    sealedKeys: Type.String({ pattern: '^[A-Za-z0-9_-]{1,400}$' }),
    clientSystemTitle: Title,
    serverSystemTitle: Type.Union([Title, Type.Null()]),
    /** Null: as the meter negotiates. */
    form: Type.Union([Type.Enum(['glo', 'general-glo']), Type.Null()]),
    dedicated: Type.Boolean(),
    keyMark: Type.String({ pattern: '^[0-9a-f]{32}$' }),
    importedAt: Type.Number(),
    importedBy: Type.String({ maxLength: 100 }),
  },
  { additionalProperties: false },
);
export type MeterKeysRecord = Static<typeof MeterKeysRecordSchema>;

export type CounterRecord = {
  /** The least counter that was never given out. */
  readonly next: number;
  readonly reservedAt: number;
  /** What `next` was raised by for restores of the store, in all; absent: nothing. */
  readonly raised?: number;
};

export const meterKeysActor = (meter: string): ActorId => `${METER_KEYS_KIND}:${meter}`;

/** Also its routing key: counters of one title and key have one writer. */
export const counterActor = (clientSystemTitle: string, keyMark: string): ActorId => `${METER_COUNTER_KIND}:${clientSystemTitle}-${keyMark}`;

/** Upper case, without blanks and leading zeros, as serial numbers are compared (meter-protocols 2.3). */
export const serialName = (serialNumber: string): string =>
  `serial:${serialNumber
    .replaceAll(/[\s\0]/g, '')
    .toUpperCase()
    .replace(/^0+(?=.)/, '')}`;

/** Without the letters of the maker in front too: one side may have them and the other not. */
export function namesOf(meter: { readonly serialNumber?: string; readonly canonicalAddress: string }): readonly string[] {
  const names = meter.serialNumber === undefined || meter.serialNumber.trim() === '' ? [] : serialNames(meter.serialNumber);
  return meter.canonicalAddress === '' ? names : [...names, `address:${meter.canonicalAddress}`];
}

function serialNames(serialNumber: string): string[] {
  const whole = serialName(serialNumber);
  const bare = serialName(serialNumber.trim().replace(/^[A-Za-z]{1,4}(?=\d)/, ''));
  return bare === whole ? [whole] : [whole, bare];
}
