import { fileURLToPath } from 'node:url';
import test from 'ava';
import { decodeFault, encodeFault } from '../../../../ops/vectors/compare.ts';
import { readVectorFile } from '../../../../ops/vectors/file.ts';
import { iec62056 } from '../../../../ops/vectors/iec62056-21.ts';

const vectors = readVectorFile(fileURLToPath(new URL('../../../vectors/iec62056-21.json', import.meta.url)));

for (const vector of vectors) {
  test(`vector ${vector.id}`, (t) => {
    const mapping = iec62056.forms[vector.form]!;
    t.is(decodeFault(vector, mapping), undefined);
    t.is(encodeFault(vector, mapping), undefined);
    if (vector.kind === 'negative' || vector.form === 'partial') return;
    t.is(iec62056.formOf(vector.octets), vector.form);
    t.true(iec62056.recognise(vector.octets) > 0);
  });
}
