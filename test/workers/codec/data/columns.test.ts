import test from 'ava';
import { must, mustDecode } from '../../../../workers/codec/common/index.ts';
import {
  type CellType,
  type ColumnShape,
  Columns,
  columnShape,
  columnShapeOf,
  compactArray,
  type DataValue,
  decodeColumns,
  decodeData,
  encodeData,
  type TypeDescription,
} from '../../../../workers/codec/data/index.ts';
import fc from '../../../support/fc.ts';
import { octetsOf, SIMPLE_TYPES, simpleOf } from './values.ts';

const NULL: DataValue = { type: 'null-data' };

const structures = (rows: readonly (readonly DataValue[])[]): Uint8Array =>
  must(encodeData({ type: 'array', items: rows.map((items) => ({ type: 'structure', items })) }));

const cellsOf = (columns: Columns): (DataValue | undefined)[][] =>
  Array.from({ length: columns.rows }, (_, row) => columns.columns.map((_, column) => columns.value(column, row)));

const errorOf = (octets: Uint8Array, shape: ColumnShape, limits = {}) => {
  const outcome = decodeColumns(octets, shape, undefined, { limits });
  return outcome.kind === 'bad' ? outcome.error : { code: outcome.kind, rule: '', offset: 0, got: '' };
};

/** Rows of one shape; each cell may be null-data now and then. */
const rowsOf = (types: readonly CellType[], nulls: boolean) =>
  fc.array(
    fc.tuple(
      ...types.map((type) => (nulls ? fc.oneof({ weight: 5, arbitrary: simpleOf(type) }, { weight: 1, arbitrary: fc.constant(NULL) }) : simpleOf(type))),
    ),
    {
      maxLength: 12,
    },
  );

const tables = (nulls: boolean) =>
  fc.array(fc.constantFrom(...SIMPLE_TYPES), { minLength: 1, maxLength: 6 }).chain((types) => rowsOf(types, nulls).map((rows) => ({ types, rows })));

test('columns hold what decodeData reads, whatever the types, with cells left out', (t) => {
  fc.assert(
    fc.property(tables(true), ({ types, rows }) => {
      const columns = mustDecode(decodeColumns(structures(rows), columnShape(types.map((type) => ({ type })))));
      t.deepEqual(cellsOf(columns), rows);
    }),
    { numRuns: 300 },
  );
});

test('the shape that is found serves as one that is given', (t) => {
  fc.assert(
    fc.property(tables(true), ({ rows }) => {
      const octets = structures(rows);
      t.deepEqual(cellsOf(mustDecode(decodeColumns(octets, mustDecode(columnShapeOf(octets))))), rows);
    }),
    { numRuns: 300 },
  );
});

test('compact arrays become the same columns', (t) => {
  fc.assert(
    fc.property(tables(false), ({ types, rows }) => {
      const element: TypeDescription = { type: 'structure', members: [...types.map((type) => ({ type })), { type: 'unsigned' }] };
      const items = rows.map((row): DataValue => ({ type: 'structure', items: [...row, { type: 'unsigned', value: 1 }] }));
      const outcome = compactArray(element, items);
      if (outcome.kind === 'bad') throw new Error(outcome.error.rule);
      const octets = must(encodeData(outcome.value));
      const columns = mustDecode(decodeColumns(octets, mustDecode(columnShapeOf(octets))));
      t.is(columns.rows, rows.length);
      const wanted = items.map((item) => (item.type === 'structure' ? item.items : []));
      t.deepEqual(cellsOf(columns), wanted);
    }),
    { numRuns: 300 },
  );
});

test('an array of bare values is one column', (t) => {
  const octets = octetsOf('0103 1001F4 00 10FFFE');
  const columns = mustDecode(decodeColumns(octets, mustDecode(columnShapeOf(octets))));
  t.deepEqual(cellsOf(columns), [[{ type: 'long', value: 500 }], [NULL], [{ type: 'long', value: -2 }]]);
});

