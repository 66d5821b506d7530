import { isDeepStrictEqual } from 'node:util';
import test from 'ava';
import {
  ActionReceiver,
  type ActionRequest,
  type ActionResult,
  ActionSender,
  type Apdu,
  action,
  BlockGatherer,
  type DataOrResult,
  decodeApdu,
  encodeApdu,
  GetReceiver,
  type GetRequest,
  GetSender,
  get,
  type LogicalReference,
  MAX_EMPTY_BLOCKS,
  ReadReceiver,
  ReadSender,
  read,
  SetReceiver,
  type SetRequest,
  SetSender,
  set,
  type WholeAction,
  type WholeSet,
} from '../../../../workers/codec/apdu/index.ts';
import { must, mustDecode } from '../../../../workers/codec/common/index.ts';
import type { DataValue } from '../../../../workers/codec/data/index.ts';
import fc from '../../../support/fc.ts';
import { actionResult, dataOrResult } from './arbitraries.ts';

const CLOCK: LogicalReference = { classId: 8, obis: [0, 0, 1, 0, 0, 255], id: 2 };
const C1 = { invokeId: 1, confirmed: true, highPriority: true } as const;
/** Enough rounds for any transfer here: a loop that needs more is endless. */
const ROUNDS = 5000;

const text: fc.Arbitrary<DataValue> = fc.uint8Array({ maxLength: 3000 }).map((octets) => ({ type: 'octet-string', octets }));
const size = fc.integer({ min: 32, max: 700 });

/** Over the wire: no APDU may be larger than agreed. */
function sent<A extends Apdu>(apdu: A, most: number): A {
  const octets = must(encodeApdu(apdu));
  if (most !== 0 && octets.length > most) throw new Error(`${octets.length} octets where ${most} were agreed`);
  return mustDecode(decodeApdu(octets)) as A;
}

function got<T extends object>(outcome: T): Exclude<T, { readonly code: string }> {
  if ('code' in outcome) throw new Error(JSON.stringify(outcome));
  return outcome as Exclude<T, { readonly code: string }>;
}

function readAll(request: GetRequest & { choice: 'normal' | 'with-list' }, results: readonly DataOrResult[], most: number): readonly DataOrResult[] {
  const meter = new GetSender(most);
  const client = new GetReceiver(request);
  let answer = got(meter.first(request, results));
  for (let round = 0; round < ROUNDS; round++) {
    const step = client.take(sent(answer.response, most));
    if (step.kind === 'done') return step.results;
    if (step.kind !== 'next' || step.request.choice !== 'next') throw new Error(JSON.stringify(step));
    answer = got(meter.next(step.request));
  }
  throw new Error('endless');
}

test('a value of any length is read through blocks of any size', (t) => {
  const request = get(CLOCK);
  fc.assert(fc.property(text, size, (data, most) => isDeepStrictEqual(readAll(request, [{ data }], most), [{ data }])));
  t.pass();
});

test('a list of answers is read through blocks of any size', (t) => {
  const lists = fc.array(
    fc.oneof(
      dataOrResult,
      text.map((data) => ({ data })),
    ),
    { minLength: 1, maxLength: 5 },
  );
  fc.assert(
    fc.property(lists, size, (results, most) => {
      const request = { pdu: 'get-request', choice: 'with-list', ...C1, attributes: results.map(() => ({ attribute: CLOCK })) } as const;
      return isDeepStrictEqual(readAll(request, results, most), structuredClone(results));
    }),
  );
  t.pass();
});

function writeAll(request: WholeSet, most: number, results: readonly number[]): { values: readonly DataValue[]; results: readonly number[] } {
  const client = new SetSender(request, most);
  const meter = new SetReceiver();
  let values: readonly DataValue[] = [];
  let step = client.first();
  for (let round = 0; round < ROUNDS; round++) {
    if (step.kind === 'done') return { values, results: step.results };
    if (step.kind !== 'next') throw new Error(JSON.stringify(step));
    const arrived: SetRequest = sent(step.request, most);
    const arrival = meter.take(arrived);
    if (arrival.kind === 'refused') throw new Error(JSON.stringify(arrival));
    if (arrival.kind === 'whole') values = structuredClone(arrival.values) as DataValue[];
    step = client.take(sent(arrival.kind === 'whole' ? got(meter.answer(arrived, results)) : arrival.response, most));
  }
  throw new Error('endless');
}

test('a value of any length is written through blocks of any size', (t) => {
  fc.assert(
    fc.property(text, size, fc.integer({ min: 0, max: 255 }), (data, most, result) =>
      isDeepStrictEqual(writeAll(set(CLOCK, data), most, [result]), { values: [data], results: [result] }),
    ),
  );
  t.pass();
});

