import { inspect } from 'node:util';
import test from 'ava';
import { type KeyHandle, KeyTable, openKeyReader, type SessionKeys } from '../../../workers/pool/key-table.ts';

const key = (octet: number, length = 16): Uint8Array => new Uint8Array(length).fill(octet);
const octetsOf = (keys: SessionKeys): (number[] | undefined)[] =>
  [keys.encryptionKey, keys.authenticationKey, keys.dedicatedKey, keys.broadcastKey].map((one) => one && [...one]);
const holds = (table: KeyTable, octet: number): boolean => new Uint8Array(table.memory).includes(octet);

test('keys are lent as they were put', (t) => {
  const table = new KeyTable(4);
  const reader = openKeyReader(table.memory);
  const handle = table.put({ encryptionKey: key(1), authenticationKey: key(2, 32), broadcastKey: key(4) });
  t.deepEqual(reader.lend(handle, octetsOf), [[...key(1)], [...key(2, 32)], undefined, [...key(4)]]);
});

test('what was lent is zeros after its use, also when the use throws', (t) => {
  const table = new KeyTable(1);
  const reader = openKeyReader(table.memory);
  const handle = table.put({ encryptionKey: key(1) });
  const lent = reader.lend(handle, (keys) => keys.encryptionKey);
  t.deepEqual(lent, key(0));
  let kept: Uint8Array | undefined;
  t.throws(() =>
    reader.lend(handle, ({ encryptionKey }) => {
      kept = encryptionKey;
      throw new Error('use');
    }),
  );
  t.deepEqual(kept, key(0));
});

test('release fills the keys with zeros', (t) => {
  const table = new KeyTable(2);
  const handle = table.put({ encryptionKey: key(0xaa, 32), dedicatedKey: key(0xaa) });
  t.true(holds(table, 0xaa));
  t.true(table.release(handle));
  t.false(holds(table, 0xaa));
});

test('clear fills all keys with zeros', (t) => {
  const table = new KeyTable(3);
  const handles = [1, 2, 3].map(() => table.put({ encryptionKey: key(0xaa) }));
  table.clear();
  t.false(holds(table, 0xaa));
  const reader = openKeyReader(table.memory);
  t.true(handles.every((handle) => reader.lend(handle, () => true) === undefined));
});

test('a released handle opens nothing, also when another session has its place', (t) => {
  const table = new KeyTable(1);
  const reader = openKeyReader(table.memory);
  const old = table.put({ encryptionKey: key(1) });
  table.release(old);
  const fresh = table.put({ encryptionKey: key(2) });
  t.is(fresh.slot, old.slot);
  t.is(
    reader.lend(old, () => true),
    undefined,
  );
  t.true(reader.lend(fresh, () => true));
});

test('a handle is released once', (t) => {
  const table = new KeyTable(1);
  const handle = table.put({ encryptionKey: key(1) });
  t.true(table.release(handle));
  t.false(table.release(handle));
  table.put({ encryptionKey: key(2) });
  t.false(table.release(handle));
});

test('a handle that never was opens nothing', (t) => {
  const table = new KeyTable(1);
  const reader = openKeyReader(table.memory);
  const handles: KeyHandle[] = [
    { slot: 0, generation: 0 },
    { slot: 1, generation: 1 },
    { slot: -1, generation: 1 },
    { slot: 0.5, generation: 1 },
    { slot: Number.NaN, generation: 1 },
  ];
  for (const handle of handles) {
    t.is(
      reader.lend(handle, () => true),
      undefined,
    );
    t.false(table.release(handle));
  }
});

test('a key of another length is refused without a trace of it', (t) => {
  const table = new KeyTable(1);
  const error = t.throws(() => table.put({ encryptionKey: key(0xab, 24) }), { instanceOf: RangeError });
  t.is(error.message, 'encryptionKey: must be 16 or 32 octets: 24 octets');
  t.false(holds(table, 0xab));
});

test('a full table refuses until something is released', (t) => {
  const table = new KeyTable(1);
  const handle = table.put({ encryptionKey: key(1) });
  t.throws(() => table.put({ encryptionKey: key(2) }), { message: /keySlots/ });
  table.release(handle);
  t.notThrows(() => table.put({ encryptionKey: key(2) }));
});

test('a shorter key leaves nothing of the longer one before it', (t) => {
  const table = new KeyTable(1);
  table.release(table.put({ encryptionKey: key(9, 32) }));
  table.put({ encryptionKey: key(1) });
  t.false(holds(table, 9));
});

test('a handle and a table show no key', (t) => {
  const table = new KeyTable(1);
  const handle = table.put({ encryptionKey: key(0xab) });
  t.notRegex(`${inspect(handle)}${JSON.stringify(handle)}${inspect(table, { depth: 1 })}`, /171|abab/);
});