test('numbers lie in arrays of their kind, strings as places in the input', (t) => {
  const octets = octetsOf('0102 0203 06FFFFFFFF 0902AABB 14FFFFFFFFFFFFFFFE 0203 0600000001 0903CCDDEE 140000000000000001');
  const { columns, ...all } = mustDecode(decodeColumns(octets, mustDecode(columnShapeOf(octets))));
  t.is(all.rows, 2);
  const [first, second, third] = columns;
  t.true(first?.kind === 'uint32' && first.values[0] === 0xffff_ffff && first.values[1] === 1);
  t.true(second?.kind === 'octets' && second.offsets[0] === 11 && second.lengths[0] === 2 && second.lengths[1] === 3);
  t.true(third?.kind === 'int64' && third.values[0] === -2n && third.values[1] === 1n);
});

test('views share memory with the input', (t) => {
  const octets = octetsOf('0101 0201 0902AABB');
  const columns = mustDecode(decodeColumns(octets, mustDecode(columnShapeOf(octets))));
  const view = columns.view(0, 0);
  t.true(view !== undefined && view.buffer === octets.buffer && view[0] === 0xaa && view.length === 2);
  t.is(columns.view(0, 1), undefined);
  t.is(columns.view(1, 0), undefined);
});

test('a cell that is null in the first row takes its type from the first row that has it', (t) => {
  const rows: DataValue[][] = [
    [NULL, { type: 'unsigned', value: 1 }, NULL],
    [NULL, { type: 'unsigned', value: 2 }, NULL],
    [{ type: 'long', value: -3 }, NULL, NULL],
  ];
  const octets = structures(rows);
  const shape = mustDecode(columnShapeOf(octets));
  t.deepEqual(
    shape.cells.map(({ type }) => type),
    ['long', 'unsigned', 'null-data'],
  );
  const columns = mustDecode(decodeColumns(octets, shape));
  t.deepEqual(cellsOf(columns), rows);
  t.true(columns.isNull(0, 0) && columns.isNull(1, 2) && columns.isNull(2, 0) && !columns.isNull(0, 2));
});

test('columns that are used again forget the nulls and rows of before, and keep their arrays', (t) => {
  const shape = columnShape([{ type: 'unsigned' }, { type: 'octet-string', usual: 1 }]);
  const into = new Columns();
  const cell = (value: number): DataValue[] => [
    { type: 'unsigned', value },
    { type: 'octet-string', octets: Uint8Array.of(value) },
  ];
  const many = [cell(1), [NULL, NULL], cell(3)];
  t.is(mustDecode(decodeColumns(structures(many), shape, into)), into);
  t.deepEqual(cellsOf(into), many);
  const before = into.columns;
  const few = [cell(7), cell(8)];
  mustDecode(decodeColumns(structures(few), shape, into));
  t.is(into.columns, before);
  t.deepEqual(cellsOf(into), few);
  const more = [cell(1), cell(2), cell(3), [NULL, NULL]];
  mustDecode(decodeColumns(structures(more), shape, into));
  t.deepEqual(cellsOf(into), more);
});

test('sets of columns that are kept do not share cells', (t) => {
  const shape = columnShape([{ type: 'unsigned' }]);
  const kept = Array.from({ length: 3000 }, (_, value) => mustDecode(decodeColumns(structures([[{ type: 'unsigned', value: value & 0xff }]]), shape)));
  t.true(kept.every((columns, index) => columns.columns[0]?.kind === 'uint32' && columns.columns[0].values[0] === (index & 0xff)));
});

test('a row of another shape is refused with row and column', (t) => {
  const shape = columnShape([{ type: 'unsigned' }, { type: 'long' }]);
  const type = errorOf(octetsOf('0102 0202 1101 100001 0202 1102 0503000000'), shape);
  t.is(type.code, 'unexpected_octet');
  t.regex(type.rule, /row 1, column 1 is a long/);
  t.is(type.offset, 13);
  const count = errorOf(octetsOf('0102 0202 1101 100001 0201 1102 11021102'), shape);
  t.is(count.code, 'bad_length');
  t.regex(count.rule, /row 1 has 2 cells/);
  t.regex(errorOf(octetsOf('0102 0202 1101 100001 11021102110211021102'), shape).rule, /row 1 is a structure/);
});