test('a list of values is written through blocks of any size', (t) => {
  fc.assert(
    fc.property(fc.array(text, { minLength: 1, maxLength: 3 }), size, (values, most) => {
      const attributes = values.map(() => ({ attribute: CLOCK }));
      const results = values.map((_, index) => index);
      const request: WholeSet = { pdu: 'set-request', choice: 'with-list', ...C1, attributes, values };
      return isDeepStrictEqual(writeAll(request, most + 20, results), { values, results });
    }),
  );
  t.pass();
});

interface Done {
  readonly parameters: readonly (DataValue | undefined)[];
  readonly results: readonly ActionResult[];
}

function call(request: WholeAction, most: number, results: readonly ActionResult[]): Done {
  const client = new ActionSender(request, most);
  const meter = new ActionReceiver(most);
  let parameters: readonly (DataValue | undefined)[] = [];
  let step = client.first();
  for (let round = 0; round < ROUNDS; round++) {
    if (step.kind === 'done') return { parameters, results: step.results };
    if (step.kind !== 'next') throw new Error(JSON.stringify(step));
    const arrived: ActionRequest = sent(step.request, most);
    const arrival = meter.take(arrived);
    if (arrival.kind === 'refused') throw new Error(JSON.stringify(arrival));
    if (arrival.kind === 'whole') parameters = structuredClone(arrival.parameters) as DataValue[];
    step = client.take(sent(arrival.kind === 'whole' ? got(meter.answer(arrived, results)) : arrival.response, most));
  }
  throw new Error('endless');
}

const answers = fc.oneof(
  actionResult,
  text.map((data) => ({ actionResult: 0, returned: { data } })),
);

test('parameters and answers of an action of any length pass through blocks of any size', (t) => {
  fc.assert(
    fc.property(text, size, answers, (parameter, most, result) =>
      isDeepStrictEqual(call(action(CLOCK, parameter), most, [result]), { parameters: [parameter], results: [structuredClone(result)] }),
    ),
  );
  t.pass();
});

