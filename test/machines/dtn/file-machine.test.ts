import test from 'ava';
import { createDtnFileMachine, type DtnFileEvent } from '../../../machines/dtn/index.ts';
import { AT, dtnFileEvents, kept, smallSettings, stepping, tells } from '../../support/machines/dtn-world.ts';

const made = dtnFileEvents[0] as Extract<DtnFileEvent, { type: 'file.made' }>;
const ID = '0000000001';
const taken = { type: 'file.taken', at: AT, fileId: ID } as const;
const receipt = (outcome: 'acknowledged' | 'refused', text = '') => ({ type: 'file.receipt', at: AT, fileId: ID, outcome, text }) as const;

function file(change: Partial<typeof made> = {}) {
  const machine = stepping(createDtnFileMachine(smallSettings), { mpid: 'SUPX', fileId: ID, at: AT });
  const asked = machine.send({ ...made, ...change });
  return { machine, asked };
}
const types = (asked: Parameters<typeof tells>[0]) => tells(asked).map(({ to, event }) => `${to} ${event.type}`);

test('a new file claims the slots of its lines and is written', (t) => {
  const { machine, asked } = file();
  t.deepEqual(
    machine.snapshot.context.claim,
    made.lines.map((line) => line.slot),
  );
  t.deepEqual(
    asked.map((ask) => ask.type),
    ['writeDtnFile'],
  );
  t.is(asked[0]?.params.content, made.content);
});

test('the claim belongs to the step that made it', (t) => {
  const { machine } = file();
  machine.send({ type: 'reminder', name: 'unknown', dueAt: AT, at: AT });
  t.deepEqual(machine.snapshot.context.claim, []);
});

test('a taken file reports its lines as sent and waits for the receipt', (t) => {
  const { machine } = file();
  const asked = machine.send(taken);
  t.deepEqual(types(asked), ['appointment:1 dtn.sent', 'appointment:2 dtn.sent']);
  t.is(tells(asked)[0]?.event.fileId, ID);
  t.deepEqual(asked[0], { type: 'remind', params: { name: 'receipt', dueAt: AT + 86_400_000 } });
});

test('an acknowledgement reports and keeps the slots', (t) => {
  const { machine } = file();
  machine.send(taken);
  t.deepEqual(types(machine.send(receipt('acknowledged'))), ['appointment:1 dtn.acknowledged', 'appointment:2 dtn.acknowledged']);
  t.deepEqual(machine.snapshot.context.release, []);
  t.is(machine.snapshot.value, 'acknowledged');
});

test('an acknowledgement before the news of the hand-over means both, and the file is offered no more', (t) => {
  const { machine } = file({ lines: [kept()] });
  const asked = machine.send(receipt('acknowledged'));
  t.deepEqual(types(asked), ['appointment:1 dtn.sent', 'appointment:1 dtn.acknowledged']);
  t.true(asked.some((ask) => ask.type === 'withdraw' && ask.params.name === `file:${ID}`));
  t.deepEqual(machine.send(taken), []);
});

test('a refusal gives up the slots, tells the lines, and sends again after a pause', (t) => {
  const { machine } = file();
  machine.send(taken);
  const asked = machine.send(receipt('refused', 'bad header'));
  t.deepEqual(types(asked), ['appointment:1 dtn.rejected', 'appointment:2 dtn.rejected']);
  t.is(machine.snapshot.context.release.length, 2);
  t.deepEqual(asked.find((ask) => ask.type === 'remind')?.params, { name: 'resend', dueAt: AT + 60_000 });
  t.true(asked.some((ask) => ask.params.code === 'dtn_file_refused'));
});

test('the lines of a refused file go back to the collector, corrected', (t) => {
  const { machine } = file({ lines: [kept({ additionalInformation: 'odd' })] });
  machine.send(receipt('refused'));
  const [told] = tells(machine.send({ type: 'reminder', name: 'resend', dueAt: AT, at: AT }));
  t.is(told?.to, 'dtn:SUPX');
  t.is(told?.event.refusals, 1);
  t.is(told?.event.lines[0].line.additionalInformation, null);
  t.is(machine.snapshot.value, 'replaced');
});

for (const state of ['writing', 'waiting', 'refused'] as const) {
  test(`a line that is wanted no more while its file is ${state} does not go out again`, (t) => {
    const { machine } = file();
    const unwanted = { type: 'line.unwanted', at: AT, slots: [made.lines[0]!.slot], reference: 'appointment:1' } as const;
    if (state !== 'writing') machine.send(taken);
    if (state === 'refused') machine.send(receipt('refused'));
    t.is(machine.snapshot.value, state);
    t.deepEqual(machine.send(unwanted), []);
    if (state !== 'refused') machine.send(receipt('refused'));
    const [told] = tells(machine.send({ type: 'reminder', name: 'resend', dueAt: AT, at: AT }));
    t.deepEqual(
      (told!.event.lines as { line: { reference: string } }[]).map(({ line }) => line.reference),
      ['appointment:2'],
    );
  });
}

