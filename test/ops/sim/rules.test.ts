import test from 'ava';
import { type Rule, seededMpan } from '../../../ops/sim/market/index.ts';
import { RuleBook } from '../../../ops/sim/market/rules.ts';
import { checkAppointment } from '../../../ops/sim/market/schema.ts';
import { type Ask, appointment, interfaceOf, type Message, MPAN, marketTest, type Rig, surOf } from './rig.ts';

const LINKED = seededMpan(1);

/** `IF-035 [MSAppAccepted] A` and so on. */
function brief(message: Message): string {
  const { CommonBlock: common, CustomBlock: custom } = message;
  const code = common.R0?.responseCode ?? (custom.B007 as { responseCode?: string } | undefined)?.responseCode;
  return [interfaceOf(message), common.S0?.eventCode, ...(code === undefined ? [] : [code])].join(' ');
}

async function answersTo(rig: Rig, rule: Rule, count: number, ask: Ask = {}): Promise<Message[]> {
  await rig.rules(rule);
  await rig.send(appointment(ask));
  await rig.receiver.received(count);
  const { flows } = await rig.control<{ flows: { messages: unknown[] }[] }>('GET', '/sim/flows');
  return flows[0]?.messages.length === count ? rig.receiver.messages : [];
}

const ORDERED: [string, Rule, string[]][] = [
  ['accepts', {}, ['IF-032 [MSAppInitialResp] A', 'IF-035 [MSAppAccepted] A', 'IF-036 [MSAppActive]']],
  ['rejects by the registry with any code', { initial: { code: 'R', messages: ['REG1021 - no'] } }, ['IF-032 [MSAppInitialResp] R']],
  ['rejects by the provider with any code', { outcome: { code: 'R', text: 'SP005 - Segment' } }, ['IF-032 [MSAppInitialResp] A', 'IF-035 [MSAppRejected] R']],
  ['lapses', { outcome: { code: 'L' } }, ['IF-032 [MSAppInitialResp] A', 'IF-035 [MSAppLapsed] L']],
  ['is silent after the initial response', { outcome: 'silent' }, ['IF-032 [MSAppInitialResp] A']],
  ['is silent after acceptance', { active: 'silent' }, ['IF-032 [MSAppInitialResp] A', 'IF-035 [MSAppAccepted] A']],
  ['leaves out only the initial response', { initial: 'silent', outcome: { code: 'A' } }, ['IF-035 [MSAppAccepted] A', 'IF-036 [MSAppActive]']],
  [
    'warns in the initial response',
    { initial: { code: 'W', messages: ['REG0001 - look'] } },
    ['IF-032 [MSAppInitialResp] W', 'IF-035 [MSAppAccepted] A', 'IF-036 [MSAppActive]'],
  ],
  ['leaves R0 out', { initial: { code: null } }, ['IF-032 [MSAppInitialResp]', 'IF-035 [MSAppAccepted] A', 'IF-036 [MSAppActive]']],
  [
    'warns and obfuscates before it accepts',
    { outcome: [{ code: 'W' }, { code: 'x' }, { code: 'A' }] },
    ['IF-032 [MSAppInitialResp] A', 'IF-035 [MSAppAccepted] W', 'IF-035 [MSAppAccepted] x', 'IF-035 [MSAppAccepted] A', 'IF-036 [MSAppActive]'],
  ],
  [
    'withdraws after acceptance',
    { outcome: [{ code: 'A' }, { code: 'R', text: 'REG1089 - superseded' }] },
    ['IF-032 [MSAppInitialResp] A', 'IF-035 [MSAppAccepted] A', 'IF-035 [MSAppRejected] R'],
  ],
  ['disagrees in code and event', { outcome: { code: 'R', event: '[MSAppAccepted]' } }, ['IF-032 [MSAppInitialResp] A', 'IF-035 [MSAppAccepted] R']],
];
for (const [title, rule, expected] of ORDERED) {
  marketTest(`a rule ${title}`, {}, async (t, rig) => {
    const messages = await answersTo(rig, { ...rule, sequential: true }, expected.length);
    t.deepEqual(messages.map(brief), expected);
  });
}

