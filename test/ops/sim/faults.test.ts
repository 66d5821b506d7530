import { appointment, interfaceOf, MPAN, marketTest, surOf } from './rig.ts';

marketTest('an outage refuses connections, and the same port comes back', {}, async (t, rig) => {
  const url = rig.market.url;
  await rig.control('POST', '/sim/outage', { mode: 'refuse' });
  await t.throwsAsync(rig.send(appointment()));
  await rig.control('POST', '/sim/outage', { mode: 'none' });
  t.is((await rig.send(appointment())).status, 201);
  t.is(rig.market.url, url);
});

marketTest('callbacks go on while the DIP takes nothing', {}, async (t, rig) => {
  await rig.send(appointment());
  await rig.control('POST', '/sim/outage', { mode: 'refuse' });
  await rig.receiver.received(3);
  t.pass();
});

marketTest('a fault by status ends after its times', {}, async (t, rig) => {
  await rig.control('POST', '/sim/outage', { mode: 'status', status: 503, times: 2 });
  const statuses: number[] = [];
  for (let turn = 0; turn < 3; turn += 1) statuses.push((await rig.send(appointment())).status);
  t.deepEqual(statuses, [503, 503, 201]);
});

marketTest('429 says when to come again', {}, async (t, rig) => {
  await rig.control('POST', '/sim/outage', { mode: 'status', status: 429, retryAfterSeconds: 7 });
  const { status, headers } = await rig.send(appointment());
  t.is(status, 429);
  t.is(headers.get('retry-after'), '7');
});

marketTest('413 only for batches above a number of items', {}, async (t, rig) => {
  await rig.control('POST', '/sim/outage', { mode: 'status', status: 413, maxItems: 2 });
  t.is((await rig.send(appointment(), appointment(), appointment())).status, 413);
  t.is((await rig.send(appointment(), appointment())).status, 201);
});

marketTest('413 above the largest body and the most items', { maxBodyBytes: 4096, maxItems: 2 }, async (t, rig) => {
  t.is((await rig.send(appointment({ contract: 'A'.repeat(50) }), appointment(), appointment())).status, 413);
  t.is((await rig.call('POST', '/dip-channel/IF-031', `"${'x'.repeat(5000)}"`)).status, 413);
});

marketTest('an answer can be dropped after the messages were taken', {}, async (t, rig) => {
  const item = appointment();
  await rig.control('POST', '/sim/outage', { mode: 'drop', times: 1 });
  await t.throwsAsync(rig.send(item));
  await rig.receiver.received(3);
  const { status, body } = await rig.send(item);
  t.is(status, 201);
  t.is(body.messageArray[0]?.message, 'MSG0000 - Success');
  t.is((await rig.control<{ times: number }>('GET', `/sim/surs?sur=${surOf(item)}`)).times, 2);
});

marketTest('a slow answer is still an answer', {}, async (t, rig) => {
  await rig.control('POST', '/sim/outage', { mode: 'slow', delayMs: 30, times: 1 });
  const started = performance.now();
  t.is((await rig.send(appointment())).status, 201);
  t.true(performance.now() - started >= 25);
});

marketTest('an outage can end by itself', {}, async (t, rig) => {
  await rig.control('POST', '/sim/outage', { mode: 'status', forMs: 20 });
  while ((await rig.send(appointment())).status !== 201);
  t.is((await rig.control<{ mode: string }>('GET', '/sim/outage')).mode, 'none');
});

marketTest('bad control requests are refused by name of field', {}, async (t, rig) => {
  t.regex((await rig.control<{ error: string }>('POST', '/sim/outage', { mode: 'odd' })).error, /mode/);
  t.regex((await rig.control<{ error: string }>('POST', '/sim/inject', {})).error, /exactly one/);
  t.regex((await rig.control<{ error: string }>('GET', '/sim/none')).error, /no such route/);
});

marketTest('a whole payload can be injected, for a test process too', {}, async (t, rig) => {
  const { payload } = appointment();
  Object.assign(payload.CommonBlock.S0!, { interfaceID: 'IF-045', eventCode: '[Something]' });
  await rig.control('POST', '/sim/inject', { payload, test: true, times: 2 });
  const messages = await rig.receiver.received(2);
  t.deepEqual(messages.map(interfaceOf), ['IF-045', 'IF-045']);
  t.is(rig.receiver.callbacks[0]?.headers['x-test-mode'], 'true');
  t.is(messages[0]?.CommonBlock.D0?.publicationID, 'PUB-045');
  t.deepEqual(messages[0]?.CommonBlock.D0, messages[1]?.CommonBlock.D0);
});

marketTest('a market message carries no test header unless asked', {}, async (t, rig) => {
  await rig.control('POST', '/sim/inject', { mpan: MPAN, closure: { interface: 'IF-045' } });
  await rig.receiver.received(1);
  t.is(rig.receiver.callbacks[0]?.headers['x-test-mode'], undefined);
});

marketTest('standing data can be published', {}, async (t, rig) => {
  await rig.control('POST', '/sim/inject', { agents: true });
  const [message] = await rig.receiver.received(1);
  t.is(rig.receiver.callbacks[0]?.path, '/dip/inbound/IF-047');
  t.true(JSON.stringify(message?.CustomBlock).includes('1200000015'));
});

marketTest('an injected message that was not taken is there after a restart', {}, async (t, rig) => {
  rig.receiver.reply = () => ({ status: 503 });
  await rig.control('POST', '/sim/inject', { mpan: MPAN, closure: { interface: 'IF-037' } });
  await rig.market.stop();
  rig.receiver.reply = () => ({ status: 201 });
  await rig.begin();
  const [message] = await rig.receiver.received(1);
  t.is(message === undefined ? '' : interfaceOf(message), 'IF-037');
});

marketTest('a reset clears rules, faults and counters', {}, async (t, rig) => {
  await rig.rules({ initial: 'silent' });
  await rig.control('POST', '/sim/outage', { mode: 'status' });
  await rig.send(appointment());
  await rig.control('POST', '/sim/reset');
  t.is((await rig.send(appointment())).status, 201);
  const stats = await rig.control<{ accepted: number; faults: object }>('GET', '/sim/stats');
  t.is(stats.accepted, 1);
  t.deepEqual(stats.faults, {});
});
