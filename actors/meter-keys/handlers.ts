/** Commands on meter keys and counters. Keys come here sealed only; no command, document or history holds one in clear. */
import type { Static, TSchema } from 'typebox';
import Type from 'typebox';
import { Compile } from 'typebox/compile';
import { DIRECTORY_KEY } from '../access/index.ts';
import type { Handler, Turn } from '../engine/definition.ts';
import { RefusedError } from '../errors/error.ts';
import {
  type CounterRecord,
  counterActor,
  METER_COUNTER_KIND,
  METER_KEYS_KIND,
  type MeterKeysRecord,
  MeterKeysRecordSchema,
  meterKeysActor,
} from './records.ts';
import { reserveRange } from './reserve.ts';

/** Routing key of meter keys; counters have one each. */
export const METER_KEYS_KEY = DIRECTORY_KEY;

const MOST_AT_ONCE = 100_000;
const Counter = Type.Integer({ minimum: 0, maximum: 0xffff_ffff });

const ImportPayload = Type.Object(
  { entries: Type.Array(Type.Omit(MeterKeysRecordSchema, ['importedAt']), { maxItems: 1_000 }) },
  { additionalProperties: false },
);
const RemovePayload = Type.Object({ meter: Type.String({ maxLength: 320 }) }, { additionalProperties: false });
const ReservePayload = Type.Object(
  {
    clientSystemTitle: Type.String({ pattern: '^[0-9A-F]{16}$' }),
    keyMark: Type.String({ pattern: '^[0-9a-f]{32}$' }),
    count: Type.Integer({ minimum: 1, maximum: MOST_AT_ONCE }),
    floor: Type.Optional(Counter),
    raise: Type.Optional(Type.Integer({ minimum: 0 })),
  },
  { additionalProperties: false },
);
const AdvancePayload = Type.Object(
  { clientSystemTitle: Type.String({ pattern: '^[0-9A-F]{16}$' }), keyMark: Type.String({ pattern: '^[0-9a-f]{32}$' }), next: Counter },
  { additionalProperties: false },
);

export type MeterKeysImport = Static<typeof ImportPayload>;
export type CounterReservation = Static<typeof ReservePayload>;
export type CounterAdvance = Static<typeof AdvancePayload>;

const checkImport = checker('import', ImportPayload);
const checkRemove = checker('remove', RemovePayload);
const checkReserve = checker('reserve', ReservePayload);
const checkAdvance = checker('advance', AdvancePayload);

export function meterKeysHandlers(): Readonly<Record<string, Handler>> {
  return {
    /** Key `directory`. Payload `MeterKeysImport`; replies how many meters are new. */
    'meterKeys.import': async (turn, payload) => {
      let created = 0;
      const { entries } = checkImport(payload);
      for (const entry of entries) {
        const id = meterKeysActor(entry.meter);
        if ((await turn.get(id)) === undefined) created++;
        const record: MeterKeysRecord = { ...entry, importedAt: turn.at };
        await turn.put({ id, kind: METER_KEYS_KIND, state: 'active', record });
      }
      return { created, applied: entries.length };
    },
    /** Key `directory`. Payload `{meter}`. The counters stay: the key may come back. */
    'meterKeys.remove': async (turn, payload) => {
      const id = meterKeysActor(checkRemove(payload).meter);
      if ((await turn.get(id)) === undefined) throw new RefusedError('no_such_meter_keys', 'meter: there are no keys for it');
      await turn.remove(id);
      return null;
    },
    /**
     * Key: the counter's actor. Payload `CounterReservation`; replies `{from, count, doubtful}`, committed before it is answered. `raise`:
     * for restores of the store, in all; the first reservation after one is raised, and `doubtful` unless it has a floor.
     */
    'meterKeys.reserve': async (turn, payload) => {
      const { clientSystemTitle, keyMark, count, floor, raise = 0 } = checkReserve(payload);
      const known = await counterOf(turn, clientSystemTitle, keyMark);
      const raised = known?.raised ?? 0;
      const isOlder = raised < raise;
      const reserved = reserveRange(isOlder ? (known?.next ?? 1) + raise - raised : known?.next, count, floor);
      if (reserved.kind === 'refused') throw new RefusedError(reserved.code, reserved.rule);
      await putCounter(turn, clientSystemTitle, keyMark, reserved.next, Math.max(raise, raised));
      return { from: reserved.from, count: reserved.count, doubtful: isOlder && floor === undefined };
    },
    /** Key: the counter's actor. Payload `CounterAdvance`: goes on at `next` where that is ahead; never back. */
    'meterKeys.advance': async (turn, payload) => {
      const { clientSystemTitle, keyMark, next } = checkAdvance(payload);
      const known = await counterOf(turn, clientSystemTitle, keyMark);
      if (known === undefined || known.next < next) await putCounter(turn, clientSystemTitle, keyMark, next, known?.raised ?? 0);
      return null;
    },
  };
}

async function counterOf(turn: Turn, title: string, mark: string): Promise<CounterRecord | undefined> {
  return (await turn.get(counterActor(title, mark)))?.snapshot as CounterRecord | undefined;
}

function putCounter(turn: Turn, title: string, mark: string, next: number, raised: number): Promise<void> {
  const record: CounterRecord = { next, reservedAt: turn.at, ...(raised === 0 ? {} : { raised }) };
  return turn.put({ id: counterActor(title, mark), kind: METER_COUNTER_KIND, state: 'active', record });
}

/** @throws RefusedError `invalid_value` naming the first member that breaks a rule. */
function checker<T extends TSchema>(what: string, schema: T): (payload: unknown) => Static<T> {
  const validator = Compile(schema);
  return (payload) => {
    if (validator.Check(payload)) return payload as Static<T>;
    const first = validator.Errors(payload)[0];
    throw new RefusedError('invalid_value', `${first?.instancePath.slice(1).replaceAll('/', '.') || what}: ${first?.message ?? 'is not valid'}`);
  };
}
