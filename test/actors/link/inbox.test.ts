import test from 'ava';
import { Inbox } from '../../../actors/link/inbox.ts';
import { LinkError } from '../../../actors/link/link.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const LIMITS = { maxUnreadOctets: 8, maxOctetsIn: 20 };

function opened(): { readonly clock: FakeClock; readonly inbox: Inbox; come(...octets: number[]): string | undefined } {
  const clock = new FakeClock(1_000);
  const inbox = new Inbox(clock, LIMITS);
  return { clock, inbox, come: (...octets) => inbox.push(Uint8Array.from(octets), { wallMs: clock.now(), monotonicMs: clock.monotonic() }) };
}

test('octets that the loop had not looked at when a late timer fired are in time', async (t) => {
  const { clock, inbox, come } = opened();
  const read = inbox.read(clock.monotonic() + 100);
  await clock.advance(0);
  // The timer fires; the socket, which comes after the timers in a turn of the loop, has its octets.
  const fired = clock.advance(100);
  come(1, 2);
  await fired;
  const got = await read;
  t.deepEqual(got === 'timeout' ? got : [...got.octets], [1, 2]);
});

test('a read ends with a time-out when nothing comes', async (t) => {
  const { clock, inbox } = opened();
  const read = inbox.read(clock.monotonic() + 100);
  await clock.advance(100);
  t.is(await read, 'timeout');
});

test('a second read ends the first, and gets the octets', async (t) => {
  const { clock, inbox, come } = opened();
  const first = inbox.read(clock.monotonic() + 100);
  const second = inbox.read(clock.monotonic() + 100);
  come(7);
  t.is(await first, 'timeout');
  const got = await second;
  t.deepEqual(got === 'timeout' ? got : [...got.octets], [7]);
});

test('more than may be kept unread, or taken in all, is refused with the reason', (t) => {
  const { come } = opened();
  t.is(come(1, 2, 3, 4, 5, 6, 7, 8), undefined);
  t.regex(come(9) ?? '', /more than 8 octets/);
  const other = opened();
  for (let round = 0; round < 2; round++) {
    other.come(1, 2, 3, 4, 5, 6, 7, 8);
    other.inbox.drop();
  }
  t.regex(other.come(1, 2, 3, 4, 5) ?? '', /more than 20 octets/);
});

test('what came before a failure is still read, then the failure is told', async (t) => {
  const { clock, inbox, come } = opened();
  come(1);
  inbox.fail(new LinkError('lost', 'gone'), true);
  const got = await inbox.read(clock.monotonic() + 10);
  t.not(got, 'timeout');
  await t.throwsAsync(inbox.read(clock.monotonic() + 10), { message: 'gone' });
});
