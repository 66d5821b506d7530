import type { Socket } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { DialogueError, type StepLimits } from '../../../actors/dialogue/dialogue.ts';
import { type AnyEvent, LinkDriver, type LinkDriverSetup } from '../../../actors/dialogue/driver.ts';
import type { Clock } from '../../../actors/engine/ports.ts';
import { ByteTrace, type Link, TracedLink } from '../../../actors/link/index.ts';
import type { FailureClass } from '../../../machines/meter-session/index.ts';
import type { LinkCommand, LinkMachine } from '../../../workers/codec/common/index.ts';
import { EdmiClient, EdmiServer } from '../../../workers/codec/edmi/index.ts';
import { EmliteClient, EmliteServer } from '../../../workers/codec/emlite/index.ts';
import { HdlcClientLink, HdlcServerLink } from '../../../workers/codec/hdlc/index.ts';
import { IecClient, IecServer } from '../../../workers/codec/iec62056-21/index.ts';
import { WrapperLink, type WrapperServerCommand, type WrapperServerEvent, WrapperServerLink } from '../../../workers/codec/wrapper/index.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { connected, NEVER, openTo, type Peer, startPeer } from '../../support/link/peer.ts';
import { type Served, serve } from '../../support/link/served.ts';
import { realClock } from '../../support/real-ports.ts';

