import { readdirSync } from 'node:fs';
import test from 'ava';
import { decodeFault, encodeFault } from '../../../ops/vectors/compare.ts';
import { readVectorFile } from '../../../ops/vectors/file.ts';
import { mappingOf } from '../../../ops/vectors/run.ts';

const folder = new URL('../../vectors/', import.meta.url).pathname;
const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
const vectors = files.flatMap((name) => readVectorFile(folder + name));

for (const vector of vectors) {
  test(vector.id, (t) => {
    const mapping = mappingOf(vector);
    if (typeof mapping === 'string') return t.fail(mapping);
    t.is(decodeFault(vector, mapping), undefined);
    t.is(encodeFault(vector, mapping), undefined);
  });
}

test('all twelve files are there, with 331 vectors', (t) => {
  t.is(files.length, 12);
  t.is(vectors.length, 331);
});
