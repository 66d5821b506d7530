/** Whatever a meter or its line does wrong: what the caller is told, and what reached the meter's clock. */
import test from 'ava';
import type { Faults } from '../../../ops/sim/meters/index.ts';
import { atMost } from '../../support/at-most.ts';
import { type Faulty, faultySession, SESSION_MS, sessionWith } from '../../support/meters/faulty.ts';
import { meterFarm } from '../../support/meters/house.ts';
import { METERS, type Protocol } from '../../support/meters/specs.ts';

interface Expected {
  readonly result: string | RegExp;
  /** Of the reading after the write. */
  readonly after?: RegExp;
  /** What is noted for people; the reason of a partial success. */
  readonly told?: RegExp;
  /** What the meter says of the clock writes that it received; none where it is not given. */
  readonly writes?: readonly string[];
}
type Case = readonly [protocol: Protocol, expected: Expected, given?: Faulty];

const SET: Expected = { result: 'SUCCESS', after: /^[+-][01]s$/, writes: ['applied'] };
const FIVE: readonly Protocol[] = ['elster', 'edmi', 'emlite', 'dlms wrapper', 'dlms hdlc'];
const FOUR: readonly Protocol[] = ['elster', 'edmi', 'dlms wrapper', 'dlms hdlc'];
const all = (protocols: readonly Protocol[], expected: Expected, given?: Faulty): readonly Case[] =>
  protocols.map((protocol) => (given ? [protocol, expected, given] : [protocol, expected]));
const partial = (told: RegExp, after: RegExp, writes: readonly string[]): Expected => ({ result: 'PARTIAL SUCCESS', told, after, writes });

const wrong = (protocol: Protocol): Faulty => ({ password: protocol === 'edmi' ? 'EDMI,NOTTHIS' : 'NOT-THIS' });
const HUNG_UP = 'the meter hung up during log-in (the far side closed the connection); the password may be wrong';
const UNKNOWN = /^set: outcome of the write unknown/;