async function fails(t: ExecutionContext, work: Promise<unknown>, failureClass: FailureClass, text = /./): Promise<void> {
  const error = await t.throwsAsync(work, { instanceOf: DialogueError, message: text });
  t.is(error.class, failureClass);
}
const within = (clock: Clock = realClock, ms = 5_000, signal: AbortSignal = NEVER): StepLimits => ({ signal, deadlineMs: clock.monotonic() + ms });
const until = async (is: () => boolean) => {
  while (!is()) await new Promise((resolve) => setImmediate(resolve));
};
/** Moves the clock on as often as something waits for it, until the work is done. */
async function moving<T>(clock: FakeClock, work: Promise<T>, stepMs = 100): Promise<T> {
  let done = false;
  const ended = () => {
    done = true;
  };
  work.then(ended, ended);
  while (!done) {
    await clock.advance(stepMs);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return work;
}

const GET = Uint8Array.of(0xc0, 1);
const ANSWER = Uint8Array.of(0xc4, 2);
const LATE = Uint8Array.of(0xc4, 99);
const PORTS = { clientWPort: 16, serverWPort: 1 };

type Answerer = (payload: Uint8Array, meter: Served<WrapperServerCommand>, socket: Socket) => void;
const answer: Answerer = (_payload, meter) => meter.do({ type: 'send', payload: ANSWER, ...PORTS });

interface WrapperWorld {
  readonly driver: LinkDriver<AnyEvent>;
  readonly link: Link;
  readonly far: Socket;
  readonly meter: Served<WrapperServerCommand>;
  /** Payloads that the meter got. */
  readonly got: number[][];
}

/** A driver over the wrapper, open, with a meter at the other end. */
async function wrapper(
  t: ExecutionContext,
  onRequest: Answerer = answer,
  given: { clock?: Clock; retries?: number; responseTimeoutMs?: number; onEvent?: (event: AnyEvent) => void; trace?: ByteTrace } = {},
): Promise<WrapperWorld> {
  const { clock = realClock, retries = 0, responseTimeoutMs = 1_000, onEvent } = given;
  const { link: bare, far } = await connected(t, { clock });
  const link = given.trace === undefined ? bare : new TracedLink(bare, given.trace, clock);
  const got: number[][] = [];
  const meter = serve(far, new WrapperServerLink(), (event: WrapperServerEvent, served) => {
    if (event.type !== 'request') return;
    got.push([...event.payload]);
    onRequest(event.payload, served, far);
  });
  const machine: LinkMachine<LinkCommand, AnyEvent> = new WrapperLink({ ...PORTS, retries, responseTimeoutMs });
  const driver = new LinkDriver({ machine, link, clock, ...(onEvent === undefined ? {} : { onEvent }) });
  await driver.open(within(clock));
  return { driver, link, far, meter, got };
}

test('a request gives payload, event and the stamps of its exchange', async (t) => {
  const { link, far } = await connected(t);
  serve(far, new WrapperServerLink(), (event: WrapperServerEvent, meter) => {
    if (event.type === 'request') answer(event.payload, meter, far);
  });
  const driver = new LinkDriver({ machine: new WrapperLink(PORTS), link, clock: realClock });
  t.is((await driver.open(within())).type, 'opened');
  const startedMs = realClock.monotonic();
  const exchange = await driver.request(GET, { limits: within() });
  t.deepEqual(exchange.payload, ANSWER);
  t.deepEqual(exchange.event.leniencies, []);
  t.false(exchange.repeated);
  const times = [startedMs, exchange.sentAt.monotonicMs, exchange.firstAt.monotonicMs, realClock.monotonic()];
  t.deepEqual(
    times,
    times.toSorted((a, b) => a - b),
  );
  await driver.close(within());
});

test('an answer that trickles in is stamped with its first octet', async (t) => {
  const clock = new FakeClock();
  const { driver, link, far } = await wrapper(t, () => {}, { clock });
  const request = driver.request(GET, { limits: within(clock) });
  const sentMs = clock.monotonic();
  await until(() => link.octetsOut === 10);
  await clock.advance(200);
  for (const octets of [[0, 1, 0, 1], [0, 16, 0, 2, 0xc4], [2]]) {
    const before = link.octetsIn;
    far.write(Uint8Array.from(octets));
    await until(() => link.octetsIn > before);
    await clock.advance(50);
  }
  const { sentAt, firstAt } = await request;
  t.deepEqual([sentAt.monotonicMs - sentMs, firstAt.monotonicMs - sentMs], [0, 200]);
});

test('a repeated request says so, and its stamps are of the last transmission', async (t) => {
  const clock = new FakeClock();
  const events: AnyEvent[] = [];
  let requests = 0;
  const world = await wrapper(t, (payload, meter, far) => ++requests === 2 && answer(payload, meter, far), {
    clock,
    retries: 1,
    onEvent: (event) => events.push(event),
  });
  const startMs = clock.monotonic();
  const exchange = await moving(clock, world.driver.request(GET, { limits: within(clock) }));
  t.true(exchange.repeated);
  t.is(exchange.sentAt.monotonicMs - startMs, 1_000);
  t.true(exchange.firstAt.monotonicMs >= exchange.sentAt.monotonicMs);
  t.deepEqual(events, [{ type: 'repeated', attempt: 1 }]);
});

test('a volatile request goes out once; without an answer its outcome is unknown and the link stays', async (t) => {
  const clock = new FakeClock();
  let mute = true;
  const { driver, got } = await wrapper(t, (payload, meter, far) => mute || answer(payload, meter, far), { clock, retries: 3 });
  await fails(t, moving(clock, driver.request(GET, { limits: within(clock, 60_000), volatile: true })), 'write', /outcome of the write unknown: no answer/);
  t.is(got.length, 1);
  mute = false;
  t.deepEqual((await driver.request(GET, { limits: within(clock) })).payload, ANSWER);
});

test('a late answer is not taken for the answer to the next request', async (t) => {
  const clock = new FakeClock();
  let mute = true;
  const { driver, link, meter } = await wrapper(t, (payload, served, far) => mute || answer(payload, served, far), { clock });
  await fails(t, moving(clock, driver.request(GET, { limits: within(clock), volatile: true })), 'write');
  meter.do({ type: 'send', payload: LATE, ...PORTS });
  await until(() => link.octetsIn === 10);
  mute = false;
  const { payload, repeated } = await driver.request(GET, { limits: within(clock) });
  t.deepEqual([...payload, repeated], [...ANSWER, false]);
});

test('no answer to a read: class link, in words', async (t) => {
  const clock = new FakeClock();
  const { driver } = await wrapper(t, () => {}, { clock, retries: 1 });
  await fails(t, moving(clock, driver.request(GET, { limits: within(clock, 60_000) })), 'link', /^no answer$/);
});

test('the deadline of the step ends a read before the machine does', async (t) => {
  const clock = new FakeClock();
  const { driver } = await wrapper(t, () => {}, { clock, responseTimeoutMs: 10_000 });
  const startMs = clock.monotonic();
  await fails(t, moving(clock, driver.request(GET, { limits: within(clock, 700) })), 'link', /within the time of this step/);
  t.true(clock.monotonic() - startMs <= 800);
});

test('the deadline of the step ends a write as unknown', async (t) => {
  const clock = new FakeClock();
  const { driver } = await wrapper(t, () => {}, { clock, responseTimeoutMs: 10_000 });
  await fails(t, moving(clock, driver.request(GET, { limits: within(clock, 700), volatile: true })), 'write');
});

test('a link that is lost: transport for a read, unknown for a write', async (t) => {
  const hangUp: Answerer = (_payload, _meter, far) => far.resetAndDestroy();
  const read = await wrapper(t, hangUp);
  await fails(t, read.driver.request(GET, { limits: within() }), 'transport', /ECONNRESET/);
  const write = await wrapper(t, hangUp);
  await fails(t, write.driver.request(GET, { limits: within(), volatile: true }), 'write', /outcome of the write unknown: .*ECONNRESET/);
});

test('a link that was gone before anything was sent leaves no doubt', async (t) => {
  const { driver, far, link } = await wrapper(t);
  far.resetAndDestroy();
  await t.throwsAsync(link.read(realClock.monotonic() + 5_000));
  await fails(t, driver.request(GET, { limits: within(), volatile: true }), 'transport');
});

test('the signal ends a call at once: engine for a read, unknown for a write', async (t) => {
  for (const [volatile, expected] of [
    [false, 'engine'],
    [true, 'write'],
  ] as const) {
    const control = new AbortController();
    const { driver } = await wrapper(t, () => control.abort());
    await fails(t, driver.request(GET, { limits: within(realClock, 60_000, control.signal), volatile }), expected, /the step was stopped/);
  }
});

test('a signal that fired before lets nothing out', async (t) => {
  const { driver, link } = await wrapper(t);
  await fails(t, driver.request(GET, { limits: within(realClock, 5_000, AbortSignal.abort()), volatile: true }), 'engine');
  t.is(link.octetsOut, 0);
});

test('rubbish in place of an answer ends within the time of the step', async (t) => {
  const { driver, far } = await wrapper(t, () => {}, { responseTimeoutMs: 60_000 });
  let sending = true;
  const babble = () => {
    if (sending) far.write(new Uint8Array(7).fill(0x5a), () => void setImmediate(babble));
  };
  babble();
  const startMs = realClock.monotonic();
  await fails(t, driver.request(GET, { limits: within(realClock, 300) }), 'link', /within the time of this step/);
  sending = false;
  t.true(realClock.monotonic() - startMs < 3_000);
});

test('what a link refuses fails, and leaves the link open', async (t) => {
  const { driver } = await wrapper(t);
  await fails(t, driver.request(new Uint8Array(70_000), { limits: within() }), 'link', /too large/);
  t.deepEqual((await driver.request(GET, { limits: within() })).payload, ANSWER);
});

test('one call at a time', async (t) => {
  const { driver } = await wrapper(t);
  const first = driver.request(GET, { limits: within() });
  await fails(t, driver.request(GET, { limits: within() }), 'engine', /in use/);
  t.deepEqual((await first).payload, ANSWER);
});

test('idle hands up what comes unasked, until its time', async (t) => {
  const clock = new FakeClock();
  const events: AnyEvent[] = [];
  const { driver, meter, link } = await wrapper(t, answer, { clock, onEvent: (event) => events.push(event) });
  const startMs = clock.monotonic();
  const idle = driver.idle(startMs + 1_000, within(clock, 60_000));
  meter.do({ type: 'send', payload: Uint8Array.of(0x0f, 1), ...PORTS });
  await until(() => link.octetsIn > 0);
  await moving(clock, idle, 50);
  t.deepEqual(events, [{ type: 'notification', payload: Uint8Array.of(0x0f, 1) }]);
  t.true(clock.monotonic() - startMs < 1_100);
});

test('idle tells when the link is lost', async (t) => {
  const { driver, far } = await wrapper(t);
  const idle = driver.idle(realClock.monotonic() + 60_000, within(realClock, 60_000));
  far.resetAndDestroy();
  await fails(t, idle, 'transport');
});

test('a masked request is covered in the trace, the next one is not', async (t) => {
  const trace = new ByteTrace(1_000);
  const { driver } = await wrapper(t, answer, { trace });
  await driver.request(GET, { limits: within(), mask: 'all' });
  await driver.request(GET, { limits: within() });
  const out = trace.lines.filter(({ direction }) => direction === 'out').map(({ text }) => text);
  t.deepEqual(out, [Array(10).fill('**').join(' '), '00 01 00 10 00 01 00 02 C0 01']);
});

// EDMI: waits that make a payload stale

const READ_CLOCK = Uint8Array.of(0x52, 0xf0, 0x3d);
const writeClock = (second: number) => Uint8Array.of(0x57, 0xf0, 0x3d, 1, 1, 24, 0, 0, second);

/** An EDMI link that has to keep quiet for a second: its last request went out twice. */
async function quietEdmi(t: ExecutionContext, clock: FakeClock) {
  const { link, far } = await connected(t, { clock });
  const got: number[][] = [];
  serve(far, new EdmiServer(), (event, meter) => {
    if (event.type !== 'request') return;
    got.push([...event.payload]);
    if (got.length > 1)
      meter.do({ type: 'reply', payload: event.payload[0] === 0x57 ? Uint8Array.of(6) : Uint8Array.from([...event.payload, 1, 1, 24, 0, 0, 0]) });
  });
  const driver = new LinkDriver({ machine: new EdmiClient({ replyTimeoutMs: 500, retries: 1, settleMs: 1_000 }), link, clock });
  await moving(clock, driver.open(within(clock)), 10);
  const first = await moving(clock, driver.request(READ_CLOCK, { limits: within(clock) }), 50);
  t.true(first.repeated);
  return { driver, got };
}

test('a volatile request that had to wait goes out with a fresh payload, made when it may go', async (t) => {
  const clock = new FakeClock();
  const { driver, got } = await quietEdmi(t, clock);
  const startMs = clock.monotonic();
  const made: number[] = [];
  const fresh = () => {
    made.push(clock.monotonic() - startMs);
    return writeClock(42);
  };
  const exchange = await moving(clock, driver.request(writeClock(1), { limits: within(clock), volatile: true, fresh }), 50);
  t.deepEqual(got.at(-1), [...writeClock(42)]);
  t.is(got.length, 3);
  t.is(made.length, 1);
  t.true((made[0] ?? 0) >= 900);
  t.is(exchange.sentAt.monotonicMs - startMs, made[0]!);
  t.false(exchange.repeated);
});

test('without a fresh payload nothing is written, and there is no doubt about it', async (t) => {
  const clock = new FakeClock();
  const { driver, got } = await quietEdmi(t, clock);
  await fails(t, moving(clock, driver.request(writeClock(1), { limits: within(clock), volatile: true })), 'link', /may not be repeated/);
  t.is(got.length, 2);
});

test('a fresh payload that cannot be made ends the request without doubt', async (t) => {
  const clock = new FakeClock();
  const { driver, got } = await quietEdmi(t, clock);
  const fresh = () => {
    throw new DialogueError('guard', 'the stop switch is on');
  };
  await fails(t, moving(clock, driver.request(writeClock(1), { limits: within(clock), volatile: true, fresh })), 'guard', /stop switch/);
  t.is(got.length, 2);
});

test('a request that is held back and stopped leaves no doubt', async (t) => {
  const clock = new FakeClock();
  const { driver, got } = await quietEdmi(t, clock);
  const limits = within(clock, 100);
  await fails(t, moving(clock, driver.request(writeClock(1), { limits, volatile: true, fresh: () => writeClock(2) }), 50), 'link');
  t.is(got.length, 2);
});

// EMLITE: a connection a request

const READ_OBJECT = Uint8Array.of(1, 0x80, 0x08, 0x00, 0);

async function emlite(
  t: ExecutionContext,
  reopens: boolean,
  trace?: ByteTrace,
): Promise<{ driver: LinkDriver<AnyEvent>; peer: Peer; connections: () => number; links: Link[] }> {
  let count = 0;
  const peer = await startPeer(t, (socket) => {
    count += 1;
    serve(socket, new EmliteServer({ address: 7 }), (event, meter) => {
      if (event.type === 'request') meter.do({ type: 'reply', payload: event.payload });
    });
  });
  const links: Link[] = [];
  const open = async () => {
    const bare = await openTo(t, peer.port);
    const link = trace === undefined ? bare : new TracedLink(bare, trace, realClock);
    links.push(link);
    return link;
  };
  const machine: LinkMachine<LinkCommand, AnyEvent> = new EmliteClient({ source: 0x8000_0001, newConnectionPerRequest: true, gapMs: 20 });
  const setup: LinkDriverSetup<AnyEvent> = { machine, link: await open(), clock: realClock, ...(reopens ? { reopen: open } : {}) };
  const driver = new LinkDriver(setup);
  await driver.open(within());
  return { driver, peer, connections: () => count, links };
}

test('a machine that wants a connection a request gets one; the old one is closed before', async (t) => {
  const { driver, connections, links } = await emlite(t, true);
  const first = await driver.request(READ_OBJECT, { limits: within() });
  const second = await driver.request(READ_OBJECT, { limits: within() });
  t.deepEqual([...first.payload], [...second.payload]);
  t.false(second.repeated);
  t.is(connections(), 2);
  t.is(driver.link, links[1]!);
  await t.throwsAsync(links[0]?.read(0) ?? Promise.resolve(), { code: 'aborted' });
});

test('the write of a clock over a connection of its own is fresh, and covered in the trace', async (t) => {
  const trace = new ByteTrace(1_000);
  const { driver } = await emlite(t, true, trace);
  await driver.request(READ_OBJECT, { limits: within() });
  const shownBefore = trace.lines.length;
  const fresh = () => READ_OBJECT;
  await driver.request(Uint8Array.of(1, 0x80, 0x08, 0x00, 1), { limits: within(), volatile: true, fresh, mask: 'all' });
  const out = trace.lines.slice(shownBefore).filter(({ direction }) => direction === 'out');
  t.is(out.length, 1);
  t.regex(out[0]?.text ?? '', /^(\*\* ?)+$/);
});

test('without a way to open another connection the request fails as ours', async (t) => {
  const { driver } = await emlite(t, false);
  await driver.request(READ_OBJECT, { limits: within() });
  await fails(t, driver.request(READ_OBJECT, { limits: within() }), 'engine');
});

// HDLC: what is broken off is ended in order

test('a call that was stopped leaves a link that can still be closed as the protocol wants', async (t) => {
  const { link, far } = await connected(t);
  const control = new AbortController();
  const seen: string[] = [];
  serve(far, new HdlcServerLink(), (event) => {
    seen.push(event.type);
    if (event.type === 'request') control.abort();
  });
  const driver = new LinkDriver({ machine: new HdlcClientLink(), link, clock: realClock });
  await driver.open(within());
  await fails(t, driver.request(GET, { limits: within(realClock, 5_000, control.signal) }), 'engine');
  await driver.close(within());
  t.deepEqual(seen, ['connected', 'request', 'disconnected']);
});

test('a meter that refuses the link: class link', async (t) => {
  const { link, far } = await connected(t);
  far.on('data', () => far.write(Buffer.from('7EA00703211F', 'hex')));
  const driver = new LinkDriver({ machine: new HdlcClientLink({ responseTimeoutMs: 50, retries: 0 }), link, clock: realClock });
  await fails(t, driver.open(within()), 'link', /no answer/);
});

// IEC 62056-21: changes of speed in their place

test('the line changes speed before or after what is sent, as the machine says', async (t) => {
  const { link, far } = await connected(t);
  const identification = { type: 'identification', manufacturer: 'XXX', baudChar: '5', enhanced: [], identification: 'METER' } as const;
  serve(far, new IecServer({ identification }), (event, meter) => {
    if (event.type === 'selected') meter.do({ type: 'reply', telegram: { type: 'command', command: 'P0', data: '(00000000)', terminator: 'ETX' } });
  });
  const did: string[] = [];
  const watched = new Proxy(link, {
    get(target, name) {
      if (name === 'setSpeed') {
        return async (baud: number, settings: { dataBits: number; parity: string }) => void did.push(`${baud} ${settings.dataBits} ${settings.parity}`);
      }
      if (name === 'write') {
        return (octets: Uint8Array) => {
          did.push(
            `write ${Buffer.from(octets)
              .toString('latin1')
              .replace(/[\r\n]/g, '')}`,
          );
          return target.write(octets);
        };
      }
      const value = Reflect.get(target, name) as unknown;
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  const machine = new IecClient({ switchBaud: true, pauseMs: 0, breakPauseMs: 20 });
  const driver = new LinkDriver({ machine, link: watched, clock: realClock });
  const opened = await driver.open(within());
  t.is(opened.operand, '(00000000)');
  await driver.close(within());
  t.deepEqual(did, ['write /?!', 'write \x06051', '9600 7 even', 'write \x01B0\x03q', '300 7 even']);
});
