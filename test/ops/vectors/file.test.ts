import test from 'ava';
import { parseVectors, readVectorFile, VectorFileError } from '../../../ops/vectors/file.ts';
import { runVector } from '../../../ops/vectors/run.ts';

const VECTOR = {
  id: 'one',
  protocol: 'cosem-data',
  direction: 'n/a',
  hex: '1105',
  form: 'value',
  encode: true,
  decoded: { type: 'unsigned', value: 5 },
  kind: 'real',
};
const parse = (...elements: readonly unknown[]) => parseVectors(JSON.stringify(elements), 'my.json');
const refuses = (elements: readonly unknown[], message: string) => ({ run: () => parse(...elements), message });

test('a vector has its octets, and what the caller is told besides', (t) => {
  const [vector] = parse({ ...VECTOR, keys: { encryptionKey: '00', clientSystemTitle: 'AB' }, decoded: { given: { x: 1 } } });
  t.deepEqual(vector?.octets, Uint8Array.of(0x11, 5));
  t.deepEqual(vector?.context, { direction: 'n/a', given: { x: 1 }, keys: { encryptionKey: '00', clientSystemTitle: 'AB' } });
});

test('a malformed vector is named by file, index and member', (t) => {
  const cases = [
    refuses([VECTOR, 7], 'my.json: [1]: vector: must be an object'),
    refuses([{ ...VECTOR, hex: 'F' }], 'my.json: [0]: hex: must be hex text, two digits an octet'),
    refuses([{ ...VECTOR, hex: undefined }], 'my.json: [0]: hex: must be hex text, two digits an octet'),
    refuses([{ ...VECTOR, encode: 'yes' }], 'my.json: [0]: encode: must be true or false'),
    refuses([{ ...VECTOR, decoded: [] }], 'my.json: [0]: decoded: must be an object'),
    refuses([{ ...VECTOR, kind: 'odd' }], 'my.json: [0]: kind: must be one of real, capture, quirk, negative, synthetic, derived'),
    refuses([{ ...VECTOR, keys: { encryptionKey: 'no hex' } }], 'my.json: [0]: keys.encryptionKey: must be hex text, two digits an octet'),
    refuses([VECTOR, VECTOR], 'my.json: [1]: id: must be unique, one was there before'),
  ];
  for (const { run, message } of cases) t.throws(run, { instanceOf: VectorFileError, message });
});

test('a file that is no JSON array is named', (t) => {
  t.throws(() => parseVectors('{"a":1}', 'my.json'), { instanceOf: VectorFileError, message: 'my.json: must be a JSON array of vectors' });
  t.throws(() => parseVectors('[', 'my.json'), { instanceOf: VectorFileError, message: /^my\.json: must be JSON: / });
  t.throws(() => readVectorFile('/no/such/file.json'), { instanceOf: VectorFileError, message: /^\/no\/such\/file\.json: cannot be read: / });
});

test('whole numbers beyond 2^53 are compared exactly', (t) => {
  const text = (value: string) =>
    JSON.stringify([{ ...VECTOR, hex: '157FFFFFFFFFFFFFFF', decoded: { type: 'long64-unsigned', value: 0 } }]).replace('"value":0', `"value":${value}`);
  const run = (value: string) => runVector(parseVectors(text(value), 'my.json')[0] ?? t.fail('no vector'));
  t.deepEqual(run('9223372036854775807').faults, []);
  t.is(run('9223372036854775806').faults.length, 2);
});

test('an unknown protocol or form fails the vector and says which there are', (t) => {
  const [unknown, form] = parse({ ...VECTOR, protocol: 'modbus' }, { ...VECTOR, id: 'two', form: 'frame' }).map(runVector);
  t.regex(unknown?.faults[0] ?? '', /^protocol: modbus is none of dlms-hdlc, /);
  t.is(form?.faults[0], 'form: frame is none of value, date-time of cosem-data');
});

test('an ill-typed member of decoded fails its vector and is named', (t) => {
  const [vector] = parse({ ...VECTOR, hex: '020111051105', decoded: { type: 'structure', items: [{ type: 'unsigned', value: '5' }] } });
  t.is(runVector(vector ?? t.fail('no vector')).faults[1], 'decoded.items[0].value: must be a whole number');
});