type Stage = 'initial' | 'outcome' | 'active';
const ORDERS: Stage[][] = [
  ['initial', 'outcome', 'active'],
  ['initial', 'active', 'outcome'],
  ['outcome', 'initial', 'active'],
  ['outcome', 'active', 'initial'],
  ['active', 'initial', 'outcome'],
  ['active', 'outcome', 'initial'],
];
const NAMES = { initial: 'IF-032', outcome: 'IF-035', active: 'IF-036' };
for (const order of ORDERS) {
  marketTest(`answers arrive in the order ${order.join(', ')}`, {}, async (t, rig) => {
    const messages = await answersTo(rig, { order }, 3);
    t.deepEqual(
      messages.map(interfaceOf),
      order.map((stage) => NAMES[stage]),
    );
  });
}

const idsOf = (messages: readonly Message[], name: string): [string, string][] =>
  messages
    .filter((message) => interfaceOf(message) === name)
    .map((message) => [String(message.CommonBlock.S1?.senderUniqueReference), String(message.CommonBlock.D0?.transactionID)]);

marketTest('duplicates can repeat the transaction id', {}, async (t, rig) => {
  const messages = await answersTo(rig, { duplicate: 'transaction' }, 6);
  const [first, second] = idsOf(messages, 'IF-035');
  t.deepEqual(first, second);
});

marketTest('duplicates can repeat the reference under a new transaction id, as a replay does', {}, async (t, rig) => {
  const messages = await answersTo(rig, { duplicate: 'reference' }, 6);
  const [first, second] = idsOf(messages, 'IF-035');
  t.is(first?.[0], second?.[0]);
  t.not(first?.[1], second?.[1]);
  t.true(messages.some((message) => message.CommonBlock.D0?.replayIndicator === true));
});

marketTest('duplicates can be new messages with the same content', {}, async (t, rig) => {
  const messages = await answersTo(rig, { duplicate: 'content' }, 6);
  const [first, second] = idsOf(messages, 'IF-035');
  t.not(first?.[0], second?.[0]);
  t.not(first?.[1], second?.[1]);
});

marketTest('answers carry the correlation id that the synchronous answer gave', {}, async (t, rig) => {
  const { body } = await rig.send(appointment());
  const messages = await rig.receiver.received(3);
  for (const message of messages) {
    t.is(message.CommonBlock.S1?.senderCorrelationID, body.messageArray[0]?.correlationID);
    t.is(message.CommonBlock.D0?.initialCorrelationID, body.messageArray[0]?.correlationID);
  }
});

for (const meters of [0, 1, 3]) {
  marketTest(`IF-036 tells of ${meters} meters`, {}, async (t, rig) => {
    const messages = await answersTo(rig, { meters }, 3);
    const active = messages.find((message) => interfaceOf(message) === 'IF-036');
    const list = active?.CustomBlock.B905List as unknown as { existingMeter: { meterID: string } }[] | undefined;
    t.is(list?.length, meters === 0 ? undefined : meters);
    t.is(new Set(list?.map((entry) => entry.existingMeter.meterID)).size, meters);
  });
}

for (const meterValues of ['x', 'null'] as const) {
  marketTest(`meters can have ${meterValues} values`, {}, async (t, rig) => {
    const messages = await answersTo(rig, { meters: 1, meterValues }, 3);
    const active = messages.find((message) => interfaceOf(message) === 'IF-036');
    const [entry] = active!.CustomBlock.B905List as unknown as { existingMeter: { manufacturersMakeAndType: unknown; meterID: string } }[];
    t.is(entry?.existingMeter.manufacturersMakeAndType, meterValues === 'x' ? 'x' : null);
    t.regex(entry?.existingMeter.meterID ?? '', /^21J0\d{6}$/);
  });
}

