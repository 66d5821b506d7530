import { seededMpan } from '../../../ops/sim/market/index.ts';
import { appointment, headersOf, MPAN, marketTest, SUPX, signatureFits, surOf, thumbprint } from './rig.ts';

const KEYS = [
  'DIPConnectionProviderID',
  'correlationID',
  'help',
  'message',
  'recipientID',
  'senderID',
  'senderUniqueReference',
  'sentTimestamp',
  'serviceTicketURL',
  'transactionID',
];

marketTest('a good batch is answered 201 with all ten keys for each item', {}, async (t, rig) => {
  const items = [appointment(), appointment()];
  const { status, body } = await rig.send(...items);
  t.is(status, 201);
  t.is(body.messageArray.length, 2);
  for (const [index, entry] of body.messageArray.entries()) {
    t.deepEqual(Object.keys(entry).sort(), KEYS);
    t.is(entry.message, 'MSG0000 - Success');
    t.is(entry.senderID, '00000000000');
    t.is(entry.recipientID, SUPX);
    t.is(entry.senderUniqueReference, surOf(items[index]!));
    t.regex(entry.transactionID ?? '', /^T-IF-031-2300000012-SUP-\d{8}-[0-9a-f]{16}$/);
    t.regex(entry.correlationID ?? '', /^CI-\d{8}-[0-9a-f]{16}$/);
  }
});

marketTest('a bad item among good ones gives 207 and its own failure', {}, async (t, rig) => {
  const bad = appointment();
  Object.assign(bad.payload.CommonBlock.S0!, { eventCode: 'MSApp' });
  const { status, body } = await rig.send(appointment(), bad);
  t.is(status, 207);
  t.deepEqual(
    body.messageArray.map((entry) => entry.message),
    ['MSG0000 - Success', 'MSG1001 - Schema Failure'],
  );
  t.is(body.messageArray[1]?.senderUniqueReference, surOf(bad));
});

marketTest('a body that is no array gives 400 with null ids', {}, async (t, rig) => {
  for (const text of ['{}', '[]', '[', 'x']) {
    const { status, body } = await rig.call('POST', '/dip-channel/IF-031', text);
    t.is(status, 400, text);
    t.is(body.messageArray[0]?.senderUniqueReference, null);
    t.is(body.messageArray[0]?.transactionID, null);
  }
});

marketTest('a bad hash, signature, date, certificate or missing header gives 401 and nothing is kept', {}, async (t, rig) => {
  const body = JSON.stringify([appointment()]);
  const url = `${rig.market.url}/dip-channel/IF-031`;
  const good = headersOf('POST', url, body);
  const cases: Record<string, Record<string, string>> = {
    'content-hash': { ...good, 'X-DIP-Content-Hash': 'RBNvo1WzZ4oRRq0W9+hknpT7T8If536DEMBg9hyq/4o=' },
    signature: { ...good, 'X-DIP-Signature': Buffer.alloc(256).toString('base64') },
    date: headersOf('POST', url, body, Date.now() - 6 * 60_000),
    certificate: { ...good, 'X-DIP-Signature-Certificate': 'AAAA' },
    headers: Object.fromEntries(Object.entries(good).filter(([name]) => name !== 'X-DIP-Signature')),
  };
  for (const [rule, headers] of Object.entries(cases)) {
    const response = await fetch(url, { method: 'POST', headers, body });
    t.is(response.status, 401, rule);
  }
  const stats = await rig.control<{ signatures: Record<string, number>; items: number }>('GET', '/sim/stats');
  t.deepEqual(Object.keys(stats.signatures).sort(), Object.keys(cases).sort());
  t.is(stats.items, 0);
});

marketTest('a certificate that is not trusted gives 401', { trustedThumbprints: ['0'.repeat(64)] }, async (t, rig) => {
  t.is((await rig.send(appointment())).status, 401);
});

