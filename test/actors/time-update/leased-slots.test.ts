import test from 'ava';
import { LeasedSlots, Slots } from '../../../actors/time-update/index.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const never = new AbortController().signal;
const WISH = { requestId: 1, key: 'tel:1', class: 'modem:a', immediate: true };

function leased(line: 'go' | 'full' | 'none' | 'aborted', lines = 1) {
  const clock = new FakeClock();
  const slots = new Slots({ clock, limits: { tcp: 1, ...(lines > 0 ? { 'modem:a': lines } : {}) }, perSecond: 0, maxWaiting: 10, reservedMs: 30_000 });
  const asked: string[] = [];
  const leases = {
    acquire: async ({ class: name }: { readonly class: string }) => {
      asked.push(name);
      return line;
    },
    release: (requestId: number) => void asked.push(`release ${requestId}`),
  };
  return { clock, slots, asked, both: new LeasedSlots({ clock, slots, leases, isComplete: () => true }) };
}

test('a session over a line has a slot and a line, and gives both back', async (t) => {
  const { both, slots, asked } = leased('go');
  t.is(await both.acquire(WISH, never), 'go');
  t.is(slots.used('modem:a'), 1);
  both.release(1);
  t.is(slots.used('modem:a'), 0);
  t.deepEqual(asked, ['modem:a', 'release 1']);
});

for (const answer of ['full', 'aborted'] as const) {
  test(`a line that is not had (${answer}) leaves no slot taken`, async (t) => {
    const { both, slots } = leased(answer);
    t.is(await both.acquire(WISH, never), answer);
    t.is(slots.used('modem:a'), 0);
    t.false(slots.isBusy('tel:1'));
  });
}

test('a session over TCP needs no line', async (t) => {
  const { both, asked } = leased('none');
  t.is(await both.acquire({ ...WISH, class: 'tcp' }, never), 'go');
  t.deepEqual(asked, []);
});

test('lines that are missing for a moment are waited for; after two minutes there are none', async (t) => {
  const { both, clock } = leased('go', 0);
  for (let askedMs = 0; askedMs < 120_000; askedMs += 4_000) {
    t.is(await both.acquire(WISH, never), 'full');
    await clock.advance(4_000);
  }
  t.is(await both.acquire(WISH, never), 'none');
  await clock.advance(60_000);
  t.is(await both.acquire(WISH, never), 'full');
});
