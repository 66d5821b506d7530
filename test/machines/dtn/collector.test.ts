import test from 'ava';
import { createDtnMachine, slotOf, slotsAtStake } from '../../../machines/dtn/index.ts';
import { AT, d0151, d0155, dtnInput, kept, smallSettings, stepping, tells } from '../../support/machines/dtn-world.ts';

const collector = () => stepping(createDtnMachine(smallSettings), dtnInput);
const added = (change: Parameters<typeof d0151>[0] = {}, held?: Record<string, `${string}:${string}`>) =>
  ({ type: 'line.added', at: AT, flow: 'D0151', line: d0151(change), ...(held ? { held } : {}) }) as const;
const OTHER = { mpan: '1900012374324', reference: 'appointment:2', referenceKey: '1900012374324' } as const;

test('the first line of a recipient sets the flush reminder and is told that it waits', (t) => {
  const machine = collector();
  t.deepEqual(machine.send(added()), [
    { type: 'remind', params: { name: 'flush:D0151:LMOP', dueAt: AT + 60_000 } },
    { type: 'tell', params: { to: 'appointment:1', key: '2000056535971', event: { type: 'dtn.queued', fileId: null, text: 'waits for the next file' } } },
  ]);
  t.is(machine.snapshot.value, 'collecting');
});

test('the flush reminder makes one file of all that waits for the recipient', (t) => {
  const machine = stepping(createDtnMachine(), dtnInput);
  machine.send(added());
  machine.send(added(OTHER));
  const asked = machine.send({ type: 'reminder', name: 'flush:D0151:LMOP', dueAt: AT, at: AT });
  const [file] = tells(asked);
  t.is(tells(asked).length, 1);
  t.is(file?.to, 'dtn-file:SUPX:0000000001');
  t.is(file?.key, 'SUPX');
  t.is(file?.event.fileName, 'D0151_LMOP_0000000001.usr');
  t.is(file?.event.lines.length, 2);
  t.regex(file?.event.content, /ZPT\|0000000001\|4\|\|2\|/);
  t.is(machine.snapshot.value, 'idle');
});

test('a full queue is flushed at once and its reminder forgotten', (t) => {
  const machine = collector();
  machine.send(added());
  const asked = machine.send(added(OTHER));
  t.true(asked.some((ask) => ask.type === 'forget' && ask.params.name === 'flush:D0151:LMOP'));
  t.is(tells(asked).at(-1)?.event.type, 'file.made');
});

test('file ids have no gap, and test files are counted apart', (t) => {
  const machine = collector();
  const ids: string[] = [];
  for (const change of [{}, { test: true }, { recipient: 'OMOP' }]) {
    machine.send(added(change));
    ids.push(...tells(machine.send({ type: 'flush', at: AT })).map((told) => told.event.fileId));
  }
  t.deepEqual(ids, ['0000000001', 'TR00000001', '0000000002']);
});

test('one file per recipient, flow and test flag', (t) => {
  const machine = collector();
  machine.send(added());
  machine.send(added({ ...OTHER, recipient: 'OMOP' }));
  machine.send(added({ test: true }));
  machine.send({ type: 'line.added', at: AT, flow: 'D0155', line: d0155() });
  t.deepEqual(
    tells(machine.send({ type: 'flush', at: AT })).map((told) => told.event.fileName),
    ['D0151_LMOP_0000000001.usr', 'D0151_OMOP_0000000002.usr', 'D0151_LMOP_TR00000001.usr', 'D0155_LMOP_0000000003.usr'],
  );
});

test('a line that waits already is kept once, and both who asked hear of it', (t) => {
  const machine = collector();
  machine.send(added());
  machine.send(added({ reference: 'appointment:9' }));
  const [file] = tells(machine.send({ type: 'flush', at: AT }));
  t.is(file?.event.lines.length, 1);
  t.deepEqual(file?.event.lines[0].also, [{ to: 'appointment:9', key: '2000056535971' }]);
});

test('a line that a file holds is not added; the file is asked', (t) => {
  const machine = collector();
  const slot = slotOf('D0151', d0151());
  const asked = machine.send(added({}, { [slot]: 'dtn-file:SUPX:0000000007' }));
  t.deepEqual(tells(asked), [
    { to: 'dtn-file:SUPX:0000000007', key: 'SUPX', event: { type: 'line.asked', slot, reference: { to: 'appointment:1', key: '2000056535971' } } },
  ]);
  t.is(machine.snapshot.value, 'idle');
});

test('a line that another file took meanwhile is left out of the flush', (t) => {
  const machine = stepping(createDtnMachine(), dtnInput);
  machine.send(added());
  machine.send(added(OTHER));
  const told = tells(machine.send({ type: 'flush', at: AT, held: { [slotOf('D0151', d0151())]: 'dtn-file:SUPY:0000000001' } }));
  t.deepEqual(
    told.map(({ to, key }) => [to, key]),
    [
      ['dtn-file:SUPY:0000000001', 'SUPY'],
      ['dtn-file:SUPX:0000000001', 'SUPX'],
    ],
  );
  t.is(told[1]?.event.lines.length, 1);
});

test('nothing is written when every line of the flush is held elsewhere, and no id is used', (t) => {
  const machine = collector();
  machine.send(added());
  machine.send({ type: 'flush', at: AT, held: { [slotOf('D0151', d0151())]: 'dtn-file:SUPY:0000000001' } });
  t.is(machine.snapshot.context.lastFile, 0);
});

