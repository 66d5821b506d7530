/** What the driver bounds by the step that it is in, and what it tells the link of its own state. */
import type { Socket } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { DialogueError, type StepLimits } from '../../../actors/dialogue/dialogue.ts';
import { type AnyEvent, LinkDriver } from '../../../actors/dialogue/driver.ts';
import { ByteTrace, type Link, TracedLink, withSoftParity } from '../../../actors/link/index.ts';
import type { LinkCommand, LinkMachine } from '../../../workers/codec/common/index.ts';
import { EmliteClient, EmliteServer } from '../../../workers/codec/emlite/index.ts';
import { WrapperLink } from '../../../workers/codec/wrapper/index.ts';
import { connected, NEVER, openTo, startPeer } from '../../support/link/peer.ts';
import { serve } from '../../support/link/served.ts';
import { realClock } from '../../support/real-ports.ts';

const PORTS = { clientWPort: 16, serverWPort: 1 };
const GET = Uint8Array.of(0xc0, 1);
const FOREVER = new Promise<never>(() => {});
const within = (ms = 5_000): StepLimits => ({ signal: NEVER, deadlineMs: realClock.monotonic() + ms });

/** The link with some members of the test's own. */
function changed(link: Link, members: Partial<Link>): Link {
  return new Proxy(link, {
    get(target, name) {
      if (name in members) return Reflect.get(members, name) as unknown;
      const value = Reflect.get(target, name) as unknown;
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

async function stuckDriver(t: ExecutionContext): Promise<LinkDriver<AnyEvent>> {
  const { link } = await connected(t);
  const machine: LinkMachine<LinkCommand, AnyEvent> = new WrapperLink(PORTS);
  const driver = new LinkDriver({ machine, link: changed(link, { write: () => FOREVER }), clock: realClock });
  await driver.open(within());
  return driver;
}

test('a write that the line never takes ends by the deadline of its step', async (t) => {
  const driver = await stuckDriver(t);
  const error = await t.throwsAsync(driver.request(GET, { limits: within(60) }), { instanceOf: DialogueError, message: /took no octets/ });
  t.is(error.class, 'link');
});

test('a volatile request whose write never ends is in doubt: a part may have left', async (t) => {
  const driver = await stuckDriver(t);
  const error = await t.throwsAsync(driver.request(GET, { limits: within(60), volatile: true }), { instanceOf: DialogueError });
  t.is(error.class, 'write');
});

/** A driver whose machine wants a connection for its second request. */
async function emlite(t: ExecutionContext, reopen: (open: () => Promise<Link>) => Promise<Link>) {
  const peer = await startPeer(t, (socket) => {
    serve(socket, new EmliteServer({ address: 7 }), (event, meter) => {
      if (event.type === 'request') meter.do({ type: 'reply', payload: event.payload });
    });
  });
  const machine: LinkMachine<LinkCommand, AnyEvent> = new EmliteClient({ source: 0x8000_0001, newConnectionPerRequest: true, gapMs: 1 });
  const open = (): Promise<Link> => openTo(t, peer.port);
  const driver = new LinkDriver({ machine, link: await open(), clock: realClock, reopen: () => reopen(open) });
  await driver.open(within());
  await driver.request(READ_OBJECT, { limits: within() });
  return driver;
}

const READ_OBJECT = Uint8Array.of(1, 0x80, 0x08, 0x00, 0);

test('another connection that never comes about ends by the deadline of its step', async (t) => {
  const driver = await emlite(t, () => FOREVER);
  const error = await t.throwsAsync(driver.request(READ_OBJECT, { limits: within(100) }), { instanceOf: DialogueError, message: /no connection/ });
  t.is(error.class, 'link');
});

test('another connection that comes too late is closed, as nobody waits for it', async (t) => {
  const go = Promise.withResolvers<void>();
  const late = Promise.withResolvers<Link>();
  const driver = await emlite(t, async (open) => {
    await go.promise;
    const link = await open();
    late.resolve(link);
    return link;
  });
  await t.throwsAsync(driver.request(READ_OBJECT, { limits: within(60) }), { message: /no connection/ });
  go.resolve();
  const link = await late.promise;
  await t.throwsAsync(link.read(realClock.monotonic() + 5_000), { code: 'aborted' });
});

/** A driver over the wrapper, what it told its link, and the far end. */
async function told(t: ExecutionContext, wrap: (link: Link) => Link = (link) => link) {
  const { link, far } = await connected(t);
  const said: boolean[] = [];
  const watched = wrap(changed(link, { idle: (isIdle) => void said.push(isIdle) }));
  const machine: LinkMachine<LinkCommand, AnyEvent> = new WrapperLink({ ...PORTS, responseTimeoutMs: 300, retries: 0 });
  const driver = new LinkDriver({ machine, link: watched, clock: realClock });
  await driver.open(within());
  return { driver, link, far, said };
}

const ANSWER = Uint8Array.of(0, 1, 0, 1, 0, 16, 0, 2, 0xc4, 2);

async function sendsInParts(link: Link, far: Socket, parts: readonly Uint8Array[]): Promise<void> {
  for (const part of parts) {
    const before = link.octetsIn;
    far.write(part);
    while (link.octetsIn === before) await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
  }
}

test('the link is told when a part of a frame is held, and when the frame is whole', async (t) => {
  const { driver, link, far, said } = await told(t);
  const request = driver.request(GET, { limits: within() });
  t.deepEqual(said, []);
  await sendsInParts(link, far, [ANSWER.subarray(0, 5)]);
  t.deepEqual(said, [false]);
  await sendsInParts(link, far, [ANSWER.subarray(5)]);
  await request;
  t.deepEqual(said, [false, true]);
});

test('a frame that never becomes whole is over once the machine has given it up', async (t) => {
  const { driver, link, far, said } = await told(t);
  const request = driver.request(GET, { limits: within() });
  await sendsInParts(link, far, [ANSWER.subarray(0, 5)]);
  await t.throwsAsync(request);
  t.deepEqual(said, [false, true]);
});

test('links around a link pass it on', async (t) => {
  const { driver, link, far, said } = await told(t, (inner) =>
    withSoftParity(new TracedLink(inner, new ByteTrace(100), realClock), { dataBits: 7, parity: 'none', stopBits: 1 }),
  );
  const request = driver.request(GET, { limits: within(200) });
  await sendsInParts(link, far, [ANSWER.subarray(0, 5)]);
  t.is(said[0], false);
  await t.throwsAsync(request);
});