test('a list of actions passes through blocks of any size', (t) => {
  const pairs = fc.array(fc.tuple(text, answers), { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(pairs, size, (calls, most) => {
      const parameters = calls.map(([parameter]) => parameter);
      const results = calls.map(([, result]) => structuredClone(result) as ActionResult);
      const request: WholeAction = { pdu: 'action-request', choice: 'with-list', ...C1, methods: calls.map(() => CLOCK), parameters };
      return isDeepStrictEqual(call(request, most + 20, results), { parameters, results });
    }),
  );
  t.pass();
});

test('an SN read of any length passes through blocks of any size', (t) => {
  fc.assert(
    fc.property(fc.array(text, { minLength: 1, maxLength: 3 }), size, (values, most) => {
      const results = values.map((data) => ({ data }));
      const meter = new ReadSender(most);
      const client = new ReadReceiver(read(...values.map((_, index) => index * 8)));
      let answer = got(meter.first(results));
      for (let round = 0; round < ROUNDS; round++) {
        const step = client.take(sent(answer.response, most));
        if (step.kind === 'done') return isDeepStrictEqual(step.results, results);
        const variable = step.kind === 'next' ? sent(step.request, most).variables[0] : undefined;
        if (variable?.kind !== 'block-number') throw new Error(JSON.stringify(step));
        answer = got(meter.next(variable.blockNumber));
      }
      return false;
    }),
  );
  t.pass();
});

const block = (blockNumber: number, lastBlock = false, rawData: Uint8Array = Uint8Array.of(1)) => ({ blockNumber, lastBlock, rawData });

test('blocks that are repeated, skipped or late are refused, and nothing is taken after that', (t) => {
  for (const second of [1, 3]) {
    const gatherer = new BlockGatherer();
    gatherer.take(block(1));
    const step = gatherer.take(block(second));
    t.is(step.kind === 'failed' && step.error.code, 'bad_block');
    t.is(gatherer.take(block(2)).kind, 'failed');
  }
  const gatherer = new BlockGatherer();
  t.is(gatherer.take(block(1, true)).kind, 'whole');
  t.is(gatherer.take(block(2, true)).kind, 'failed');
});

test('blocks never gather more octets than the limit', (t) => {
  const gatherer = new BlockGatherer(10);
  t.is(gatherer.take(block(1, false, new Uint8Array(10))).kind, 'more');
  const step = gatherer.take(block(2, false, new Uint8Array(1)));
  t.is(step.kind === 'failed' && step.error.code, 'too_large');
});

test('a peer that sends blocks without octets is stopped', (t) => {
  const gatherer = new BlockGatherer();
  for (let number = 1; number <= MAX_EMPTY_BLOCKS; number++) t.is(gatherer.take(block(number, false, new Uint8Array(0))).kind, 'more');
  t.is(gatherer.take(block(MAX_EMPTY_BLOCKS + 1, false, new Uint8Array(0))).kind, 'failed');
});

test('the blocks that were gathered do not share memory with the input', (t) => {
  const gatherer = new BlockGatherer();
  const input = Uint8Array.of(7);
  const step = gatherer.take(block(1, true, input));
  input[0] = 0;
  t.deepEqual(step.kind === 'whole' && [...step.octets], [7]);
});

test('a long GET that the meter breaks off gives its reason', (t) => {
  const client = new GetReceiver(get(CLOCK));
  t.deepEqual(client.take({ pdu: 'get-response', choice: 'with-datablock', ...C1, lastBlock: true, blockNumber: 19, accessResult: 15 }), {
    kind: 'refused',
    accessResult: 15,
  });
});

test('joined octets that hold more, or less, than the value are refused', (t) => {
  const ask = (rawData: Uint8Array) => {
    const step = new GetReceiver(get(CLOCK)).take({ pdu: 'get-response', choice: 'with-datablock', ...C1, ...block(1, true, rawData) });
    return step.kind === 'failed' ? step.error.code : step.kind;
  };
  t.is(ask(Uint8Array.of(0x11, 5)), 'done');
  t.is(ask(Uint8Array.of(0x11, 5, 0)), 'trailing_octets');
  t.is(ask(Uint8Array.of(0x12, 5)), 'truncated');
});

test('an answer with another invoke id is refused', (t) => {
  const step = new GetReceiver(get(CLOCK)).take({ pdu: 'get-response', choice: 'normal', ...C1, invokeId: 2, accessResult: 1 });
  t.is(step.kind === 'failed' && step.error.code, 'bad_block');
});

test('a meter answers a block out of turn with data-block-number-invalid and forgets the transfer', (t) => {
  const request = get(CLOCK);
  const meter = new GetSender(64);
  meter.first(request, [{ data: { type: 'octet-string', octets: new Uint8Array(500) } }]);
  const next = (blockNumber: number) => got(meter.next({ pdu: 'get-request', choice: 'next', ...C1, blockNumber })).response;
  t.true('rawData' in next(1));
  t.like(next(1), { accessResult: 19, lastBlock: true });
  t.like(next(2), { accessResult: 19 });
});

test('a meter refuses SET and ACTION blocks that nothing began', (t) => {
  const arrival = new SetReceiver().take({ pdu: 'set-request', choice: 'with-datablock', ...C1, ...block(2) });
  t.like(arrival.kind === 'refused' && arrival.response, { choice: 'last-datablock', accessResult: 18, blockNumber: 2 });
  t.is(new ActionReceiver(0).take({ pdu: 'action-request', choice: 'with-pblock', ...C1, ...block(2) }).kind, 'refused');
  t.is(new ActionReceiver(0).take({ pdu: 'action-request', choice: 'next-pblock', ...C1, blockNumber: 1 }).kind, 'refused');
});

test('a meter holds no more of a SET than its limit', (t) => {
  const meter = new SetReceiver({ limits: { maxOctets: 10 } });
  const arrival = meter.take({ pdu: 'set-request', choice: 'with-first-datablock', ...C1, attribute: CLOCK, ...block(1, false, new Uint8Array(11)) });
  t.like(arrival.kind === 'refused' && arrival.response, { accessResult: 17 });
});

test('a SET that is refused in the middle is done with that result', (t) => {
  const client = new SetSender(set(CLOCK, { type: 'octet-string', octets: new Uint8Array(500) }), 64);
  client.first();
  t.deepEqual(client.take({ pdu: 'set-response', choice: 'last-datablock', ...C1, accessResult: 17, blockNumber: 1 }), { kind: 'done', results: [17] });
});

test('a success before all blocks were sent is refused', (t) => {
  const client = new SetSender(set(CLOCK, { type: 'octet-string', octets: new Uint8Array(500) }), 64);
  client.first();
  t.is(client.take({ pdu: 'set-response', choice: 'last-datablock', ...C1, accessResult: 0, blockNumber: 1 }).kind, 'failed');
  const caller = new ActionSender(action(CLOCK, { type: 'octet-string', octets: new Uint8Array(500) }), 64);
  caller.first();
  t.is(caller.take({ pdu: 'action-response', choice: 'normal', ...C1, actionResult: 0 }).kind, 'failed');
});

test('a size without room for one octet is an error, not an endless transfer', (t) => {
  const data: DataValue = { type: 'octet-string', octets: new Uint8Array(50) };
  t.like(new GetSender(9).first(get(CLOCK), [{ data }]), { code: 'bad_value' });
  t.is(new SetSender(set(CLOCK, data), 12).first().kind, 'failed');
  t.is(new ActionSender(action(CLOCK, data), 12).first().kind, 'failed');
});

test('a GET with a list that is answered by one result is refused with it', (t) => {
  const client = new GetReceiver({ pdu: 'get-request', choice: 'with-list', ...C1, attributes: [{ attribute: CLOCK }, { attribute: CLOCK }] });
  t.deepEqual(client.take({ pdu: 'get-response', choice: 'normal', ...C1, accessResult: 3 }), { kind: 'refused', accessResult: 3 });
  t.is(client.take({ pdu: 'get-response', choice: 'with-list', ...C1, results: [{ accessResult: 3 }] }).kind, 'failed');
});
