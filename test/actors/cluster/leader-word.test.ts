/** Copies of a bucket that number its entries otherwise than the leader: what the leader says counts. */
import test from 'ava';
import type { LeaseRecord, NodeRecord } from '../../../actors/cluster/contract.ts';
import type { BucketEntry, Word, WriteAnswer } from '../../../actors/cluster/kv.ts';
import { LeaseTable } from '../../../actors/cluster/leases.ts';
import { Registry } from '../../../actors/cluster/registry.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { keptLog } from '../../support/real-ports.ts';

const LEASE_MS = 900;
const SELF = { id: 'a', version: '1', url: null, incarnation: 'a1', startedAt: 0 };
const life = (incarnation: string): NodeRecord => ({ ...SELF, incarnation, state: 'up', failed: [] });
const lease = (node: string, beat: number): LeaseRecord => ({ node, incarnation: `${node}1`, epoch: 5, previous: null, beat });
const entry = (key: string, value: unknown, revision: number): BucketEntry => ({ key, value, revision, storedAt: 0 });

/** The leader's copy, with one key. */
class Leader {
  word: Word = { value: null, revision: 0 };
  asked = 0;
  isAway = false;
  readonly bases: number[] = [];

  async ask(): Promise<Word | undefined> {
    this.asked++;
    return this.isAway ? undefined : this.word;
  }

  async write(_key: string, value: unknown, revision: number): Promise<WriteAnswer> {
    this.bases.push(revision);
    if (revision !== this.word.revision) return { kind: 'refused' };
    this.word = { value, revision: revision + 1 };
    return { kind: 'written', revision: revision + 1 };
  }

  async remove(key: string, revision: number): Promise<WriteAnswer> {
    return this.write(key, null, revision);
  }
}

function registry(initial: readonly BucketEntry[], word: Word) {
  const clock = new FakeClock();
  const leader = new Leader();
  leader.word = word;
  const taken: string[] = [];
  const made = new Registry({ self: SELF, leaseMs: LEASE_MS, clock, log: keptLog(), onChange: () => {}, onTaken: ({ code }) => taken.push(code) });
  made.begin(leader, initial);
  const pass = async (ms: number) => {
    await clock.advance(ms);
    made.tick();
    await settled();
  };
  return { leader, registry: made, taken, pass };
}

function leases(shown: BucketEntry, word: Word) {
  const clock = new FakeClock();
  const leader = new Leader();
  leader.word = word;
  const lost: string[] = [];
  const table = new LeaseTable({
    self: { node: 'a', incarnation: 'a1', leaseMs: LEASE_MS },
    shards: 1,
    settleMs: 0,
    maxRaises: 1,
    clock,
    log: keptLog(),
    epochs: { getEpoch: async () => 5, putEpoch: async () => {} },
    onLost: (_shard, _epoch, reason) => lost.push(reason),
    onUnusable: () => {},
    onChange: () => {},
  });
  table.begin(leader, [shown]);
  const pass = async (ms: number) => {
    for (let left = ms; left > 0; left -= 100) {
      await clock.advance(Math.min(left, 100));
      table.tick();
    }
    await settled();
  };
  return { leader, table, lost, pass, clock };
}

const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

test('a node whose record the leader numbers lower than the watch goes on from the leader’s number', async (t) => {
  const { leader, registry: node } = registry([entry('a', life('a1'), 34)], { value: life('a1'), revision: 33 });
  await settled();
  t.deepEqual(leader.bases, [34, 33]);
  t.true(node.isJoined);
});

test('a leader that does not answer what stands there is asked again', async (t) => {
  const { leader, registry: node, pass } = registry([entry('a', life('a1'), 34)], { value: life('a1'), revision: 33 });
  leader.isAway = true;
  await settled();
  t.false(node.isJoined);
  leader.isAway = false;
  await pass(45);
  t.true(node.isJoined);
});