marketTest('linked and related MPANs are named and aligned by scenario ALG', {}, async (t, rig) => {
  const related = seededMpan(2);
  const messages = await answersTo(rig, { linked: [LINKED], related: [related] }, 5);
  const actives = messages.filter((message) => interfaceOf(message) === 'IF-036');
  const primary = actives.find((message) => message.CommonBlock.M0?.MPANCore === MPAN);
  t.is((primary!.CustomBlock.B035List as unknown as { linkedImportExportMPAN: string }[])[0]?.linkedImportExportMPAN, LINKED);
  t.is((primary!.CustomBlock.B037List as unknown as { secondaryMPAN: string }[])[0]?.secondaryMPAN, related);
  const aligned = actives.filter((message) => (message.CustomBlock.B014 as { appointmentScenario: string } | undefined)?.appointmentScenario === 'ALG');
  t.deepEqual(aligned.map((message) => message.CommonBlock.M0?.MPANCore).sort(), [LINKED, related].sort());
});

marketTest('IF-036 can name another service or date than was asked for', {}, async (t, rig) => {
  const messages = await answersTo(rig, { active: { service: { dipId: '1200000026', mpid: 'MOPY' }, effectiveFrom: '2026-07-01' } }, 3);
  const block = messages.find((message) => interfaceOf(message) === 'IF-036')?.CustomBlock.B014 as unknown as Record<string, string>;
  t.is(block.incomingMeteringServiceMPID, 'MOPY');
  t.is(block.incomingMeteringServiceEffectiveFromDate, '2026-07-01T00:00:00+01:00');
});

for (const reason of ['CSUPP', 'CSERV', 'DEREG', 'CSEGM', 'CCONN', 'IMPEXP', 'RELATED']) {
  marketTest(`an IF-037 with reason ${reason} follows when a rule says so`, {}, async (t, rig) => {
    const messages = await answersTo(rig, { closures: [{ interface: 'IF-037', reason }] }, 4);
    const message = messages.find((one) => interfaceOf(one) === 'IF-037');
    const block = message?.CustomBlock.B008 as unknown as Record<string, string>;
    t.is(message?.CommonBlock.S0?.eventCode, '[MSDeApp]');
    t.is(block.deAppointmentReasonCode, reason);
    t.is(block.deAppointedMeteringServiceMPID, reason === 'CSUPP' || reason === 'DEREG' ? 'MOPX' : 'MOPY');
    t.is(message?.CustomBlock.B002 !== undefined, reason === 'CSUPP');
  });
}

const CLOSURES: [string, string[]][] = [
  ['[MSDeApp]', ['B008', 'B010']],
  ['[MSDeAppUpdate]', ['B010']],
  ['[DSDeApp]', ['B009']],
];
for (const [event, blocks] of CLOSURES) {
  marketTest(`IF-037 ${event} has its blocks`, {}, async (t, rig) => {
    await rig.control('POST', '/sim/inject', { mpan: MPAN, closure: { interface: 'IF-037', event } });
    const [message] = await rig.receiver.received(1);
    t.deepEqual(Object.keys(message?.CustomBlock ?? {}).sort(), blocks);
  });
}

const REVERSE: [string, string[]][] = [
  ['[MSDeAppRM]', ['B002', 'B008', 'B013', 'B095']],
  ['[DSDeAppRM]', ['B009']],
  ['[ReverseMigNotification]', ['B002', 'B013', 'B094']],
];
for (const [event, blocks] of REVERSE) {
  marketTest(`IF-003 ${event} has its blocks`, {}, async (t, rig) => {
    await rig.control('POST', '/sim/inject', { mpan: MPAN, closure: { interface: 'IF-003', event, legacyMop: { mpid: 'LMOP', effectiveFrom: '2026-09-15' } } });
    const [message] = await rig.receiver.received(1);
    t.deepEqual(Object.keys(message?.CustomBlock ?? {}).sort(), blocks);
    t.is(message?.CommonBlock.S0?.interfaceID, 'IF-003');
  });
}

marketTest('a status message reports a failure that the DIP found later', {}, async (t, rig) => {
  await rig.rules({ status: { message: 'MSG1001 - Schema Failure' } });
  const item = appointment();
  t.is((await rig.send(item)).status, 201);
  await rig.receiver.until(() => rig.receiver.callbacks.length === 1);
  const [callback] = rig.receiver.callbacks;
  t.is(callback?.path, '/dip/inbound/status');
  const [response] = JSON.parse(callback?.body ?? '[]');
  t.is(response.messageArray[0].senderUniqueReference, surOf(item));
  t.is(Object.keys(response.messageArray[0]).length, 10);
  t.is(response.messageArray[0].message, 'MSG1001 - Schema Failure');
});

