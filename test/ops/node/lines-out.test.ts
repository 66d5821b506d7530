import test from 'ava';
import type { LineState, LineView } from '../../../actors/line/index.ts';
import { linesOut } from '../../../ops/node/lines-out.ts';

const line = (group: string, state: LineState, lastFailure: string | null = null): LineView => ({
  id: `${group}-${state}`,
  group,
  kind: 'tcp',
  dialogue: 'at',
  setup: { port: 'modems:4001', baud: 9_600, commands: ['ATZ'], dials: 'ATD<number>', hangsUp: '+++ ATH' },
  state,
  since: 0,
  owner: null,
  calls: 0,
  connected: 0,
  failures: 0,
  failuresInRow: 0,
  lastFailure,
  longestUseMs: 0,
});

test('a group with one line that works, in a call or free, is not out', (t) => {
  t.is(linesOut([]), null);
  t.is(linesOut([line('a', 'resting'), line('a', 'in-call'), line('b', 'free')]), null);
});

test('a group whose lines all rest or are being probed is out, with its last failure', (t) => {
  t.is(linesOut([line('a', 'resting', 'no answer to AT'), line('a', 'probing'), line('b', 'free')]), 'all 2 lines of group a rest (no answer to AT)');
});
