import test from 'ava';
import { type ImportFormat, MPAN_COLUMNS, parseAgents, parseMpans } from '../../../actors/imports/index.ts';
import fc from '../../support/fc.ts';

async function* chunks(bytes: Uint8Array, size = 7): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += size) yield bytes.slice(start, start + size);
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

async function mpans(text: string | Uint8Array, format: ImportFormat = 'csv', options: Parameters<typeof parseMpans>[2] = {}) {
  return collect(parseMpans(chunks(typeof text === 'string' ? bytes(text) : text), format, options));
}

const HEADER = 'mpan_core,mpid,gsp_group_id,market_segment,registration_efd,address_line_1';
const GOOD = '2000056535971,SUPX,_H,S,2024-04-01,"Flat 1, ""B"""';

test('a CSV line becomes an MPAN with its facts', async (t) => {
  t.deepEqual(await mpans(`${HEADER}\r\n${GOOD}\r\n`), [
    {
      line: 2,
      value: {
        mpan: '2000056535971',
        mpid: 'SUPX',
        facts: {
          gsp_group_id: '_H',
          market_segment: 'S',
          registration_efd: '2024-04-01',
          address_lines: ['Flat 1, "B"', ...Array.from({ length: 8 }, () => null)],
        },
      },
    },
  ] as never);
});

test('an empty cell says nothing, so the stored value stays', async (t) => {
  t.deepEqual(await mpans(`${HEADER}\n2000056535971,,_H,,,\n`), [
    { line: 2, value: { mpan: '2000056535971', mpid: null, facts: { gsp_group_id: '_H' } } },
  ] as never);
});

test('a JSON line may clear a fact with null and give the address as a list', async (t) => {
  const text = `{"mpan_core":2000056535971,"legacy_mop_mpid":null,"address_lines":["1",null]}\n`;
  t.deepEqual(await mpans(text, 'jsonl'), [
    { line: 1, value: { mpan: '2000056535971', mpid: null, facts: { legacy_mop_mpid: null, address_lines: ['1', null] } } },
  ] as never);
});

const refusals: readonly [title: string, line: string, field: string, rule: string][] = [
  ['12 digits', '200005653597,SUPX,_H,S,2024-04-01,', 'mpan_core', 'mpan_length'],
  ['a bad MPID', '2000056535971,SUPXX,_H,S,2024-04-01,', 'mpid', 'mpid_format'],
  ['a GSP group that does not exist', '2000056535971,SUPX,_I,S,2024-04-01,', 'gsp_group_id', 'gsp_group'],
  ['an unknown segment', '2000056535971,SUPX,_H,Z,2024-04-01,', 'market_segment', 'one_of_S_A_U'],
  ['a date that does not exist', '2000056535971,SUPX,_H,S,2024-02-30,', 'registration_efd', 'date'],
  ['an address line that is too long', `2000056535971,SUPX,_H,S,2024-04-01,${'x'.repeat(41)}`, 'address_line_1', 'length_1_to_40'],
  ['too few columns', '2000056535971,SUPX', '', 'column_count'],
  ['a stray quote', '2000056535971,"SUPX,_H,S,2024-04-01,', '', 'csv'],
];
for (const [title, line, field, rule] of refusals) {
  test(`a line with ${title} is named by number, field and rule, and the rest goes on`, async (t) => {
    const read = await mpans(`${HEADER}\n${line}\n${GOOD}\n`);
    t.like(read[0], { line: 2, refused: { field, rule } });
    t.like(read[1], { line: 3, value: { mpan: '2000056535971' } });
  });
}

test('the check digit is asked for only when it is enforced', async (t) => {
  const text = 'mpan_core\n1234567890123\n';
  t.like((await mpans(text))[0], { value: { mpan: '1234567890123' } });
  t.like((await mpans(text, 'csv', { enforceCheckDigit: true }))[0], { refused: { field: 'mpan_core', rule: 'mpan_check_digit' } });
});

test('a header with an unknown, doubled or missing column is refused and ends the file', async (t) => {
  for (const [header, field, rule] of [
    ['mpan_core,colour', 'colour', 'unknown_column'],
    ['mpan_core,mpid,mpid', 'mpid', 'doubled_column'],
    ['mpid', 'mpan_core', 'missing_column'],
  ] as const) {
    t.deepEqual(
      (await mpans(`${header}\n${GOOD}\n`)).map((read) => ('refused' in read ? [read.line, read.refused.field, read.refused.rule] : read)),
      [[1, field, rule]],
    );
  }
});

