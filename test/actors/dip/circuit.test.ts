import test from 'ava';
import { allowance, type Circuit, CLOSED, stepCircuit } from '../../../actors/dip/circuit.ts';

const options = { failures: 3, openMs: 1_000, probeItems: 2, holdMs: 0 };
const run = (events: readonly (readonly [Parameters<typeof stepCircuit>[1]['type'], number])[], from: Circuit = CLOSED): Circuit =>
  events.reduce((circuit, [type, now]) => stepCircuit(circuit, { type }, now, options), from);

test('fewer failures than the limit leave it closed', (t) => {
  t.deepEqual(
    run([
      ['failed', 0],
      ['failed', 1],
    ]),
    { kind: 'closed', failures: 2 },
  );
});

test('a success forgets the failures before it', (t) => {
  t.deepEqual(
    run([
      ['failed', 0],
      ['failed', 1],
      ['succeeded', 2],
      ['failed', 3],
    ]),
    { kind: 'closed', failures: 1 },
  );
});

test('the limit of failures in a row opens it', (t) => {
  t.deepEqual(
    run([
      ['failed', 0],
      ['failed', 1],
      ['failed', 2],
    ]),
    { kind: 'open', until: 1_002 },
  );
});

test('it stays open until its time is over, then is half open', (t) => {
  const open: Circuit = { kind: 'open', until: 1_000 };
  t.deepEqual(run([['tick', 999]], open), open);
  t.deepEqual(run([['tick', 1_000]], open), { kind: 'half-open', probing: false });
});

test('half open lets one small probe out at a time', (t) => {
  const half: Circuit = { kind: 'half-open', probing: false };
  t.is(allowance(half, options, 100), 2);
  t.is(allowance(run([['started', 0]], half), options, 100), 0);
  t.is(
    allowance(
      run(
        [
          ['started', 0],
          ['abandoned', 1],
        ],
        half,
      ),
      options,
      100,
    ),
    2,
  );
});

test('a probe that succeeds closes it, one that fails opens it anew', (t) => {
  const probing: Circuit = { kind: 'half-open', probing: true };
  t.deepEqual(run([['succeeded', 5]], probing), CLOSED);
  t.deepEqual(run([['failed', 5]], probing), { kind: 'open', until: 1_005 });
});

test('late failures of what left before do not prolong an open circuit', (t) => {
  t.deepEqual(run([['failed', 500]], { kind: 'open', until: 1_000 }), { kind: 'open', until: 1_000 });
});

test('closed lets whole batches out, open nothing', (t) => {
  t.is(allowance(CLOSED, options, 100), 100);
  t.is(allowance({ kind: 'open', until: 1 }, options, 100), 0);
});