marketTest('with trustFirst the first certificate is trusted, also after a restart', { trustedThumbprints: [], trustFirst: true }, async (t, rig) => {
  t.is((await rig.send(appointment())).status, 201);
  await rig.restart();
  t.is((await rig.send(appointment())).status, 201);
  t.is(thumbprint.length, 64);
});

marketTest('a repeated reference with the same bytes is answered the same and starts nothing', {}, async (t, rig) => {
  const item = appointment();
  const first = await rig.send(item);
  const second = await rig.send(appointment(), item);
  t.is(second.status, 201);
  t.is(second.body.messageArray[1]?.transactionID, first.body.messageArray[0]?.transactionID);
  await rig.receiver.received(6);
  const { times } = await rig.control<{ times: number }>('GET', `/sim/surs?sur=${surOf(item)}`);
  t.is(times, 2);
});

marketTest('a reference that comes with other bytes is refused and reported', {}, async (t, rig) => {
  const item = appointment();
  await rig.send(item);
  const other = structuredClone(item);
  Object.assign(other.payload.CommonBlock.S1!, { senderTimestamp: '2026-03-24T10:35:01+00:00' });
  const { status, body } = await rig.send(other);
  t.is(status, 400);
  t.regex(body.messageArray[0]?.message ?? '', /^MSG1002/);
  const surs = await rig.control<{ differentBytes: { sur: string; times: number }[] }>('GET', '/sim/surs');
  t.deepEqual(
    surs.differentBytes.map(({ sur, times }) => ({ sur, times })),
    [{ sur: surOf(item), times: 2 }],
  );
});

marketTest('white space alone counts as other bytes, in whatever batch the item comes', {}, async (t, rig) => {
  const item = appointment();
  await rig.send(item);
  await rig.call('POST', '/dip-channel/IF-031', `[${JSON.stringify(appointment())}, ${JSON.stringify(item)} ]`);
  t.is((await rig.control<{ conflictingSurs: number }>('GET', '/sim/stats')).conflictingSurs, 0);
  await rig.call('POST', '/dip-channel/IF-031', `[${JSON.stringify(item).replace('{', '{ ')}]`);
  t.is((await rig.control<{ conflictingSurs: number }>('GET', '/sim/stats')).conflictingSurs, 1);
});

marketTest('references and their bytes are remembered over a restart', {}, async (t, rig) => {
  const item = appointment();
  await rig.send(item);
  await rig.restart();
  const other = structuredClone(item);
  Object.assign(other.payload.CommonBlock.M0!, { GSPGroupID: '_C' });
  t.is((await rig.send(item)).status, 201);
  t.is((await rig.send(other)).status, 400);
});

marketTest('a poison item fails its whole batch with null ids, alone it fails alone', {}, async (t, rig) => {
  await rig.rules({ match: { mpan: MPAN }, poison: true });
  const other = seededMpan(1);
  const poison = appointment();
  const both = await rig.send(appointment({ mpan: other }), poison);
  t.is(both.status, 400);
  t.deepEqual(
    both.body.messageArray.map((entry) => entry.senderUniqueReference),
    [null],
  );
  t.is((await rig.send(poison)).status, 400);
  t.is((await rig.control<{ accepted: number }>('GET', '/sim/stats')).accepted, 0);
});

marketTest('a rule can refuse an item at the door with any message', {}, async (t, rig) => {
  await rig.rules({ match: { mpan: MPAN }, refuse: 'MSG2003 - Unknown participant' });
  const { status, body } = await rig.send(appointment());
  t.is(status, 400);
  t.is(body.messageArray[0]?.message, 'MSG2003 - Unknown participant');
});

marketTest('callbacks are signed and posted as an array to the interface', {}, async (t, rig) => {
  await rig.send(appointment());
  await rig.receiver.received(3);
  const base = String(rig.options.callbackBaseUrl);
  for (const callback of rig.receiver.callbacks) {
    t.regex(callback.path, /^\/dip\/inbound\/IF-03[256]$/);
    t.true(signatureFits(callback, `${base}${callback.path}`));
  }
});

