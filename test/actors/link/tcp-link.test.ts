import { once } from 'node:events';
import test from 'ava';
import { LinkError } from '../../../actors/link/index.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { connected, inOneSecond } from '../../support/link/peer.ts';
import { realClock } from '../../support/real-ports.ts';

const HELLO = Uint8Array.of(1, 2, 3);
const failure = (code: string) => ({ instanceOf: LinkError, code });
/** Lets the sockets of this process move: their callbacks need turns of the loop, not time. */
const settled = async (is: () => boolean) => {
  while (!is()) await new Promise((resolve) => setImmediate(resolve));
};

test('octets go both ways, and are counted', async (t) => {
  const { link, far, peer } = await connected(t);
  await link.write(HELLO);
  t.deepEqual([...(await peer.octets(far, 3))], [1, 2, 3]);
  far.write(Uint8Array.of(4, 5));
  const received = await link.read(inOneSecond());
  t.deepEqual(received !== 'timeout' && [...received.octets], [4, 5]);
  t.deepEqual([link.octetsOut, link.octetsIn], [3, 2]);
});

test('an answer is stamped after what it answers, on both clocks', async (t) => {
  const { link, far } = await connected(t);
  far.on('data', () => far.write(HELLO));
  const { sentAt } = await link.write(HELLO);
  const received = await link.read(inOneSecond());
  if (received === 'timeout') return t.fail();
  t.true(received.firstAt.monotonicMs >= sentAt.monotonicMs);
  t.true(received.firstAt.wallMs >= sentAt.wallMs);
  t.true(Math.abs(received.firstAt.wallMs - Date.now()) < 5_000);
});

test('octets keep the stamp of their arrival however late they are read', async (t) => {
  const clock = new FakeClock();
  const { link, far } = await connected(t, { clock });
  far.write(Uint8Array.of(1));
  await settled(() => link.octetsIn === 1);
  const arrived = clock.monotonic();
  await clock.advance(500);
  far.write(Uint8Array.of(2));
  await settled(() => link.octetsIn === 2);
  const first = await link.read(0);
  const second = await link.read(0);
  t.deepEqual(first !== 'timeout' && [first.octets[0], first.firstAt.monotonicMs], [1, arrived]);
  t.deepEqual(second !== 'timeout' && [second.octets[0], second.firstAt.monotonicMs], [2, arrived + 500]);
});

test('octets of one link do not change when another link receives', async (t) => {
  const [a, b] = await Promise.all([connected(t), connected(t)]);
  a.far.write(Uint8Array.of(1, 1, 1));
  const first = await a.link.read(inOneSecond());
  b.far.write(Uint8Array.of(2, 2, 2));
  await b.link.read(inOneSecond());
  t.deepEqual(first !== 'timeout' && [...first.octets], [1, 1, 1]);
});

test('octets are handed out as plain octets, whose slices are copies', async (t) => {
  const { link, far } = await connected(t);
  far.write(HELLO);
  const received = await link.read(inOneSecond());
  if (received === 'timeout') return t.fail();
  const copy = received.octets.slice(0, 1);
  received.octets[0] = 9;
  t.is(copy[0], 1);
});

test('a read ends with timeout at its deadline, and at once when that has passed', async (t) => {
  const clock = new FakeClock();
  const { link } = await connected(t, { clock });
  const read = link.read(clock.monotonic() + 100);
  await clock.advance(100);
  t.is(await read, 'timeout');
  t.is(await link.read(clock.monotonic() - 1), 'timeout');
});

test('a second read ends the first with timeout and gets the octets', async (t) => {
  const { link, far } = await connected(t);
  const first = link.read(inOneSecond());
  const second = link.read(inOneSecond());
  far.write(HELLO);
  t.is(await first, 'timeout');
  t.not(await second, 'timeout');
});

test('drop throws away what came and was not read', async (t) => {
  const { link, far } = await connected(t);
  far.write(HELLO);
  await settled(() => link.octetsIn === 3);
  link.drop();
  t.is(await link.read(0), 'timeout');
});

test('when the meter closes, what came is read first, then the link is lost', async (t) => {
  const { link, far } = await connected(t);
  far.end(HELLO);
  await once(far, 'close');
  const received = await link.read(inOneSecond());
  t.deepEqual(received !== 'timeout' && [...received.octets], [1, 2, 3]);
  await t.throwsAsync(link.read(inOneSecond()), failure('lost'));
  await t.throwsAsync(async () => link.write(HELLO), failure('lost'));
});

test('a reset ends a read that waits', async (t) => {
  const { link, far } = await connected(t);
  const read = link.read(inOneSecond());
  far.resetAndDestroy();
  const error = await t.throwsAsync(read, failure('lost'));
  t.regex(error.message, /ECONNRESET/);
});

test('unread octets beyond the bound end the link', async (t) => {
  const { link, far } = await connected(t, { options: { maxUnreadOctets: 1_024 } });
  far.write(Buffer.alloc(1_025));
  await settled(() => link.octetsIn > 1_024);
  const error = await t.throwsAsync(link.read(inOneSecond()), failure('flooded'));
  t.regex(error.message, /more than 1024 octets/);
});

