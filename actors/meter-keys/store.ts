/**
 * Keys of ciphered meters and their invocation counters, for dialogues and imports.
 *
 * - K1 Keys are sealed before they leave this file, and opened only for a dialogue, which fills them with zeros at its end.
 * - K2 Counters are committed before they are given out.
 */
import { fromHex, toHex } from '../../workers/codec/common/index.ts';
import type { DlmsKeys } from '../dialogue/dlms/index.ts';
import type { DialogueServices } from '../dialogue/services.ts';
import type { EngineFace } from '../engine/face.ts';
import type { Ids } from '../engine/ports.ts';
import { MeterwrightError, RefusedError } from '../errors/error.ts';
import type { Sealer } from '../secrets/index.ts';
import { type CounterAdvance, type CounterReservation, METER_KEYS_KEY, type MeterKeysImport } from './handlers.ts';
import { keyMark } from './key-mark.ts';
import type { MeterKeyLine } from './lines.ts';
import { counterActor, METER_KEYS_KIND, type MeterKeysRecord, meterKeysActor, namesOf } from './records.ts';

export interface MeterKeyStoreDeps {
  readonly engine: Pick<EngineFace, 'command' | 'store'>;
  readonly ids: Ids;
  readonly sealer: Sealer;
  /** Counters reserved at once; default 1,000. */
  readonly reserveCount?: number;
  /** What counters are raised by for restores of the store, in all: those that were not yet are in doubt. Default 0. */
  readonly raise?: number;
}

/** What may be shown of a meter's keys. */
export interface ShownMeterKeys {
  readonly meter: string;
  readonly suite: 0 | 1 | 2;
  readonly clientSystemTitle: string;
  readonly serverSystemTitle: string | null;
  readonly form: 'glo' | 'general-glo' | null;
  readonly dedicated: boolean;
  readonly importedAt: number;
  readonly importedBy: string;
}

const DEFAULT_RESERVE = 1_000;

export class MeterKeyStore implements Pick<DialogueServices, 'meterKeys' | 'reserveCounters'> {
  readonly #deps: MeterKeyStoreDeps;

  constructor(deps: MeterKeyStoreDeps) {
    this.#deps = deps;
  }

  /** By serial number first, then by address. @throws MeterwrightError `seal_broken` */
  async meterKeys(meter: { readonly serialNumber?: string; readonly canonicalAddress: string }): Promise<DlmsKeys | undefined> {
    const ids = namesOf(meter).map(meterKeysActor);
    if (ids.length === 0) return undefined;
    const doc = (await this.#deps.engine.store.get(ids)).find((found) => found !== undefined);
    return doc === undefined ? undefined : this.#opened(doc.snapshot as MeterKeysRecord);
  }

  async reserveCounters(
    clientSystemTitle: Uint8Array,
    mark: string,
    floor?: number,
  ): Promise<{ readonly from: number; readonly count: number; readonly doubtful?: boolean }> {
    const title = toHex(clientSystemTitle);
    const payload: CounterReservation = {
      clientSystemTitle: title,
      keyMark: mark,
      count: this.#deps.reserveCount ?? DEFAULT_RESERVE,
      ...(floor === undefined ? {} : { floor }),
      ...(this.#deps.raise === undefined ? {} : { raise: this.#deps.raise }),
    };
    return this.#command(counterActor(title, mark), 'meterKeys.reserve', payload);
  }

  /** Seals and stores a batch; the keys of the lines are zeros afterwards. */
  async import(lines: readonly MeterKeyLine[], by: string): Promise<{ readonly created: number; readonly applied: number }> {
    const entries: MeterKeysImport['entries'] = lines.map((line) => this.#sealed(line, by));
    for (const [index, { nextCounter }] of lines.entries()) {
      const entry = entries[index];
      if (nextCounter === undefined || entry === undefined) continue;
      const { clientSystemTitle, keyMark: mark } = entry;
      const payload: CounterAdvance = { clientSystemTitle, keyMark: mark, next: nextCounter };
      await this.#command(counterActor(clientSystemTitle, mark), 'meterKeys.advance', payload);
    }
    return this.#command(METER_KEYS_KEY, 'meterKeys.import', { entries });
  }

  /** @throws RefusedError `no_such_meter_keys` */
  async remove(meter: string): Promise<void> {
    await this.#command(METER_KEYS_KEY, 'meterKeys.remove', { meter });
  }

  async list(limit: number, cursor?: string): Promise<{ readonly items: readonly ShownMeterKeys[]; readonly cursor?: string }> {
    const page = await this.#deps.engine.store.page({ index: 'kind', value: METER_KEYS_KIND, limit, ...(cursor === undefined ? {} : { cursor }) });
    const items = page.items.map(({ snapshot }) => shown(snapshot as MeterKeysRecord));
    return page.cursor === undefined ? { items } : { items, cursor: page.cursor };
  }

  #command<T>(key: string, type: string, payload: object): Promise<T> {
    const { engine, ids } = this.#deps;
    return engine.command<T>({ key, type, payload, origin: 'caller', id: ids.uuid() });
  }

  #sealed(line: MeterKeyLine, by: string): MeterKeysImport['entries'][number] {
    const { encryptionKey, authenticationKey, clientSystemTitle, serverSystemTitle } = line;
    const mark = keyMark(encryptionKey, clientSystemTitle);
    const both = Buffer.concat([encryptionKey, authenticationKey]);
    const sealedKeys = this.#deps.sealer.seal(both, meterKeysActor(line.meter));
    for (const secret of [both, encryptionKey, authenticationKey]) secret.fill(0);
    return {
      meter: line.meter,
      suite: line.suite,
      sealedKeys,
      clientSystemTitle: toHex(clientSystemTitle),
      serverSystemTitle: serverSystemTitle === undefined ? null : toHex(serverSystemTitle),
      form: line.form ?? null,
      dedicated: line.dedicated,
      keyMark: mark,
      importedBy: by,
    };
  }

  #opened(record: MeterKeysRecord): DlmsKeys {
    const both = this.#deps.sealer.open(record.sealedKeys, meterKeysActor(record.meter));
    const half = record.suite === 2 ? 32 : 16;
    if (both.length !== 2 * half) throw new MeterwrightError('seal_broken', 'meter keys: not of the length of their suite');
    const clientSystemTitle = fromHex(record.clientSystemTitle);
    const serverSystemTitle = record.serverSystemTitle === null ? undefined : fromHex(record.serverSystemTitle);
    if (clientSystemTitle === undefined) throw new RefusedError('invalid_value', 'clientSystemTitle: must be hex');
    return {
      suite: record.suite,
      encryptionKey: both.subarray(0, half),
      authenticationKey: both.subarray(half),
      clientSystemTitle,
      ...(serverSystemTitle === undefined ? {} : { serverSystemTitle }),
      ...(record.form === null ? {} : { form: record.form }),
      dedicated: record.dedicated,
      release: () => void both.fill(0),
    };
  }
}

function shown({ sealedKeys: _sealed, keyMark: _mark, ...rest }: MeterKeysRecord): ShownMeterKeys {
  return rest;
}