test('the slots at stake are those of the line, and of the queue when it flushes', (t) => {
  const machine = collector();
  const settings = smallSettings;
  t.deepEqual(slotsAtStake(machine.snapshot.context, added(), settings), ['d0151:2000056535971:LMOP:CA:2026-03-29']);
  machine.send(added());
  t.is(slotsAtStake(machine.snapshot.context, added(OTHER), settings).length, 2);
  t.is(slotsAtStake(machine.snapshot.context, { type: 'reminder', name: 'flush:D0151:LMOP', dueAt: AT, at: AT }, settings).length, 1);
});

test('a test line has a slot of its own', (t) => {
  t.not(slotOf('D0151', d0151()), slotOf('D0151', d0151({ test: true })));
});

const cancelled = { type: 'line.cancelled', at: AT, mpan: '2000056535971', recipient: 'LMOP', reason: 'CA', effectiveTo: '2026-03-29' } as const;

test('a cancelled line does not go out, and an empty queue has no reminder', (t) => {
  const machine = collector();
  machine.send(added());
  t.deepEqual(machine.send(cancelled), [{ type: 'forget', params: { name: 'flush:D0151:LMOP' } }]);
  t.is(machine.snapshot.value, 'idle');
});

test('a cancellation by one of two leaves the line for the other', (t) => {
  const machine = collector();
  machine.send(added());
  machine.send(added({ reference: 'appointment:9' }));
  machine.send({ ...cancelled, reference: 'appointment:1' });
  const [file] = tells(machine.send({ type: 'flush', at: AT }));
  t.is(file?.event.lines[0].line.reference, 'appointment:9');
});

test('a cancellation by somebody else changes nothing', (t) => {
  const machine = collector();
  machine.send(added());
  machine.send({ ...cancelled, reference: 'appointment:77' });
  t.is(machine.snapshot.value, 'collecting');
});

test('a cancellation after the file was made has no effect', (t) => {
  const machine = collector();
  machine.send(added());
  machine.send({ type: 'flush', at: AT });
  t.deepEqual(machine.send(cancelled), []);
});

test('a cancellation after the file was made reaches the file, so that a refusal does not send the line again', (t) => {
  const machine = collector();
  machine.send(added());
  machine.send({ type: 'flush', at: AT });
  const slot = slotOf('D0151', d0151());
  const event = { type: 'line.unwanted', slots: [slot, `test:${slot}`], reference: 'appointment:1' };
  const told = [{ type: 'tell', params: { to: 'dtn-file:SUPX:0000000001', key: 'SUPX', event } }];
  t.deepEqual(slotsAtStake(machine.snapshot.context, cancelled, smallSettings), event.slots);
  t.deepEqual(machine.send({ ...cancelled, reference: 'appointment:1', held: { [slot]: 'dtn-file:SUPX:0000000001' } }), told as never);
  t.deepEqual(machine.send({ ...cancelled, reference: 'appointment:1', fileId: '0000000001' }), told as never, 'the file was refused: its slots are free');
});

for (const [change, field] of [
  [{ mpan: '123' }, 'mpan'],
  [{ recipient: 'TOOLONG' }, 'recipient'],
  [{ registrationEffectiveFrom: '2024-02-30' }, 'registrationEffectiveFrom'],
  [{ effectiveTo: '' }, 'effectiveTo'],
  [{ reason: 'XX' as 'CA' }, 'reason'],
  [{ newSupplier: 'a' }, 'newSupplier'],
] as const) {
  test(`a line with a bad ${field} fails with the field named, and the rest goes on`, (t) => {
    const machine = collector();
    const asked = machine.send(added(change));
    t.is(tells(asked)[0]?.event.type, 'dtn.failed');
    t.true(tells(asked)[0]?.event.text.startsWith(`${field}: `));
    t.is(asked[1]?.params.code, 'dtn_line_invalid');
    t.is(machine.snapshot.value, 'idle');
  });
}

const refused = { type: 'file.refused', at: AT, fileId: '0000000009', flow: 'D0151', recipient: 'LMOP', test: false, refusals: 1 } as const;

test('a refused file goes out again under a new id', (t) => {
  const machine = collector();
  const [file] = tells(machine.send({ ...refused, lines: [kept()] }));
  t.is(file?.event.fileId, '0000000001');
  t.is(file?.event.replaces, '0000000009');
  t.is(file?.event.refusals, 1);
  t.true(file?.event.content.startsWith('ZHV|0000000001|'));
});

test('a refused line that waits again already is not sent twice', (t) => {
  const machine = collector();
  machine.send(added({ reference: 'appointment:9' }));
  const told = tells(machine.send({ ...refused, lines: [kept()] }));
  t.deepEqual(
    told.map(({ to, event }) => [to, event.type]),
    [['appointment:1', 'dtn.queued']],
  );
  const [file] = tells(machine.send({ type: 'flush', at: AT }));
  t.is(file?.event.lines.length, 1);
  t.is(file?.event.lines[0].also.length, 1);
});

test('a refused line that went out meanwhile is not sent twice', (t) => {
  const machine = collector();
  const told = tells(machine.send({ ...refused, lines: [kept()], held: { [kept().slot]: 'dtn-file:SUPX:0000000010' } }));
  t.deepEqual(
    told.map(({ to, event }) => [to, event.type]),
    [['dtn-file:SUPX:0000000010', 'line.asked']],
  );
});
