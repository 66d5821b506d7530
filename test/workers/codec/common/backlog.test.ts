import test from 'ava';
import { Backlog } from '../../../../workers/codec/common/backlog.ts';
import fc from '../../../support/fc.ts';

test('what was pushed is taken in order, and the offset counts what was taken', (t) => {
  const law = fc.property(fc.array(fc.tuple(fc.uint8Array({ maxLength: 90 }), fc.nat(120)), { maxLength: 30 }), (turns) => {
    const backlog = new Backlog();
    const pushed: number[] = [];
    const taken: number[] = [];
    for (const [piece, count] of turns) {
      backlog.push(piece);
      pushed.push(...piece);
      taken.push(...backlog.take(count));
      t.is(backlog.offset, taken.length);
      t.is(backlog.length, pushed.length - taken.length);
      t.is(backlog.peek(0), pushed[taken.length] ?? -1);
    }
    t.deepEqual([...taken, ...backlog.view()], pushed);
  });
  t.notThrows(() => fc.assert(law));
});

test('what was taken is not written again', (t) => {
  const backlog = new Backlog();
  backlog.push(Uint8Array.of(1, 2, 3));
  const taken = backlog.take(2);
  for (let turn = 0; turn < 100; turn++) {
    backlog.push(new Uint8Array(10).fill(9));
    backlog.take(10);
  }
  t.deepEqual(Uint8Array.from(taken), Uint8Array.of(1, 2));
});

test('what is pushed is copied', (t) => {
  const backlog = new Backlog();
  const piece = Uint8Array.of(1, 2);
  backlog.push(piece);
  piece.fill(0);
  t.deepEqual([backlog.peek(0), backlog.peek(1), backlog.peek(2)], [1, 2, -1]);
});

test('clear forgets what is held, and the offset goes on', (t) => {
  const backlog = new Backlog();
  backlog.push(Uint8Array.of(1, 2));
  backlog.clear();
  t.deepEqual([backlog.length, backlog.offset], [0, 2]);
});