test('a refused file whose lines nobody wants any more is replaced by none', (t) => {
  const { machine } = file({ lines: [made.lines[0]!] });
  machine.send(receipt('refused'));
  machine.send({ type: 'line.unwanted', at: AT, slots: [made.lines[0]!.slot] });
  t.deepEqual(tells(machine.send({ type: 'reminder', name: 'resend', dueAt: AT, at: AT })), []);
  t.is(machine.snapshot.value, 'replaced');
});

test('where the receipt names a meter point, that one is to blame and goes apart', (t) => {
  const { machine } = file();
  machine.send(receipt('refused', 'unknown MPAN 1900012374324'));
  const told = tells(machine.send({ type: 'reminder', name: 'resend', dueAt: AT, at: AT }));
  t.deepEqual(
    told.map(({ event }) => [event.lines[0].line.mpan, event.refusals]),
    [
      ['2000056535971', 0],
      ['1900012374324', 1],
    ],
  );
});

test('a line that was blamed too often is given up, and the rest goes again', (t) => {
  const { machine } = file({ refusals: 1 });
  const asked = machine.send(receipt('refused', 'unknown MPAN 1900012374324'));
  t.deepEqual(types(asked), ['appointment:1 dtn.rejected', 'appointment:2 dtn.rejected', 'appointment:2 dtn.failed']);
  t.true(asked.some((ask) => ask.params.code === 'dtn_lines_failed'));
  t.is(machine.snapshot.value, 'refused');
});

test('a file whose every line was blamed too often fails', (t) => {
  const { machine } = file({ refusals: 1 });
  machine.send(receipt('refused', 'no'));
  t.is(machine.snapshot.value, 'failed');
});

test('a replacement tells its lines that they are queued under the new id', (t) => {
  const { asked } = file({ replaces: '0000000000', lines: [kept()] });
  t.deepEqual(types(asked), ['appointment:1 dtn.queued']);
  t.is(tells(asked)[0]?.event.fileId, ID);
});

test('a test file is as good as sent once it is kept, and waits for nothing', (t) => {
  const { machine, asked } = file({ test: true, lines: [kept({ test: true })] });
  t.true(asked[0]?.params.test);
  const after = machine.send(taken);
  t.deepEqual(types(after), ['appointment:1 dtn.sent']);
  t.false(after.some((ask) => ask.type === 'remind'));
  t.is(machine.snapshot.value, 'recorded');
});

test('silence of the gateway raises an alert, and the receipt clears it', (t) => {
  const { machine } = file();
  machine.send(taken);
  t.is(machine.send({ type: 'reminder', name: 'receipt', dueAt: AT, at: AT })[0]?.params.code, 'dtn_receipt_missing');
  t.true(machine.send(receipt('acknowledged')).some((ask) => ask.type === 'clearAlert' && ask.params.code === 'dtn_receipt_missing'));
});

test('receipts that contradict each other raise an alert and change nothing', (t) => {
  for (const [first, second] of [
    ['acknowledged', 'refused'],
    ['refused', 'acknowledged'],
  ] as const) {
    const { machine } = file();
    machine.send(receipt(first));
    const before = machine.snapshot.value;
    t.deepEqual(
      machine.send(receipt(second)).map((ask) => ask.params.code),
      ['dtn_receipt_contradiction'],
    );
    t.is(machine.snapshot.value, before);
  }
});

test('the same receipt twice is one', (t) => {
  const { machine } = file();
  machine.send(receipt('acknowledged'));
  t.deepEqual(machine.send(receipt('acknowledged')), []);
});

test('who asks for a line of this file hears where it stands, and what comes later', (t) => {
  const { machine } = file({ lines: [kept()] });
  const ask = { type: 'line.asked', at: AT, slot: kept().slot, reference: { to: 'appointment:7', key: 'k' } } as const;
  t.deepEqual(types(machine.send(ask)), ['appointment:7 dtn.queued']);
  t.deepEqual(types(machine.send(taken)), ['appointment:1 dtn.sent', 'appointment:7 dtn.sent']);
  t.deepEqual(types(machine.send(ask)), ['appointment:7 dtn.sent']);
  machine.send(receipt('acknowledged'));
  t.deepEqual(types(machine.send(ask)), ['appointment:7 dtn.sent', 'appointment:7 dtn.acknowledged']);
});