test('a former life of the node that the leader numbers otherwise is waited for once more, then replaced', async (t) => {
  const { leader, registry: node, taken, pass } = registry([entry('a', life('a0'), 31)], { value: life('a0'), revision: 33 });
  await pass(LEASE_MS);
  t.false(node.isJoined);
  await pass(LEASE_MS - 1);
  t.deepEqual(leader.bases, [31]);
  await pass(1);
  t.true(node.isJoined);
  t.deepEqual(taken, []);
});

test('another life in one copy of the stream ends a joined node only when the leader has it too', async (t) => {
  const { leader, registry: node, taken } = registry([], { value: null, revision: 0 });
  await settled();
  node.entry(entry('a', life('a0'), 7));
  await settled();
  t.deepEqual(taken, []);
  leader.word = { value: life('a2'), revision: 9 };
  node.entry(entry('a', life('a2'), 9));
  await settled();
  t.deepEqual(taken, ['node_id_taken']);
});

test('a node that leaves takes its record away by the leader’s number', async (t) => {
  const { leader, registry: node } = registry([], { value: null, revision: 0 });
  await settled();
  leader.word = { value: life('a1'), revision: 5 };
  await node.leave();
  t.is(leader.word.value, null);
});

test('a refused renewal goes on from the leader’s number within the lease', async (t) => {
  const { leader, table, lost, pass } = leases(entry('0', lease('a', 3), 8), { value: lease('a', 3), revision: 8 });
  t.is(await table.claim(0), 6);
  leader.word = { ...leader.word, revision: 7 };
  await pass(LEASE_MS / 3);
  await pass(LEASE_MS / 20);
  t.deepEqual(leader.bases, [8, 9, 7]);
  await pass(LEASE_MS / 2 + 120);
  t.is(table.epochOf(0), 6);
  t.deepEqual(lost, []);
});

test('a refused renewal ends the lease when the leader has another’s record', async (t) => {
  const { leader, table, lost, pass } = leases(entry('0', lease('a', 3), 8), { value: lease('a', 3), revision: 8 });
  await table.claim(0);
  leader.word = { value: lease('b', 9), revision: 7 };
  await pass(LEASE_MS / 3);
  t.deepEqual(lost, ['taken']);
});

test('a lease that is silent in the watch alone is not claimed before it was silent at the leader', async (t) => {
  const { leader, table, pass } = leases(entry('0', lease('b', 3), 31), { value: lease('b', 4), revision: 33 });
  await pass(LEASE_MS);
  t.is(await table.claim(0), undefined);
  t.deepEqual(leader.bases, []);
  await pass(LEASE_MS - 1);
  t.false(table.isClaimable(0));
  await pass(1);
  t.is(await table.claim(0), 6);
  t.deepEqual(leader.bases, [33]);
});

test('a silent lease that the leader numbers otherwise is claimed at once by the leader’s number', async (t) => {
  const { leader, table, pass } = leases(entry('0', lease('b', 3), 34), { value: lease('b', 3), revision: 33 });
  await pass(LEASE_MS);
  t.is(await table.claim(0), 6);
  t.deepEqual(leader.bases, [33]);
});

test('a refused claim of a free lease is tried again by the leader’s number', async (t) => {
  const free: LeaseRecord = { node: null, incarnation: null, epoch: 5, previous: 'b', beat: 9 };
  const { leader, table } = leases(entry('0', free, 34), { value: free, revision: 33 });
  t.is(await table.claim(0), undefined);
  await settled();
  t.is(await table.claim(0), 6);
  t.deepEqual(leader.bases, [34, 33]);
});

test('after this process stood still, a lease that another holds is silent from then on only', async (t) => {
  const { table, clock, pass } = leases(entry('0', lease('b', 3), 33), { value: lease('b', 3), revision: 33 });
  await clock.advance(LEASE_MS);
  table.tick();
  t.false(table.isClaimable(0));
  await pass(LEASE_MS);
  t.true(table.isClaimable(0));
});