test('a meter that sends for ever is cut off, however fast it is read', async (t) => {
  const { link, far } = await connected(t, { options: { maxOctetsIn: 50_000 } });
  let sending = true;
  const send = () => {
    if (sending) far.write(Buffer.alloc(1_000), () => setImmediate(send));
  };
  far.on('close', () => {
    sending = false;
  });
  send();
  await t.throwsAsync(async () => {
    for (;;) await link.read(inOneSecond());
  }, failure('flooded'));
  await once(far, 'close');
  t.true(link.octetsIn < 200_000);
});

test('many arrivals of single octets cost few objects and lose nothing', async (t) => {
  const { link, far } = await connected(t);
  for (let octet = 0; octet < 200; octet += 1) {
    far.write(Uint8Array.of(octet));
    await settled(() => link.octetsIn === octet + 1);
  }
  const octets: number[] = [];
  let arrivals = 0;
  for (let received = await link.read(0); received !== 'timeout'; received = await link.read(0)) {
    octets.push(...received.octets);
    arrivals += 1;
  }
  t.deepEqual(octets, [...Array(200).keys()]);
  t.is(arrivals, 64);
});

test('abort ends a read that waits and everything after it', async (t) => {
  const { link, far } = await connected(t);
  const read = link.read(inOneSecond());
  link.abort('the action was cancelled');
  const error = await t.throwsAsync(read, failure('aborted'));
  t.is(error.message, 'the action was cancelled');
  await t.throwsAsync(async () => link.write(HELLO), failure('aborted'));
  await once(far, 'close');
});

test('abort ends a write that the far side does not take', async (t) => {
  const { link, far } = await connected(t);
  far.pause();
  const writes = Array.from({ length: 20 }, () => link.write(new Uint8Array(1_048_576)));
  setImmediate(() => link.abort('stop'));
  const outcomes = await Promise.allSettled(writes);
  t.true(outcomes.some(({ status }) => status === 'rejected'));
  for (const outcome of outcomes) if (outcome.status === 'rejected') t.is(outcome.reason.code, 'aborted');
});

test('a write that the far side does not take ends at its time limit', async (t) => {
  const clock = new FakeClock();
  const { link, far } = await connected(t, { clock, options: { writeTimeoutMs: 700 } });
  far.pause();
  const writes = Promise.allSettled(Array.from({ length: 20 }, () => link.write(new Uint8Array(1_048_576))));
  await clock.advance(700);
  const last = (await writes).at(-1);
  t.is(last?.status === 'rejected' && last.reason.code, 'lost');
});

test('silence either way beyond the limit loses the link; octets put it off', async (t) => {
  const clock = new FakeClock();
  const { link, far } = await connected(t, { clock, options: { idleTimeoutMs: 1_000 } });
  await clock.advance(900);
  far.write(HELLO);
  await settled(() => link.octetsIn === 3);
  await clock.advance(900);
  t.not(await link.read(0), 'timeout');
  const read = link.read(clock.monotonic() + 10_000);
  const refused = t.throwsAsync(read, failure('lost'));
  await clock.advance(100);
  await refused;
});

test('close ends with a far side that closes too', async (t) => {
  const { link, far } = await connected(t);
  await link.write(HELLO);
  far.resume();
  await link.close();
  await link.close();
  await t.throwsAsync(link.read(inOneSecond()), failure('aborted'));
});

test('close ends with a far side that keeps its half open', async (t) => {
  const clock = new FakeClock();
  const { link, far } = await connected(t, { clock, options: { closeGraceMs: 5_000 } }, true);
  far.resume();
  let closed = false;
  const closing = link.close().then(() => {
    closed = true;
  });
  await once(far, 'end');
  await clock.advance(4_999);
  t.false(closed);
  await clock.advance(1);
  await closing;
  t.is(clock.pending, 0);
});

test('close while a write is stuck ends it', async (t) => {
  const { link, far } = await connected(t, { options: { closeGraceMs: 20 } });
  far.pause();
  const writes = Promise.allSettled(Array.from({ length: 20 }, () => link.write(new Uint8Array(1_048_576))));
  await link.close();
  t.true((await writes).some(({ status }) => status === 'rejected'));
});

test('close after the link was lost or aborted ends at once', async (t) => {
  const { link, far } = await connected(t);
  far.resetAndDestroy();
  await t.throwsAsync(link.read(inOneSecond()), failure('lost'));
  await link.close();
  const other = await connected(t);
  other.link.abort('stop');
  await other.link.close();
  t.pass();
});

test('no timer is left behind', async (t) => {
  const clock = new FakeClock();
  const { link, far } = await connected(t, { clock });
  await link.write(HELLO);
  far.write(HELLO);
  await link.read(clock.monotonic() + 100);
  far.destroy();
  await t.throwsAsync(link.read(clock.monotonic() + 100), failure('lost'));
  await link.close();
  t.is(clock.pending, 0);
  t.true(realClock.now() > 0);
});