test('a line that is too long is named and skipped without being held', async (t) => {
  const read = await mpans(`mpan_core\n${'9'.repeat(5_000)}\n2000056535971\n`, 'csv', { maxLineBytes: 100 });
  t.like(read, [
    { line: 2, refused: { rule: 'line_too_long' } },
    { line: 3, value: { mpan: '2000056535971' } },
  ]);
});

test('a line that is not UTF-8 is named and the rest goes on', async (t) => {
  const text = Buffer.concat([bytes('mpan_core\n20000'), Buffer.from([0xff, 0xfe]), bytes('\n2000056535971')]);
  t.like(await mpans(text), [
    { line: 2, refused: { rule: 'utf8' } },
    { line: 3, value: { mpan: '2000056535971' } },
  ]);
});

test('a truncated JSON line at the end is named', async (t) => {
  t.like(await mpans('{"mpan_core":"2000056535971"}\n{"mpan_core":"20000', 'jsonl'), [
    { value: { mpan: '2000056535971' } },
    { line: 2, refused: { rule: 'json' } },
  ]);
});

test('an unknown member of a JSON line is refused by name', async (t) => {
  t.like(await mpans('{"mpan_core":"2000056535971","constructor":1}', 'jsonl'), [{ refused: { field: 'constructor', rule: 'unknown_member' } }]);
});

test('a byte order mark at the start is no part of the first column', async (t) => {
  t.like(await mpans('\u{feff}mpan_core\n2000056535971\n'), [{ line: 2, value: { mpan: '2000056535971' } }]);
});

test('agents are read with their dates', async (t) => {
  const text = 'dip_id,mpid,role,effective_from,name\n1200000015,mopx,MSS,2026-01-01T00:00:00+00:00,Mop X\n12000,MOPX,MSS,2026-01-01,\n';
  t.deepEqual(await collect(parseAgents(chunks(bytes(text)), 'csv')), [
    { line: 2, value: { dipId: '1200000015', mpid: 'MOPX', role: 'MSS', effectiveFrom: '2026-01-01', effectiveTo: null, name: 'Mop X' } },
    { line: 3, refused: { field: 'dip_id', rule: 'dip_id_format', value: '12000' } },
  ]);
});

test('no bytes make the parsers throw, and lines are numbered in rising order', async (t) => {
  const noise = fc.oneof(
    fc.uint8Array({ maxLength: 400 }),
    fc
      .array(fc.constantFrom(HEADER, GOOD, '\n', '"', ',', '{"mpan_core":', '2000056535971', '}', '\0', '\r\n', 'null'), { maxLength: 30 })
      .map((parts) => bytes(parts.join(''))),
    fc.array(fc.json(), { maxLength: 8 }).map((lines) => bytes(lines.join('\n'))),
  );
  await fc.assert(
    fc.asyncProperty(noise, fc.constantFrom('csv', 'jsonl' as const), fc.integer({ min: 1, max: 64 }), async (data, format, size) => {
      for (const parse of [parseMpans, parseAgents]) {
        let last = 0;
        for await (const { line } of parse(chunks(data, size), format, { maxLineBytes: 200 })) {
          t.true(line > last);
          last = line;
        }
      }
    }),
    { numRuns: 300 },
  );
  t.pass();
});

test('good lines survive any bad lines between them', async (t) => {
  const bad = fc.stringMatching(/^[^\n]{0,60}$/).filter((line) => !/^\s*$/.test(line));
  await fc.assert(
    fc.asyncProperty(fc.array(bad, { maxLength: 6 }), async (lines) => {
      const read = await mpans(`${HEADER}\n${GOOD}\n${lines.join('\n')}\n${GOOD}\n`);
      t.true(read.filter((one) => 'value' in one).length >= 2);
      t.is(read.length, lines.length + 2);
    }),
  );
});

test('the columns are the members of the record, with the address line by line', (t) => {
  t.true(MPAN_COLUMNS.includes('legacy_mop_mpid'));
  t.true(MPAN_COLUMNS.includes('address_line_9'));
});
