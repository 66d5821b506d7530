import test from 'ava';
import {
  ByteTrace,
  createAddressRules,
  createLinkOpener,
  type LineRequest,
  type LineSettings,
  type Link,
  LinkError,
  maskSecrets,
  type Received,
  SoftParityLink,
  TracedLink,
  withSoftParity,
} from '../../../actors/link/index.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { connected, inOneSecond, linksOptions, NEVER } from '../../support/link/peer.ts';
import { realClock } from '../../support/real-ports.ts';

const settings = (parity: LineSettings['parity'], dataBits: 7 | 8 = 7): LineSettings => ({ dataBits, parity, stopBits: 1 });
const octetsOf = (received: Received | 'timeout') => (received === 'timeout' ? [] : [...received.octets]);

// 41 has two ones, 43 has three.
const SENT: readonly (readonly [LineSettings['parity'], readonly number[]])[] = [
  ['even', [0x41, 0xc3]],
  ['odd', [0xc1, 0x43]],
  ['mark', [0xc1, 0xc3]],
  ['space', [0x41, 0x43]],
  ['none', [0x41, 0x43]],
];

for (const [parity, expected] of SENT) {
  test(`seven bits, parity ${parity}: put on what is written, taken off what is read`, async (t) => {
    const { link, far, peer } = await connected(t);
    const soft = withSoftParity(link, settings(parity));
    await soft.write(Uint8Array.of(0x41, 0x43));
    t.deepEqual([...(await peer.octets(far, 2))], [...expected]);
    far.write(Uint8Array.from(expected));
    t.deepEqual(octetsOf(await soft.read(inOneSecond())), [0x41, 0x43]);
    t.is((soft as SoftParityLink).parityFaults, 0);
  });
}

test('eight bits need no wrapper', async (t) => {
  const { link } = await connected(t);
  t.is(withSoftParity(link, settings('none', 8)), link);
});

test('wrong parities are counted and let pass', async (t) => {
  const { link, far } = await connected(t);
  const soft = new SoftParityLink(link, { settings: settings('even') });
  far.write(Uint8Array.of(0x41, 0x43, 0xc1));
  t.deepEqual(octetsOf(await soft.read(inOneSecond())), [0x41, 0x43, 0x41]);
  t.is(soft.parityFaults, 2);
});

test('more wrong parities than the setting ends the link', async (t) => {
  const { link, far } = await connected(t);
  const soft = new SoftParityLink(link, { settings: settings('even'), maxFaults: 1 });
  far.write(Uint8Array.of(0x43, 0x43));
  await t.throwsAsync(soft.read(inOneSecond()), { instanceOf: LinkError, code: 'lost' });
  await t.throwsAsync(link.read(inOneSecond()), { instanceOf: LinkError, code: 'aborted' });
});

const AT = { wallMs: 0, monotonicMs: 0 };

test('a trace holds direction, time and octets of both ways', async (t) => {
  const { link, far } = await connected(t);
  const trace = new ByteTrace(1_000);
  const traced = new TracedLink(link, trace, realClock);
  const { sentAt } = await traced.write(Uint8Array.of(0x01, 0xab));
  far.write(Uint8Array.of(0x06));
  const received = await traced.read(inOneSecond());
  traced.abort('enough');
  await traced.close();
  t.deepEqual(
    trace.lines.map(({ direction, text }) => `${direction} ${text}`),
    ['note tcp link open', 'out 01 AB', 'in 06', 'note aborted: enough', 'note closed'],
  );
  t.deepEqual(trace.lines[1]?.at, sentAt);
  t.deepEqual(trace.lines[2]?.at, received !== 'timeout' ? received.firstAt : undefined);
  t.regex(trace.toText(), /^ +0\.0 -- tcp link open\n +\d+\.\d -> 01 AB\n +\d+\.\d <- 06\n/);
});

