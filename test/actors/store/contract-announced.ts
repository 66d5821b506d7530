import type { ActorDoc, AnnouncedStep, HistoryEntry, Store } from '../../../actors/store/store.ts';
import { appointmentId, commitOne, create, doc, NOW, update } from '../../support/store/documents.ts';
import { type OpenStore, storeTest } from './contract-harness.ts';

const said = (version: number, at: number, ...what: string[]): HistoryEntry => ({
  version,
  at,
  event: 'e',
  from: null,
  to: 'x',
  said: what.map((name) => ({ subject: `mw.evt.${name}`, type: name, data: { name, actorVersion: version } })),
});

const silent = (version: number, at: number): HistoryEntry => ({ version, at, event: 'e', from: null, to: 'x', details: { ids: ['m'] } });

/** Every page of an interval, `limit` steps each. */
async function all(store: Store, from: number, to: number, limit = 100): Promise<AnnouncedStep[]> {
  const found: AnnouncedStep[] = [];
  let cursor: string | undefined;
  do {
    const page = await store.announced({ from, to, limit, ...(cursor === undefined ? {} : { cursor }) });
    found.push(...page.items);
    cursor = page.cursor;
  } while (cursor !== undefined);
  return found;
}

/** Without repetitions, as `actor/version`, each actor's in the order in which they came. */
function firsts(steps: readonly AnnouncedStep[]): Record<string, number[]> {
  const byActor: Record<string, number[]> = {};
  for (const { actor, entry } of steps) {
    byActor[actor] ??= [];
    if (!byActor[actor].includes(entry.version)) byActor[actor].push(entry.version);
  }
  return byActor;
}

async function steps(store: Store, made: ActorDoc, entries: readonly HistoryEntry[]): Promise<ActorDoc> {
  let current = made;
  for (const entry of entries) {
    const op =
      entry.version === 1 ? create({ ...current, changedAt: entry.at }, { history: [entry] }) : update(current, { changedAt: entry.at }, { history: [entry] });
    await commitOne(store, op);
    current = op.doc;
  }
  return current;
}

export function announcedContract(open: OpenStore): void {
  storeTest(open, 'what a step announced is found by its instant, whole', async (t, store) => {
    const entry = said(1, NOW + 10, 'created', 'submitted');
    await steps(store, doc(1), [entry]);
    t.deepEqual(await all(store, NOW + 10, NOW + 11), [{ actor: appointmentId(1), entry }]);
    t.deepEqual(await store.history(appointmentId(1)), [entry]);
  });

  storeTest(open, 'an interval of announcements begins with its first instant and ends before its last', async (t, store) => {
    await steps(store, doc(1), [said(1, NOW, 'a'), said(2, NOW + 5, 'b'), said(3, NOW + 9, 'c'), said(4, NOW + 10, 'd')]);
    t.deepEqual(firsts(await all(store, NOW + 5, NOW + 10)), { [appointmentId(1)]: [2, 3] });
    t.deepEqual(await all(store, NOW + 11, NOW + 99), []);
  });

  storeTest(open, 'announcements of some shards are listed without those of others, over all pages', async (t, store) => {
    for (let n = 1; n <= 8; n++) await steps(store, doc(n), [said(1, NOW + n, 'a'), said(2, NOW + n + 10, 'b')]);
    const found: AnnouncedStep[] = [];
    let cursor: string | undefined;
    do {
      const page = await store.announced({ from: NOW, to: NOW + 100, limit: 3, shards: [1, 2], ...(cursor === undefined ? {} : { cursor }) });
      found.push(...page.items);
      cursor = page.cursor;
    } while (cursor !== undefined);
    t.deepEqual(Object.fromEntries(Object.entries(firsts(found)).sort()), Object.fromEntries([1, 2, 5, 6].map((n) => [appointmentId(n), [1, 2]])));
    t.deepEqual((await store.announced({ from: NOW, to: NOW + 100, limit: 3, shards: [] })).items, []);
  });

  storeTest(open, 'steps that announced nothing are not listed', async (t, store) => {
    await steps(store, doc(1), [silent(1, NOW), said(2, NOW + 1, 'a'), silent(3, NOW + 2)]);
    t.deepEqual(firsts(await all(store, NOW, NOW + 10)), { [appointmentId(1)]: [2] });
  });

  storeTest(open, 'an actor that changed after the interval is listed with what it announced within', async (t, store) => {
    await steps(store, doc(1), [said(1, NOW, 'a'), said(2, NOW + 1, 'b'), said(3, NOW + 60_000, 'c'), silent(4, NOW + 70_000)]);
    t.deepEqual(firsts(await all(store, NOW, NOW + 10)), { [appointmentId(1)]: [1, 2] });
  });

  storeTest(open, 'announcements of one actor come in order of version over all pages, at the same instant too', async (t, store) => {
    const expected: Record<string, number[]> = {};
    for (let n = 1; n <= 5; n++) {
      const entries = Array.from({ length: 7 }, (_, i) => said(i + 1, NOW + Math.floor(i / 3), 'a'));
      await steps(store, doc(n, { id: n % 2 ? appointmentId(n) : `alert:x:${n}` }), entries);
      expected[n % 2 ? appointmentId(n) : `alert:x:${n}`] = [1, 2, 3, 4, 5, 6, 7];
    }
    for (const limit of [1, 2, 3, 35, 100]) t.deepEqual(firsts(await all(store, NOW, NOW + 10, limit)), expected);
  });

  storeTest(open, 'announcements that were there before the first page are all given, whatever is committed meanwhile', async (t, store) => {
    const made: ActorDoc[] = [];
    for (let n = 0; n < 6; n++) made.push(await steps(store, doc(n), [said(1, NOW + n, 'a'), said(2, NOW + n, 'b')]));
    const found: AnnouncedStep[] = [];
    let cursor: string | undefined;
    let version = 3;
    do {
      const page = await store.announced({ from: NOW, to: NOW + 100, limit: 3, ...(cursor === undefined ? {} : { cursor }) });
      found.push(...page.items);
      cursor = page.cursor;
      if (version < 6) made[0] = await steps(store, made[0]!, [said(version++, NOW + 50, 'later')]);
    } while (cursor !== undefined);
    const byActor = firsts(found);
    for (let n = 0; n < 6; n++) t.deepEqual(byActor[appointmentId(n)]?.slice(0, 2), [1, 2]);
    t.deepEqual(byActor[appointmentId(0)], [...(byActor[appointmentId(0)] ?? [])].sort());
  });

  storeTest(open, 'what a removed actor announced is gone with its history', async (t, store) => {
    const last = await steps(store, doc(1), [said(1, NOW, 'a'), said(2, NOW + 1, 'b')]);
    await steps(store, doc(2), [said(1, NOW, 'a')]);
    await commitOne(store, { doc: last, expectedVersion: 2, before: last, remove: true });
    t.deepEqual(firsts(await all(store, NOW, NOW + 10)), { [appointmentId(2)]: [1] });
  });

  storeTest(open, 'a cursor that no page of announcements gave is refused', async (t, store) => {
    await t.throwsAsync(store.announced({ from: 0, to: NOW, limit: 1, cursor: '!' }), { code: 'cursor_invalid' });
  });

  storeTest(open, 'announcements outlive the process', async (t, store, { reopen }) => {
    await steps(store, doc(1), [said(1, NOW, 'a')]);
    const again = reopen ? await reopen() : store;
    t.deepEqual(firsts(await all(again, NOW, NOW + 1)), { [appointmentId(1)]: [1] });
  });
}