marketTest('the registry rejects by its own checks', {}, async (t, rig) => {
  const cases: [Ask, string][] = [
    [{ mpan: '1000000000009' }, 'REG0000'],
    [{ effectiveFrom: '2026-07-01T00:00:00+00:00' }, 'REG1032'],
    [{ effectiveFrom: '2020-02-01T00:00:00+00:00' }, 'REG1024'],
    [{ effectiveFrom: '2040-02-01T00:00:00+00:00' }, 'REG1099'],
  ];
  const codes: unknown[] = [];
  for (const [index, [ask]] of cases.entries()) {
    await rig.send(appointment(ask));
    const messages = await rig.receiver.received(index + 1);
    codes.push(String((messages[index]!.CommonBlock.R0!.responseMessages as string[])[0]).slice(0, 7));
  }
  t.deepEqual(
    codes,
    cases.map(([, code]) => code),
  );
});

marketTest('the documented MPAN is accepted although its check digit is wrong', {}, async (t, rig) => {
  await rig.send(appointment({ mpan: '1234567890123', scenario: 'COS' }));
  await rig.receiver.received(3);
  t.true(rig.receiver.messages.map(brief).includes('IF-032 [MSAppInitialResp] A'));
});

marketTest('with scenario checks the registry knows who is appointed and who is migrated', { checkScenarios: true }, async (t, rig) => {
  const rejections: string[] = [];
  const unmigrated = seededMpan(7);
  for (const ask of [
    { scenario: 'CSP' },
    { scenario: 'CSP' },
    { scenario: 'MCA' },
    { scenario: 'CSP', mpan: unmigrated },
    { scenario: 'MCA', mpan: unmigrated },
  ]) {
    const item = appointment(ask);
    await rig.send(item);
    const { flow } = await rig.control<{ flow: { rejection: string | null } }>('GET', `/sim/surs?sur=${surOf(item)}`);
    rejections.push(flow.rejection?.slice(0, 7) ?? 'none');
  }
  t.deepEqual(rejections, ['none', 'REG1026', 'REG9007', 'REG9009', 'none']);
});

test('choices by probability depend on seed and reference alone', (t) => {
  const requests = Array.from({ length: 400 }, (_, index) => checkAppointment(appointment({ sur: `S-IF-031-2300000012-SUP-20260324-p${index}` })));
  const pick = (seed: string, order: typeof requests): string[] => {
    const book = new RuleBook(seed, [{ name: 'rare', match: { probability: 0.25 }, outcome: { code: 'L' } }]);
    return order.flatMap((checked) => (checked.ok && book.choose(checked.request) !== null ? [checked.request.sur] : [])).sort();
  };
  const picked = pick('a', requests);
  t.deepEqual(pick('a', requests.toReversed()), picked);
  t.notDeepEqual(pick('b', requests), picked);
  t.true(picked.length > 60 && picked.length < 140, String(picked.length));
});

test('a rule is used up after its times, and one for the MPAN goes before a general one', (t) => {
  const book = new RuleBook('s', [{ name: 'general' }, { name: 'own', match: { mpan: MPAN, times: 1 } }]);
  const checked = checkAppointment(appointment());
  if (!checked.ok) return t.fail();
  t.is(book.choose(checked.request)?.name, 'own');
  t.is(book.choose(checked.request)?.name, 'general');
});

marketTest('bad rules are refused by name of field and change nothing', {}, async (t, rig) => {
  const { error } = await rig.control<{ error: string }>('POST', '/sim/rules', { rules: [{ outcom: 'silent' }] });
  t.regex(error, /^rules\[0\]/);
  t.deepEqual(await rig.control('GET', '/sim/rules'), { rules: [] });
});

marketTest('rules stay in force over a restart', {}, async (t, rig) => {
  await rig.rules({ initial: { code: 'R' } });
  await rig.restart();
  await rig.send(appointment());
  const [message] = await rig.receiver.received(1);
  t.is(message === undefined ? '' : brief(message), 'IF-032 [MSAppInitialResp] R');
});