test('what is written under the mask `all` is covered, and so is its echo', async (t) => {
  const { link, far } = await connected(t);
  const trace = new ByteTrace(1_000);
  const traced = new TracedLink(link, trace, realClock);
  traced.mask('all');
  await traced.write(Uint8Array.of(0x31, 0x32, 0x33));
  traced.mask(undefined);
  far.write(Uint8Array.of(0xb1, 0x32));
  await traced.read(inOneSecond());
  far.write(Uint8Array.of(0x33, 0x06, 0x33));
  await traced.read(inOneSecond());
  await traced.write(Uint8Array.of(0x31));
  t.deepEqual(
    trace.lines.filter(({ direction }) => direction !== 'note').map(({ text }) => text),
    ['** ** **', '** **', '** 06 33', '31'],
  );
});

test('a mask of secrets covers them wherever they stand, whatever bit 7 is', async (t) => {
  const { link } = await connected(t);
  const trace = new ByteTrace(1_000);
  const traced = new SoftParityLink(new TracedLink(link, trace, realClock), { settings: settings('even') });
  traced.mask(maskSecrets([Uint8Array.of(0x43, 0x44), new Uint8Array()]));
  await traced.write(Uint8Array.of(0x43, 0x43, 0x44, 0x41, 0x43));
  t.is(trace.lines[1]?.text, 'C3 ** ** 41 **');
});

test('a write that fails is in the trace, covered as any other', async (t) => {
  const { link } = await connected(t);
  const trace = new ByteTrace(1_000);
  const traced = new TracedLink(link, trace, realClock);
  link.abort('stop');
  traced.mask('all');
  await t.throwsAsync(traced.write(Uint8Array.of(0x31)), { instanceOf: LinkError });
  t.is(trace.lines[1]?.text, '**');
});

test('a trace keeps so many octets and counts the rest', (t) => {
  const trace = new ByteTrace(4);
  trace.add('out', Uint8Array.of(1, 2, 3), AT);
  trace.add('in', Uint8Array.of(4, 5, 6), AT);
  trace.add('in', Uint8Array.of(7), AT);
  t.deepEqual(
    trace.lines.map(({ text, octets }) => [text, octets]),
    [
      ['01 02 03', 3],
      ['04', 3],
    ],
  );
  t.is(trace.leftOut, 3);
  t.regex(trace.toText(), /3 octets more were not kept$/);
});

test('a trace of many notes has an end', (t) => {
  const trace = new ByteTrace(4);
  for (let index = 0; index < 10_000; index += 1) trace.note('x', AT);
  trace.add('out', Uint8Array.of(1), AT);
  t.is(trace.lines.length, 4_096);
  t.is(trace.leftOut, 1);
});

test('telephone numbers and pads go to the lines, traced where the action wants it', async (t) => {
  const { link } = await connected(t);
  const options = linksOptions();
  const seen: LineRequest[] = [];
  const lines = {
    open: async (request: LineRequest): Promise<Link> => {
      seen.push(request);
      return link;
    },
  };
  const rules = createAddressRules({ links: options, lines: { allowNumbers: [], denyNumbers: ['999*'] } });
  const opener = createLinkOpener({ clock: new FakeClock(), options, rules, lines });
  const request = { settings: settings('none', 8), priority: 'overnight', owner: 'action:1', connectTimeoutMs: 1 } as const;
  const telephone = { kind: 'telephone', dial: '07777', canonical: 'tel:07777' } as const;
  t.is(await opener.open({ ...request, address: telephone }, NEVER), link);
  const trace = new ByteTrace(10);
  const paknet = { kind: 'paknet', digits: '23400', canonical: 'paknet:23400' } as const;
  t.true((await opener.open({ ...request, address: paknet, trace }, NEVER)) instanceof TracedLink);
  t.deepEqual(
    seen.map(({ address }) => address.kind),
    ['telephone', 'paknet'],
  );
  await t.throwsAsync(opener.open({ ...request, address: { ...telephone, dial: '9991' } }, NEVER), { instanceOf: LinkError, code: 'not_allowed' });
  await t.throwsAsync(opener.open({ ...request, address: telephone }, AbortSignal.abort()), { instanceOf: LinkError, code: 'aborted' });
  t.is(seen.length, 2);
});
