/** Every type of meter from HTTPS to the meter's clock: over TCP, and by modems at a terminal server and at pseudo terminals. */
import test from 'ava';
import type { MeterSpec, SimMeterType } from '../../ops/sim/meters/options.ts';
import { Installation, type MeterField, type Placed, startMeterField, type Way } from '../support/process/index.ts';

const IEC = ['ELSTERA1700', 'ELSTERA1140', 'ELSTERAS230'] as const;
const BINARY = ['EDMIATLAS', 'EMLITECOP10', 'ISKRA_MX37X', 'LG_DLMS', 'CEWEPRO100'] as const;
const DLMS: ReadonlySet<string> = new Set(['ISKRA_MX37X', 'LG_DLMS', 'CEWEPRO100']);

const OFFSET_SECONDS = -95;

interface Case extends Placed {
  readonly title: string;
}

const WORDS: Readonly<Record<Way, string>> = { tcp: 'over TCP', terminal: 'by a modem at a terminal server', pty: 'by a modem at a pseudo terminal' };

const identity: Readonly<Record<(typeof IEC)[number] | (typeof BINARY)[number], (n: string) => Pick<MeterSpec, 'serialNumber' | 'password'>>> = {
  ELSTERA1700: (n) => ({ serialNumber: `E17K${n}`, password: 'ABCD0001' }),
  ELSTERA1140: (n) => ({ serialNumber: `E11K${n}`, password: 'ABCD0001' }),
  ELSTERAS230: (n) => ({ serialNumber: `E23K${n}`, password: 'ABCD0001' }),
  EDMIATLAS: (n) => ({ serialNumber: `21${n}`, password: 'EDMI,IMDEIMDE' }),
  EMLITECOP10: (n) => ({ serialNumber: `EML21${n}` }),
  ISKRA_MX37X: (n) => ({ serialNumber: `36${n}`, password: '12345678' }),
  LG_DLMS: (n) => ({ serialNumber: `95${n}`, password: '1234567' }),
  CEWEPRO100: (n) => ({ serialNumber: `50${n}`, password: '12345678' }),
};

function caseOf(meterType: keyof typeof identity & SimMeterType, way: Way, even: boolean, index: number): Case {
  const framing = way !== 'tcp' && DLMS.has(meterType) ? { framing: 'hdlc' as const } : {};
  return {
    title: `${meterType} ${WORDS[way]}${way === 'tcp' ? '' : even ? ', 7E1' : ', 8N1'}`,
    way,
    even,
    spec: { meterType, ...identity[meterType](String(index).padStart(6, '0')), ...framing, clock: { offsetSeconds: OFFSET_SECONDS } },
  };
}

const WAYS: readonly Way[] = ['tcp', 'terminal', 'pty'];
const cases: readonly Case[] = [
  ...[...IEC, ...BINARY].flatMap((type) => WAYS.map((way) => [type, way, false] as const)),
  ...IEC.flatMap((type) => (['terminal', 'pty'] as const).map((way) => [type, way, true] as const)),
].map(([type, way, even], index) => caseOf(type, way, even, index));

let installation: Installation;
let field: MeterField & { stop(): Promise<void> };
test.before(async () => {
  // Lines enough that no session waits long for another.
  field = await startMeterField(undefined, { placed: cases, modems: 6 });
  installation = await Installation.started(undefined, { settings: field.settings });
});
test.after.always(async () => {
  await installation.remove();
  await field.stop();
});

for (const [index, { title, spec }] of cases.entries()) {
  test(`${title}: the clock is read, set and read again`, async (t) => {
    const { mts } = installation;
    const ended = await mts.ended(await mts.update(field.bodies[index] ?? {}), 100_000);
    t.is(ended.result, 'SUCCESS', JSON.stringify(ended));
    t.true(ended.serialNumber?.endsWith(spec.serialNumber), ended.serialNumber);
    t.true(Math.abs(Number.parseInt(ended.meterTimeOffset ?? '', 10) - OFFSET_SECONDS) <= 1, ended.meterTimeOffset);
    t.regex(ended.meterTimeOffsetPostUpdate ?? '', /^[+-][01]s$/);
    t.true(Math.abs(field.farm.offset(index)) <= 1.5, `the meter is off by ${field.farm.offset(index)} s`);
    const writes = field.farm.records().filter(({ meter }) => meter === index);
    t.is(writes.length, 1);
    t.like(writes[0], { what: 'clock', outcome: 'applied', serialRead: true, writesSinceClockRead: 0 });
  });
}