test('an array of nothing has no rows', (t) => {
  const octets = octetsOf('0100');
  const columns = mustDecode(decodeColumns(octets, mustDecode(columnShapeOf(octets))));
  t.is(columns.rows, 0);
  t.is(mustDecode(decodeColumns(octets, columnShape([{ type: 'unsigned' }]))).rows, 0);
});

test('what is no array is refused', (t) => {
  t.is(errorOf(octetsOf('0202 1101 1102'), columnShape([])).code, 'unexpected_octet');
  t.is(columnShapeOf(octetsOf('1101')).kind, 'bad');
  t.is(columnShapeOf(new Uint8Array(0)).kind, 'incomplete');
});

test('rows with containers in them are not for columns', (t) => {
  const outcome = columnShapeOf(octetsOf('0101 0202 1101 0100'));
  t.true(outcome.kind === 'bad' && outcome.error.code === 'unsupported');
  const compact = columnShapeOf(octetsOf('13 0201 01000211 00'));
  t.true(compact.kind === 'bad' && compact.error.code === 'unsupported');
});

test('counts are checked against limits and octets before arrays are made', (t) => {
  const shape = columnShape([{ type: 'unsigned' }]);
  t.is(errorOf(octetsOf('0184FFFFFFFF'), shape).code, 'too_many');
  t.is(errorOf(octetsOf('018300FFFF'), shape).code, 'incomplete');
  t.is(errorOf(octetsOf('0102 02011101 02011102'), shape, { maxElements: 3 }).code, 'too_many');
  t.is(errorOf(octetsOf('0102 02011101 02011102'), shape, { maxElements: 4 }).code, 'good');
  t.is(errorOf(octetsOf('0102 02011101 02011102'), shape, { maxOctets: 5 }).code, 'too_large');
  t.is(errorOf(octetsOf('1302011184FFFFFFFF'), shape).code, 'too_large');
});

test('a compact array of another description, or with half an element, is refused', (t) => {
  const shape = columnShape([{ type: 'unsigned' }, { type: 'long' }]);
  t.is(errorOf(octetsOf('1302021110 06 010002 030004'), shape).code, 'good');
  t.is(errorOf(octetsOf('1302021111 02 0102'), shape).code, 'unexpected_octet');
  t.is(errorOf(octetsOf('13020111 02 0102'), shape).code, 'bad_length');
  t.is(errorOf(octetsOf('1302021110 05 0100020300'), shape).code, 'bad_length');
});

test('every beginning of a buffer is incomplete', (t) => {
  fc.assert(
    fc.property(tables(true), ({ types, rows }) => {
      const octets = structures(rows);
      const shape = columnShape(types.map((type) => ({ type })));
      for (let end = 0; end < Math.min(octets.length, 150); end++) if (decodeColumns(octets.subarray(0, end), shape).kind !== 'incomplete') return false;
      return true;
    }),
    { numRuns: 100 },
  );
  t.pass();
});

test('octets after the array are let pass by name', (t) => {
  const shape = columnShape([{ type: 'unsigned' }]);
  const octets = octetsOf('0101 02011101 00');
  const outcome = decodeColumns(octets, shape);
  t.true(outcome.kind === 'good' && outcome.consumed === 6 && outcome.leniencies.includes('trailing-octets'));
  t.is(decodeColumns(octets, shape, undefined, { strict: 'all' }).kind, 'bad');
});

test('damaged buffers never throw, and are never read as what decodeData refuses', (t) => {
  fc.assert(
    fc.property(tables(true), fc.nat(), fc.integer({ min: 0, max: 255 }), ({ types, rows }, place, octet) => {
      const octets = structures(rows).slice();
      octets[place % octets.length] = octet;
      const found = columnShapeOf(octets);
      const outcomes = [columnShape(types.map((type) => ({ type }))), ...(found.kind === 'good' ? [found.value] : [])].map((shape) =>
        decodeColumns(octets, shape),
      );
      return outcomes.every(({ kind }) => kind !== 'good' || decodeData(octets).kind === 'good');
    }),
    { numRuns: 1000 },
  );
  t.pass();
});
