import test, { type ExecutionContext } from 'ava';
import { createAddressRules, createLinkOpener, LinkError, parseRemoteAddress } from '../../../actors/link/index.ts';
import { createNameResolver } from '../../../actors/link/resolver.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { type DnsStub, startDnsStub, type Zone } from '../../support/link/dns-stub.ts';
import { linksOptions, NEVER, startPeer, tcpOptions } from '../../support/link/peer.ts';
import { realClock } from '../../support/real-ports.ts';

const failure = (code: string) => ({ instanceOf: LinkError, code });
const NO_HOSTS = new Map<string, readonly string[]>();
const FAR = 1_000_000;

async function resolverFor(t: ExecutionContext, zones: Record<string, Zone>, change: object = {}) {
  const stub = await startDnsStub(t, zones);
  const clock = new FakeClock(0);
  const options = { ...linksOptions().dns, servers: [stub.server], timeoutMs: 200, tries: 1, ...change };
  return { stub, clock, resolver: createNameResolver({ clock, options, hosts: NO_HOSTS }) };
}

const until = async (is: () => boolean) => {
  while (!is()) await new Promise((resolve) => setImmediate(resolve));
};

test('a name gives its addresses of both families', async (t) => {
  const { resolver } = await resolverFor(t, { 'meter.example': { a: ['10.0.0.1', '10.0.0.2'], aaaa: ['2001:db8::1'] } });
  t.deepEqual([...(await resolver.resolve('meter.example', FAR, NEVER))].sort(), ['10.0.0.1', '10.0.0.2', '2001:db8::1']);
});

test('a literal asks nobody', async (t) => {
  const { resolver, stub } = await resolverFor(t, {});
  t.deepEqual(await resolver.resolve('10.0.0.1', FAR, NEVER), ['10.0.0.1']);
  t.deepEqual(await resolver.resolve('2001:db8::1', FAR, NEVER), ['2001:db8::1']);
  t.deepEqual(await resolver.resolve('localhost', FAR, NEVER), ['127.0.0.1', '::1']);
  t.deepEqual(stub.asked, []);
});

test('an answer is kept for its time to live', async (t) => {
  const { resolver, stub, clock } = await resolverFor(t, { 'meter.example': { a: ['10.0.0.1'], ttl: 30 } });
  await resolver.resolve('meter.example', FAR, NEVER);
  await clock.advance(29_999);
  await resolver.resolve('meter.example', FAR, NEVER);
  t.is(stub.asked.length, 2);
  stub.zones['meter.example'] = { a: ['10.0.0.9'] };
  await clock.advance(1);
  t.deepEqual(await resolver.resolve('meter.example', FAR, NEVER), ['10.0.0.9']);
});

test('the time to live has bounds', async (t) => {
  const { resolver, stub, clock } = await resolverFor(
    t,
    { 'short.example': { a: ['10.0.0.1'], ttl: 0 }, 'long.example': { a: ['10.0.0.1'], ttl: 86_400 } },
    { minTtlMs: 5_000, maxTtlMs: 60_000 },
  );
  await resolver.resolve('short.example', FAR, NEVER);
  await clock.advance(4_999);
  await resolver.resolve('short.example', FAR, NEVER);
  t.is(stub.asked.length, 2);
  await resolver.resolve('long.example', FAR, NEVER);
  await clock.advance(60_000);
  await resolver.resolve('long.example', FAR, NEVER);
  t.is(stub.asked.length, 6);
});

test('a name asked for many times at once is asked for once', async (t) => {
  const { resolver, stub } = await resolverFor(t, { 'meter.example': { a: ['10.0.0.1'] } });
  await Promise.all(Array.from({ length: 50 }, () => resolver.resolve('meter.example', FAR, NEVER)));
  t.deepEqual(stub.asked.sort(), ['A meter.example', 'AAAA meter.example']);
});

test('an unknown name is name_unknown, and stays so for a while', async (t) => {
  const { resolver, stub, clock } = await resolverFor(t, {}, { unknownTtlMs: 10_000 });
  const error = await t.throwsAsync(resolver.resolve('nobody.example', FAR, NEVER), failure('name_unknown'));
  t.is(error.message, 'nobody.example: there is no such name');
  await t.throwsAsync(resolver.resolve('nobody.example', FAR, NEVER), failure('name_unknown'));
  t.is(stub.asked.length, 2);
  stub.zones['nobody.example'] = { a: ['10.0.0.1'] };
  await clock.advance(10_000);
  t.deepEqual(await resolver.resolve('nobody.example', FAR, NEVER), ['10.0.0.1']);
});

test('a failure of the name server is told, and not kept', async (t) => {
  const { resolver, stub } = await resolverFor(t, { 'meter.example': { fails: 2 } });
  const error = await t.throwsAsync(resolver.resolve('meter.example', FAR, NEVER), failure('name_unknown'));
  t.regex(error.message, /no name server could tell its address \(ESERVFAIL\)/);
  stub.zones['meter.example'] = { a: ['10.0.0.1'] };
  t.deepEqual(await resolver.resolve('meter.example', FAR, NEVER), ['10.0.0.1']);
});

