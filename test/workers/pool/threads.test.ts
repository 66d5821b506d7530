import test from 'ava';
import { writeBatch } from '../../../workers/pool/batch.ts';
import { KeyTable } from '../../../workers/pool/key-table.ts';
import { operationOf } from '../../../workers/pool/operation.ts';
import { Packer, Views } from '../../../workers/pool/packing.ts';
import { Ring } from '../../../workers/pool/ring.ts';
import { Threads } from '../../../workers/pool/threads.ts';
import { Gate, TOYS, type ToyRequest } from './support/toys.ts';
import { entry, toy } from './support/world.ts';

async function oneThread(t: { teardown(done: () => Promise<void>): void }, heapMb: number) {
  const ring = new Ring(2, 4_096);
  const views = new Views(ring.memory);
  const seed = { ring: ring.memory, keys: new KeyTable(1).memory };
  const threads = new Threads({ entry: entry('toy-worker'), count: 1, heapMb, bootMs: 30_000, seed, onChange: () => {}, onLost: () => {} });
  t.teardown(() => threads.close());
  await threads.ready;
  const thread = threads.idle()!;
  const events: string[] = [];
  thread.worker.on('error', () => events.push('error')).on('exit', () => events.push('exit'));
  const place = async (request: ToyRequest): Promise<void> => {
    const slot = ring.take(1)!;
    writeBatch(views, new Packer(views), slot, [{ request, operation: operationOf(TOYS, request), code: Object.keys(TOYS).indexOf(request.op) }]);
    await threads.place(slot.at, thread).catch(() => events.push('given up'));
  };
  return { threads, thread, events, place };
}

test('a slot is not given up at the error of a heap limit, but at the exit after it', async (t) => {
  const { events, place } = await oneThread(t, 16);
  await place(toy('hog'));
  t.deepEqual(events, ['error', 'exit', 'given up']);
});

test('a slot is not given up when its thread is told to end, but at the exit after it', async (t) => {
  const gate = new Gate();
  const { threads, thread, events, place } = await oneThread(t, 64);
  const placed = place(toy('wait', gate.index));
  await gate.reached();
  threads.end(thread);
  t.deepEqual(events, []);
  await placed;
  t.deepEqual(events, ['exit', 'given up']);
});

test('a slot is not given up while the threads are closed before their exit', async (t) => {
  const gate = new Gate();
  const { threads, events, place } = await oneThread(t, 64);
  const placed = place(toy('wait', gate.index));
  await gate.reached();
  await Promise.all([threads.close(), placed]);
  t.deepEqual(events, ['exit', 'given up']);
});

test('a thread that answered is idle again', async (t) => {
  const { thread, events, place } = await oneThread(t, 64);
  await place(toy('echo', 1));
  t.deepEqual([thread.state, events], ['idle', []]);
});
