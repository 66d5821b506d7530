import { setImmediate as turn } from 'node:timers/promises';
import test from 'ava';
import { MemoryDisk, openMemoryStore } from '../../../actors/store/memory/memory-store.ts';
import { type ActionWorld, actionWorld, newAction } from '../../actors/time-update/world.ts';

const RANGE = 2;
const DIRECTORY = 'directory';

/** Takes ids until a place of the reservation of the next range is reached at which the engine is cut; gives what was handed out. */
async function takeUntilCut(world: ActionWorld, isCut: () => boolean): Promise<readonly number[]> {
  const taken: number[] = [];
  for (let i = 0; i < 3 * RANGE && !isCut(); i++) {
    let answered = false;
    void world.actions.submit(newAction(`10.0.0.${i}:1`)).then((id) => {
      answered = true;
      taken.push(id);
    });
    while (!answered && !isCut()) await turn();
  }
  await world.clock.flush(20);
  return taken;
}

test('whichever place of a reservation is cut, no request id is given twice, and they go on rising', async (t) => {
  for (let cutAt = 0; cutAt < 6; cutAt++) {
    const disk = new MemoryDisk();
    let passes = 0;
    let over = false;
    const first = actionWorld({
      store: openMemoryStore({ disk }),
      options: { requestIdRange: RANGE },
      crash: (_, key) => {
        if (key === DIRECTORY && passes++ === cutAt) over = true;
        return over ? 'stop' : 'go';
      },
    });
    const taken = await takeUntilCut(first, () => over);
    t.true(over);
    first.engine.abandon();
    const second = actionWorld({ store: openMemoryStore({ disk }), options: { requestIdRange: RANGE } });
    const id = await second.actions.submit(newAction('10.0.1.1:1'));
    t.true(
      taken.every((earlier) => earlier < id),
      `${id} after ${taken.join()}, cut at ${cutAt}`,
    );
    for (const earlier of taken) t.truthy(await second.doc(earlier), `action ${earlier} was acknowledged, cut at ${cutAt}`);
    t.deepEqual(await second.store.find('requestId', String(id)), [`action:${id}`]);
    second.engine.abandon();
  }
});