test('a silent name server ends at the deadline', async (t) => {
  const { resolver, clock, stub } = await resolverFor(t, { 'meter.example': { fails: 'silent' } }, { timeoutMs: 60_000 });
  const lookup = t.throwsAsync(resolver.resolve('meter.example', 3_000, NEVER), failure('connect_timeout'));
  await until(() => stub.asked.length === 2);
  await clock.advance(3_000);
  await lookup;
});

test('who gives up stops nobody else', async (t) => {
  const { resolver, stub } = await resolverFor(t, { 'meter.example': { a: ['10.0.0.1'] } });
  stub.hold();
  const control = new AbortController();
  const gone = t.throwsAsync(resolver.resolve('meter.example', FAR, control.signal), failure('aborted'));
  const stays = resolver.resolve('meter.example', FAR, NEVER);
  await until(() => stub.asked.length === 2);
  control.abort();
  await gone;
  stub.release();
  t.deepEqual(await stays, ['10.0.0.1']);
});

test('at most so many names are asked for at once, the others in order', async (t) => {
  const names = Array.from({ length: 6 }, (_, index) => `m${index}.example`);
  const { resolver, stub } = await resolverFor(t, Object.fromEntries(names.map((name) => [name, { a: ['10.0.0.1'] }])), { maxLookups: 2, timeoutMs: 5_000 });
  stub.hold();
  const all = Promise.all(names.map((name) => resolver.resolve(name, FAR, NEVER)));
  await until(() => stub.asked.length === 4);
  t.deepEqual([...new Set(stub.asked.map((text) => text.split(' ')[1]))].sort(), ['m0.example', 'm1.example']);
  stub.release();
  t.is((await all).length, 6);
});

test('at most so many names are kept; the one not used for longest goes', async (t) => {
  const zone = { a: ['10.0.0.1'] };
  const { resolver, stub } = await resolverFor(t, { 'a.example': zone, 'b.example': zone, 'c.example': zone }, { maxNames: 2 });
  for (const name of ['a', 'b', 'a', 'c', 'a']) await resolver.resolve(`${name}.example`, FAR, NEVER);
  t.is(stub.asked.length, 6);
  await resolver.resolve('b.example', FAR, NEVER);
  t.is(stub.asked.length, 8);
});

async function openerFor(
  t: ExecutionContext,
  zones: Record<string, Zone>,
  allow: readonly string[] = [],
): Promise<{ open(text: string): Promise<unknown>; stub: DnsStub }> {
  const stub = await startDnsStub(t, zones);
  const options = linksOptions({ tcp: tcpOptions({ allow: [...allow], closeGraceMs: 20 }), dns: { ...linksOptions().dns, servers: [stub.server] } });
  const rules = createAddressRules({ links: options, lines: { allowNumbers: [], denyNumbers: [] } });
  const opener = createLinkOpener({ clock: realClock, options, rules });
  return {
    stub,
    async open(text) {
      const address = parseRemoteAddress(text);
      if (address.kind === 'refused') throw new Error(address.error);
      const settings = { dataBits: 8, parity: 'none', stopBits: 1 } as const;
      const link = await opener.open({ address, settings, priority: 'immediate', owner: 'action:1', connectTimeoutMs: 5_000 }, NEVER);
      t.teardown(() => link.close());
      return link.kind;
    },
  };
}

test('a name that stands for loopback is not allowed, whatever it looks like', async (t) => {
  let connections = 0;
  const { port } = await startPeer(t, () => {
    connections += 1;
  });
  const { open } = await openerFor(t, { 'meter.example': { a: ['127.0.0.1'], aaaa: ['::1'] } });
  await t.throwsAsync(open(`meter.example:${port}`), failure('not_allowed'));
  t.is(connections, 0);
});

test('a name that stands for loopback is reached where the settings allow it', async (t) => {
  const { port } = await startPeer(t);
  const { open } = await openerFor(t, { 'meter.example': { a: ['127.0.0.1'] } }, ['127.0.0.0/8']);
  t.is(await open(`meter.example:${port}`), 'tcp');
});

test('a mapped address of loopback is not allowed either', async (t) => {
  const { port } = await startPeer(t);
  const { open } = await openerFor(t, { 'meter.example': { aaaa: ['::ffff:7f00:1'] } });
  await t.throwsAsync(open(`meter.example:${port}`), failure('not_allowed'));
});

test('a literal that is not allowed is refused at the opening too', async (t) => {
  const { open } = await openerFor(t, {});
  await t.throwsAsync(open('127.0.0.1:4059'), failure('not_allowed'));
});

test('a telephone number without a line: no_line', async (t) => {
  const { open } = await openerFor(t, {});
  await t.throwsAsync(open('07777000000'), failure('no_line'));
});