marketTest('messages that are due together go out in one callback per interface, at most maxBatch in each', { maxBatch: 40, lingerMs: 50 }, async (t, rig) => {
  await rig.send(...Array.from({ length: 100 }, () => appointment()));
  await rig.receiver.received(300);
  const sizes = rig.receiver.callbacks.filter((callback) => callback.path.endsWith('IF-032')).map((callback) => callback.items.length);
  t.deepEqual(sizes.sort(), [20, 40, 40]);
});

marketTest('a registered callback URL is used, survives a restart, and ends with DELETE', {}, async (t, rig) => {
  const callbackURL = `${String(rig.options.callbackBaseUrl)}/elsewhere`;
  const path = `/dip-channel/IF-032/pubconfig/${SUPX}`;
  t.is((await rig.call('POST', path, JSON.stringify({ callbackURL, maxMessageCount: 100, maxPayloadSize: 100_000 }))).status, 201);
  await rig.restart();
  await rig.send(appointment());
  await rig.receiver.received(3);
  t.true(rig.receiver.callbacks.some((callback) => callback.path === '/elsewhere'));
  t.is((await rig.call('DELETE', path)).status, 204);
  t.deepEqual(await rig.control('GET', '/sim/callbacks'), {});
  t.is((await rig.call('POST', path, '{"callbackURL":"ftp://x"}')).status, 400);
});

marketTest('the debug validator says what is wrong in a plain text', {}, async (t, rig) => {
  const good = await rig.call('POST', '/validate/IF-031/MSApp', JSON.stringify([appointment()]));
  t.is(good.status, 201);
  t.is(good.text, '"Message OK"');
  const item = appointment();
  Object.assign(item.payload.CommonBlock.M0!, { MPANCore: '1' });
  const bad = await rig.call('POST', '/validate/IF-031/MSApp', JSON.stringify([item]));
  t.is(bad.status, 400);
  t.regex(bad.text, /M0\.MPANCore/);
});

marketTest('the delivery journal of an IF-031 tells the stages, and nothing of unknown references', {}, async (t, rig) => {
  const item = appointment();
  await rig.send(item);
  const { status, text } = await rig.call('GET', `/dip-channel/IF-031/deliveryStatus/${SUPX}/${surOf(item)}`);
  t.is(status, 200);
  const record = JSON.parse(text);
  t.is(record.SenderUniqueReference, surOf(item));
  t.deepEqual(
    record.JournalEntries.map((entry: { DIPStage: string; Status: string }) => `${entry.DIPStage} ${entry.Status}`),
    ['Inbound GoodToGo', 'MPANUpdateQueue OK', 'Addressing SentToTopic', 'Outbound Delivered'],
  );
  t.is((await rig.call('GET', `/dip-channel/IF-031/deliveryStatus/${SUPX}/${surOf(appointment())}`)).status, 204);
});

marketTest('the delivery journal of a callback that was refused says so', {}, async (t, rig) => {
  const refused: string[] = [];
  rig.receiver.reply = (callback) => {
    if (!callback.path.endsWith('032')) return { status: 201 };
    refused.push(String(callback.items[0]?.payload.CommonBlock.S1?.senderUniqueReference));
    return { status: 400 };
  };
  await rig.send(appointment());
  await rig.receiver.received(2);
  await rig.receiver.until(() => refused.length > 0);
  const { text } = await rig.call('GET', `/dip-channel/IF-032/deliveryStatus/${SUPX}/${refused[0]}`);
  t.is(JSON.parse(text).JournalEntries.at(-1).Status, 'RejectedByRecipient');
});

marketTest('requests without the API key are refused when one is set', { apiKey: 'k' }, async (t, rig) => {
  t.is((await rig.send(appointment())).status, 401);
  t.is((await rig.call('POST', '/dip-channel/IF-031', JSON.stringify([appointment()]), { 'X-API-Key': 'k' })).status, 201);
});

marketTest('a status message from a participant is taken', {}, async (t, rig) => {
  t.is((await rig.call('POST', '/statusmessage', '[{"messageArray":[]}]')).status, 201);
});