/** By fault: the meter's, and what comes of it. */
const TABLE: Readonly<Record<string, { readonly faults?: Faults; readonly cases: readonly Case[] }>> = {
  'no fault': { cases: all(FIVE, SET) },
  'a clock that drifts': { cases: all(FIVE, SET, { spec: { clock: { offsetSeconds: 60, driftPpm: 20_000 } } }) },
  'slow replies': { faults: { replyDelayMs: 100 }, cases: all(FIVE, SET) },
  'replies that are dropped': { faults: { dropRate: 0.15 }, cases: all(['edmi', 'dlms hdlc'], SET, { spec: { seed: 5 } }) },
  'requests that are dropped': { faults: { requestDropRate: 0.15 }, cases: all(['edmi', 'emlite'], SET, { spec: { seed: 5 } }) },
  'noise on the line': { faults: { noiseRate: 0.1 }, cases: all(['edmi', 'emlite'], SET, { spec: { seed: 5 } }) },
  'wrong check sequences': { faults: { badCheckRate: 0.15 }, cases: all(['edmi', 'emlite', 'dlms hdlc'], SET, { spec: { seed: 5 } }) },
  'nothing but wrong check sequences': {
    faults: { badCheckRate: 1 },
    cases: [
      ['elster', { result: 'ERROR: sign-on: the meter broke the rules of the link' }],
      ['edmi', { result: 'ERROR: sign-on: no answer' }],
      ['emlite', { result: 'ERROR: serial: no answer' }],
      ['dlms hdlc', { result: 'ERROR: log-in: no answer' }],
    ],
  },
  'a wrong password': {
    cases: [
      ['elster', { result: 'ERROR: log-in: password refused (NAK)' }, wrong('elster')],
      ['edmi', { result: 'ERROR: log-in: password refused (CAN, bad-user-or-password)' }, wrong('edmi')],
      ...all(['dlms wrapper', 'dlms hdlc'], { result: 'ERROR: log-in: password refused by the meter (authentication-failure)' }, wrong('dlms hdlc')),
    ],
  },
  'a wrong password that is answered by an error code': {
    faults: { wrongPassword: 'error' },
    cases: [
      ['elster', { result: 'ERROR: log-in: password refused (ERR1, invalid-command)' }, wrong('elster')],
      ['edmi', { result: 'ERROR: log-in: password refused (CAN 4, access-denied)' }, wrong('edmi')],
      ['dlms wrapper', { result: 'ERROR: log-in: rejected by the meter (no-reason-given)' }, wrong('dlms wrapper')],
    ],
  },
  'a wrong password that ends the link': {
    faults: { wrongPassword: 'break' },
    cases: [
      ['elster', { result: 'ERROR: log-in: password refused (B0)' }, wrong('elster')],
      ['edmi', { result: `ERROR: log-in: ${HUNG_UP}` }, wrong('edmi')],
      ['dlms wrapper', { result: `ERROR: log-in: ${HUNG_UP}` }, wrong('dlms wrapper')],
      ['dlms hdlc', { result: 'ERROR: log-in: the meter hung up during log-in (the meter has disconnected); the password may be wrong' }, wrong('dlms hdlc')],
    ],
  },
  'a wrong password that is not answered': {
    faults: { wrongPassword: 'silent' },
    cases: (['elster', 'edmi', 'dlms wrapper'] as const).map((protocol) => [protocol, { result: 'ERROR: log-in: no answer' }, wrong(protocol)]),
  },
  'another serial number': {
    faults: { serialNumber: 'OTHER777' },
    cases: all(FIVE, { result: /^ERROR: serial number does not match, the meter gave (LGZ)?OTHER777$/ }),
  },
  'a reboot in mid-session': {
    faults: { reboot: { afterRequests: 2, silentMs: 300 } },
    cases: [
      ['edmi', SET],
      ['dlms hdlc', SET],
      ['elster', { result: 'ERROR: clock: no answer' }],
    ],
  },
  'a reboot that takes the connection with it': {
    faults: { reboot: { afterRequests: 2, closes: true } },
    cases: all(['elster', 'edmi'], { result: 'ERROR: clock: the far side closed the connection' }),
  },
  'the link ended by the meter in mid-session': {
    faults: { disconnect: { afterRequests: 2 } },
    cases: [
      ['edmi', SET],
      ['dlms hdlc', SET],
      ['elster', { result: 'ERROR: clock: the meter has disconnected' }],
      ['dlms wrapper', partial(UNKNOWN, /^ERROR: verify: the far side closed the connection$/, [])],
    ],
  },
  'answers in blocks': { faults: { blocks: true }, cases: all(['elster', 'dlms wrapper', 'dlms hdlc'], SET) },
  'octet strings that stand twice': { faults: { doubledOctetString: true }, cases: all(['dlms wrapper', 'dlms hdlc'], SET) },
  'lengths of the AARE that are short': { faults: { shortBerLengths: true }, cases: all(['dlms wrapper', 'dlms hdlc'], SET) },
  'ports of the wrapper that are not swapped': {
    faults: { unswappedPorts: true },
    cases: [
      ['dlms wrapper', SET],
      ['dlms wrapper', SET, { spec: { meterType: 'CEWEPRO100', serialNumber: '50123456' } }],
    ],
  },
  'a clock that refuses to be set': {
    faults: { clockSet: 'refuse' },
    cases: [
      ['elster', partial(/^set: clock: the meter refused the write \(ERR/, /^ERROR: set: clock: the meter refused/, ['refused', 'refused'])],
      ['edmi', partial(/^set: clock: the meter refused the write \(CAN 4, access-denied\)$/, /^ERROR: set: clock/, ['refused'])],
      ['emlite', partial(/^set: clock: the meter refused the write \(result 6, not-granted\)$/, /^ERROR: set: clock/, ['refused'])],
      ...all(['dlms wrapper', 'dlms hdlc'], partial(/^set: clock write: read-write-denied \(3\)$/, /^ERROR: set: clock write/, ['refused'])),
    ],
  },
  'a clock that says it is set and is not': {
    faults: { clockSet: 'ignore' },
    cases: all(FIVE, partial(/^verify: the update did not take, the clock is off by \+(59|60|61)s$/, /^\+(59|60|61)s$/, ['ignored'])),
  },
  'a write that is lost': { faults: { loseWrites: 1 }, cases: all(FIVE, SET) },
  'writes that are always lost': {
    faults: { loseWrites: 99 },
    cases: all(
      ['elster', 'edmi', 'emlite', 'dlms wrapper'],
      partial(/^set: outcome of the write unknown: no answer; the clock is still off by \+(59|60|61)s$/, /^\+(59|60|61)s$/, []),
    ),
  },
  'a lost reply to the write': { faults: { loseWriteReplies: 1 }, cases: all(FIVE, SET) },
  'silence from the write on': {
    faults: { loseWriteReplies: 1, lostReply: 'mute' },
    cases: [...all(['elster', 'edmi', 'dlms wrapper'], partial(UNKNOWN, /^ERROR: verify: no answer$/, ['applied'])), ['emlite', SET]],
  },
  'the connection closed in place of the reply to the write': {
    faults: { loseWriteReplies: 1, lostReply: 'close' },
    cases: all(FIVE, partial(UNKNOWN, /^ERROR: verify: the far side closed the connection$/, ['applied'])),
  },
  'a half-open connection': {
    faults: { halfOpen: true },
    cases: [
      ...all(['elster', 'edmi'], { result: 'ERROR: sign-on: no answer' }),
      ...all(['dlms wrapper', 'dlms hdlc'], { result: 'ERROR: log-in: no answer' }),
      ['emlite', { result: 'ERROR: serial: no answer' }],
    ],
  },
};

const apart = atMost(12);

for (const [fault, { faults, cases }] of Object.entries(TABLE)) {
  for (const [protocol, expected, given = {}] of cases) {
    const type = given.spec?.meterType === undefined ? '' : ` (${given.spec.meterType})`;
    test(`${fault}, ${protocol}${type}: ${expected.result}`, async (t) => {
      t.timeout(60_000);
      const { result, status, farm, tookMs } = await apart(() => faultySession(t, protocol, { ...given, ...(faults ? { faults } : {}) }));
      const text = status.result;
      t.true(typeof expected.result === 'string' ? text === expected.result : expected.result.test(text), text);
      t.regex(status.meterTimeOffsetPostUpdate ?? '', expected.after ?? /^$/);
      if (expected.told) t.regex(result.failure?.text ?? '', expected.told);
      const records = farm.records();
      t.deepEqual(
        records.map(({ outcome }) => outcome),
        [...(expected.writes ?? [])],
      );
      t.true(records.every(({ writesSinceClockRead, clockReads }) => writesSinceClockRead === 0 && clockReads > 0));
      t.true(tookMs < SESSION_MS, `${tookMs} ms`);
    });
  }
}

for (const protocol of FOUR) {
  test(`a meter that locked itself after wrong passwords, ${protocol}: the right one is refused too, and is not tried twice`, async (t) => {
    const farm = await meterFarm(t, [{ ...METERS[protocol], faults: { lockAfter: 2 } }]);
    const told: string[] = [];
    for (const given of [wrong(protocol), wrong(protocol), {}]) told.push((await apart(() => sessionWith(farm, given))).status.result);
    t.true(
      told.every((text) => text.startsWith('ERROR: log-in: password refused')),
      told.join('; '),
    );
    t.is(farm.stats(0).wrongPasswords, 2);
    t.deepEqual(farm.records(), []);
  });
}

for (const [protocol, stage] of [
  ['elster', 'sign-on'],
  ['edmi', 'sign-on'],
  ['emlite', 'serial'],
  ['dlms wrapper', 'log-in'],
  ['dlms hdlc', 'log-in'],
] as const) {
  test.serial(`a meter that sends without end, ${protocol}: it is cut off at the limit`, async (t) => {
    const { status, farm, tookMs } = await faultySession(t, protocol, { faults: { endless: true }, maxOctetsIn: 20_000 });
    t.is(status.result, `ERROR: ${stage}: the meter sent more than 20000 octets`);
    t.deepEqual(farm.records(), []);
    t.true(tookMs < SESSION_MS, `${tookMs} ms`);
  });
}
