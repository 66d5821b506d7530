/** A host that stood still: whether its owner was heard lately is asked again in the turn in which a write leaves. */
import test from 'ava';
import { AwayHost } from '../../../../actors/meter-session/away/host.ts';
import type { SessionWatcher } from '../../../../actors/meter-session/index.ts';
import { keptLog } from '../../../support/real-ports.ts';

const SILENT_MS = 3_000;

test('an intent of an owner that was not heard for too long holds no longer, before anybody has looked', async (t) => {
  let now = 0;
  const registered = new Map<string, (payload: unknown, from: string) => Promise<unknown>>();
  let watcher: SessionWatcher | undefined;
  const host = new AwayHost({
    calls: { register: (name: string, take: (payload: unknown, from: string) => Promise<unknown>) => registered.set(name, take), call: async () => null },
    pool: { load: () => ({ lines: 1 }), isFull: () => false, reserve: async () => {}, unreserve: () => {} },
    sessions: { halt: () => true, cut: () => true, find: () => undefined, list: () => [], haltAll: () => {}, idle: async () => {} },
    runner: {
      run: (_order: unknown, given: SessionWatcher) => {
        watcher = given;
        return new Promise(() => {});
      },
    },
    // Its timers do not fire: the process stands still.
    clock: { now: () => now, monotonic: () => now, after: () => ({ cancel: () => {} }), soon: () => {} },
    limits: { beatMs: 1_000, silentMs: SILENT_MS, keepMs: 60_000, cutMs: 1_000, callMs: 1_000, maxKept: 10 },
    intendMs: 1_000,
    log: keptLog(),
  } as unknown as ConstructorParameters<typeof AwayHost>[0]);
  host.start();
  const ask = (name: string, payload: unknown): Promise<unknown> => {
    const [, take] = [...registered].find(([known]) => known.endsWith(name)) ?? [];
    if (!take) throw new Error(`nobody takes ${name}: ${[...registered.keys()].join(', ')}`);
    return take(payload, 'a');
  };
  await ask('lease', { id: 'x', key: 'modem:1', group: 'default', priority: 'immediate', requestId: 1 });
  await new Promise((resolve) => setImmediate(resolve));
  t.deepEqual(await ask('start', { id: 'x', order: {} }), { kind: 'started' });
  t.true(watcher?.mayWrite());
  now += SILENT_MS;
  t.true(watcher?.mayWrite());
  now += 1;
  t.false(watcher?.mayWrite());
  await ask('beat', [{ id: 'x' }]);
  t.true(watcher?.mayWrite());
});
