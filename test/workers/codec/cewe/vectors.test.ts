import { fileURLToPath } from 'node:url';
import test from 'ava';
import { ceweIec } from '../../../../ops/vectors/cewe-iec.ts';
import { decodeFault, encodeFault } from '../../../../ops/vectors/compare.ts';
import { readVectorFile } from '../../../../ops/vectors/file.ts';

const vectors = readVectorFile(fileURLToPath(new URL('../../../vectors/cewe-iec.json', import.meta.url)));

for (const vector of vectors) {
  test(`vector ${vector.id}`, (t) => {
    const mapping = ceweIec.forms[vector.form]!;
    t.is(decodeFault(vector, mapping), undefined);
    t.is(encodeFault(vector, mapping), undefined);
    if (vector.kind === 'negative' || vector.form === 'partial') return;
    t.is(ceweIec.formOf(vector.octets), vector.form);
    t.true(ceweIec.recognise(vector.octets) > 0);
  });
}
