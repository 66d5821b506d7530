import test from 'ava';
import { decodeApdu, decodeApdus, decodeJoined, encodeApdu, GET_ANSWERS, GetReceiver, get } from '../../../../workers/codec/apdu/index.ts';
import { must, mustDecode, toHex } from '../../../../workers/codec/common/index.ts';
import { apduVectors, difference, type Members, present, vectorOf } from './vectors.ts';

for (const vector of apduVectors()) {
  test(`${vector.id} decodes to its members`, (t) => {
    const outcome = decodeApdu(vector.octets);
    t.is(outcome.kind, 'good', JSON.stringify(outcome.kind === 'bad' ? outcome.error : {}));
    if (outcome.kind !== 'good') return;
    t.is(difference(vector.decoded, present(outcome.value)), undefined);
    if (vector.leniency === undefined) t.deepEqual(outcome.leniencies, []);
    else if (!present(outcome.value).securityControl) t.true((outcome.leniencies as readonly string[]).includes(vector.leniency), vector.leniency);
  });

  if (!vector.encode) continue;
  test(`${vector.id} is rebuilt to the octet`, (t) => {
    t.is(toHex(must(encodeApdu(mustDecode(decodeApdu(vector.octets))))), toHex(vector.octets));
  });
}

test('APDUs one after another decode in order and are rebuilt', (t) => {
  const { octets, decoded } = vectorOf('apdu-cap-object-list-blocks');
  const apdus = mustDecode(decodeApdus(octets));
  t.is(difference(decoded.apdus, apdus.map(present)), undefined);
  t.is(apdus.map((apdu) => toHex(must(encodeApdu(apdu)))).join(''), toHex(octets));
});

test('the recorded blocks of an object list join to one array with its objects', (t) => {
  const { octets, decoded } = vectorOf('apdu-cap-object-list-blocks');
  const objects = decoded.objects as readonly Members[];
  const receiver = new GetReceiver(get({ classId: 15, obis: [0, 0, 40, 0, 0, 255], id: 2 }), { raw: true });
  const steps = mustDecode(decodeApdus(octets)).map((apdu) => (apdu.pdu === 'get-response' ? receiver.take(apdu) : undefined));
  t.deepEqual(steps[0], { kind: 'next', request: { pdu: 'get-request', choice: 'next', invokeId: 1, confirmed: true, highPriority: true, blockNumber: 1 } });
  const joined = steps[1]?.kind === 'octets' ? steps[1].octets : new Uint8Array(0);
  const [answer] = mustDecode(decodeJoined(joined, false, GET_ANSWERS));
  const items = answer !== undefined && 'data' in answer && 'items' in answer.data ? answer.data.items : [];
  t.deepEqual(
    items.map((item) => ('items' in item && item.items[0] && 'value' in item.items[0] ? item.items[0].value : undefined)),
    objects.map((object) => object.classId as number),
  );
});
