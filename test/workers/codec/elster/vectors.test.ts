import { fileURLToPath } from 'node:url';
import test from 'ava';
import { decodeFault, encodeFault } from '../../../../ops/vectors/compare.ts';
import { elsterFlag } from '../../../../ops/vectors/elster-flag.ts';
import { readVectorFile } from '../../../../ops/vectors/file.ts';

const vectors = readVectorFile(fileURLToPath(new URL('../../../vectors/elster-flag.json', import.meta.url)));

for (const vector of vectors) {
  test(`vector ${vector.id}`, (t) => {
    const mapping = elsterFlag.forms[vector.form]!;
    t.is(decodeFault(vector, mapping), undefined);
    t.is(encodeFault(vector, mapping), undefined);
    if (vector.kind === 'negative' || vector.form === 'partial') return;
    t.is(elsterFlag.formOf(vector.octets), vector.form);
    t.true(elsterFlag.recognise(vector.octets) > 0);
  });
}
