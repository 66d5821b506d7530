import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { seededMpan } from '../../../ops/sim/market/index.ts';
import { appointment, interfaceOf, type Message, marketTest, type Rig, SUPX, surOf } from './rig.ts';

const WHOLE_PAST = { datetimeFrom: '2020-01-01T00:00:00+00:00', datetimeTo: '2099-01-01T00:00:00+00:00', eventCode: null, MPAN: null, version: null };
const surs = (messages: readonly Message[]): string[] => messages.map((message) => String(message.CommonBlock.S1?.senderUniqueReference)).sort();
const transactions = (messages: readonly Message[]): string[] => messages.map((message) => String(message.CommonBlock.D0?.transactionID)).sort();

async function settled(rig: Rig, messages: number): Promise<void> {
  for (;;) {
    const { delivered } = await rig.control<{ delivered: Record<string, number> }>('GET', '/sim/stats');
    if (Object.values(delivered).reduce((sum, one) => sum + one, 0) >= messages) return;
  }
}

marketTest('what the receiver could not take is sent again until it can', {}, async (t, rig) => {
  let refusals = 5;
  rig.receiver.reply = () => ({ status: refusals-- > 0 ? 503 : 201 });
  await rig.send(appointment());
  await rig.receiver.received(3);
  const { answers } = await rig.control<{ answers: Record<string, number> }>('GET', '/sim/stats');
  t.is(answers['503'], 5);
});

marketTest('messages that were never acknowledged are delivered after a restart, the same', {}, async (t, rig) => {
  const seen: Message[] = [];
  rig.receiver.reply = (callback) => {
    seen.push(...callback.items.map((item) => item.payload));
    return { status: 503 };
  };
  await rig.send(appointment(), appointment());
  await rig.receiver.until(() => new Set(surs(seen)).size === 6);
  rig.receiver.reply = () => ({ status: 201 });
  await rig.market.stop();
  const before = rig.receiver.messages.length;
  await rig.begin();
  const messages = await rig.receiver.received(6);
  t.true(before <= 6);
  t.deepEqual([...new Set(surs(messages))], [...new Set(surs(seen))]);
  t.deepEqual([...new Set(transactions(messages))], [...new Set(transactions(seen))]);
});

marketTest('what was acknowledged is not sent again after a restart', {}, async (t, rig) => {
  await rig.send(appointment());
  await rig.receiver.received(3);
  await settled(rig, 3);
  await rig.restart();
  await rig.send(appointment());
  await rig.receiver.received(6);
  t.is(new Set(transactions(rig.receiver.messages)).size, 6);
});

marketTest('a torn last line of the journal is cut off', {}, async (t, rig) => {
  const item = appointment();
  await rig.send(item);
  await rig.receiver.received(3);
  await settled(rig, 3);
  await rig.market.stop();
  await appendFile(join(rig.dataDir, 'journal.jsonl'), '{"t":"in","f":{"n":9');
  await rig.begin();
  const { body } = await rig.send(item);
  t.is(body.messageArray[0]?.message, 'MSG0000 - Success');
  await rig.restart();
  t.is((await rig.control<{ surs: number }>('GET', '/sim/stats')).surs, 1);
});

marketTest('a large journal is shortened at the start and says the same', { compactBytes: 0, retainFlows: 1 }, async (t, rig) => {
  const items = [appointment(), appointment(), appointment()];
  await rig.send(...items);
  await rig.receiver.received(9);
  await settled(rig, 9);
  await rig.restart();
  const stats = await rig.control<{ surs: number; flows: number }>('GET', '/sim/stats');
  t.is(stats.surs, 3);
  t.is(stats.flows, 1);
  await rig.restart();
  const changed = structuredClone(items[0]!);
  Object.assign(changed.payload.CommonBlock.M0!, { GSPGroupID: '_A' });
  t.is((await rig.send(changed)).status, 400);
});

marketTest('after the last attempt a message waits for a requeue', { retryAttempts: 2 }, async (t, rig) => {
  const tried: string[] = [];
  rig.receiver.reply = (callback) => {
    for (const item of callback.items) tried.push(interfaceOf(item.payload));
    return { status: 503 };
  };
  await rig.send(appointment());
  await rig.receiver.until(() => tried.length >= 6);
  for (;;) {
    const { exhausted } = await rig.control<{ exhausted: Record<string, number> }>('GET', '/sim/stats');
    if (Object.values(exhausted).reduce((sum, one) => sum + one, 0) === 3) break;
  }
  rig.receiver.reply = () => ({ status: 201 });
  const started = await rig.call('POST', `/dip-channel/IF-036/requeue/${SUPX}`, JSON.stringify(WHOLE_PAST));
  t.is(started.status, 202);
  await rig.receiver.received(1);
  t.deepEqual(rig.receiver.messages.map(interfaceOf), ['IF-036']);
  const { requeueId } = JSON.parse(started.text);
  for (;;) {
    const { text } = await rig.call('GET', `/dip-channel/IF-036/requeueStatus/${SUPX}?requeue-id=${requeueId}`);
    const status = JSON.parse(text);
    if (status.status === 'Processing') continue;
    t.deepEqual(status, { requeueId, percentComplete: 100, totalTransactions: 1, processedTransactions: 1, status: 'Completed' });
    break;
  }
});

marketTest('a second requeue of the same channel is refused while one is running', { retryBaseMs: 60_000, retryCapMs: 60_000 }, async (t, rig) => {
  await rig.send(appointment());
  await rig.receiver.received(3);
  await settled(rig, 3);
  rig.receiver.reply = () => ({ status: 503 });
  const ask = JSON.stringify(WHOLE_PAST);
  t.is((await rig.call('POST', `/dip-channel/IF-032/requeue/${SUPX}`, ask)).status, 202);
  const second = await rig.call('POST', `/dip-channel/IF-032/requeue/${SUPX}`, ask);
  t.is(second.status, 429);
  t.truthy(second.headers.get('retry-after'));
  t.is((await rig.call('POST', `/dip-channel/IF-035/requeue/${SUPX}`, ask)).status, 202);
});

marketTest('a requeue of nothing is completed at once', {}, async (t, rig) => {
  const { text } = await rig.call('POST', `/dip-channel/IF-032/requeue/${SUPX}`, JSON.stringify(WHOLE_PAST));
  const status = await rig.call('GET', `/dip-channel/IF-032/requeueStatus/${SUPX}?requeue-id=${JSON.parse(text).requeueId}`);
  t.is(JSON.parse(status.text).status, 'Completed');
});

marketTest('a replay gives its messages in pages with a continuation token', { replayPage: 4 }, async (t, rig) => {
  await rig.send(...Array.from({ length: 10 }, () => appointment()));
  await rig.receiver.received(30);
  const found: { payload: Message }[] = [];
  const statuses: number[] = [];
  let token: string | null = null;
  do {
    const page: Awaited<ReturnType<Rig['call']>> = await rig.call(
      'POST',
      `/dip-channel/IF-035/replay/${SUPX}`,
      JSON.stringify(WHOLE_PAST),
      token === null ? {} : { 'X-Continuation-Token': token },
    );
    statuses.push(page.status);
    found.push(...JSON.parse(page.text));
    token = page.headers.get('x-continuation-token');
  } while (token !== null);
  t.deepEqual(statuses, [206, 206, 200]);
  t.true(found.every((item) => item.payload.CommonBlock.D0?.replayIndicator === true));
  const published = rig.receiver.messages.filter((message) => interfaceOf(message) === 'IF-035');
  t.deepEqual(surs(found.map((item) => item.payload)), surs(published));
});

marketTest('a replay is limited by MPAN, event, time and transaction', {}, async (t, rig) => {
  const other = seededMpan(1);
  await rig.send(appointment(), appointment({ mpan: other }));
  const messages = await rig.receiver.received(6);
  const ask = async (filter: object): Promise<number> =>
    JSON.parse((await rig.call('POST', `/dip-channel/IF-036/replay/${SUPX}`, JSON.stringify({ ...WHOLE_PAST, ...filter }))).text).length;
  t.is(await ask({}), 2);
  t.is(await ask({ MPAN: other }), 1);
  t.is(await ask({ eventCode: '[DSAppActive]' }), 0);
  t.is(await ask({ datetimeTo: '2020-01-02T00:00:00+00:00' }), 0);
  t.is(await ask({ transactionIDs: [String(messages.find((message) => interfaceOf(message) === 'IF-036')?.CommonBlock.D0?.transactionID)] }), 1);
  t.is((await rig.call('POST', `/dip-channel/IF-036/replay/${SUPX}`, '{"transactionIDs":[]}')).status, 400);
});

marketTest('items that a 207 names as failed are sent again, unreadable ones are not', {}, async (t, rig) => {
  const tried = new Map<string, number>();
  let bad = '';
  let busy = '';
  rig.receiver.reply = (callback) => {
    if (!callback.path.endsWith('IF-032')) return { status: 201 };
    const ids = callback.items.map((item) => String(item.payload.CommonBlock.D0?.transactionID));
    for (const id of ids) tried.set(id, (tried.get(id) ?? 0) + 1);
    if (bad === '') [bad = '', busy = ''] = ids;
    const messageArray = ids.map((id) => ({
      transactionID: id,
      message: id === bad ? 'MSG1001 - Schema Failure: S1' : id === busy && tried.get(id) === 1 ? 'MSG1001 - Not stored' : 'MSG0000 - Success',
    }));
    return { status: messageArray.every(({ message }) => message.startsWith('MSG0000')) ? 201 : 207, body: JSON.stringify({ messageArray }) };
  };
  await rig.send(appointment(), appointment(), appointment());
  await rig.receiver.until(() => tried.get(busy) === 2);
  await settled(rig, 8);
  t.is(tried.get(bad), 1);
  t.is(tried.size, 3);
  t.is((await rig.control<{ rejected: Record<string, number> }>('GET', '/sim/stats')).rejected['IF-032'], 1);
});

marketTest('a callback that is too large is sent in halves', {}, async (t, rig) => {
  rig.receiver.reply = (callback) => ({ status: callback.items.length > 3 ? 413 : 201 });
  await rig.send(...Array.from({ length: 10 }, () => appointment()));
  await rig.receiver.received(30);
  t.true(rig.receiver.callbacks.every((callback) => callback.items.length <= 3));
});

marketTest('requests for the past by reference tell which request a message answered', {}, async (t, rig) => {
  const item = appointment();
  await rig.send(item);
  await rig.receiver.received(3);
  const { flow } = await rig.control<{ flow: { sur: string } }>('GET', `/sim/surs?sur=${surOf(item)}`);
  t.is(flow.sur, surOf(item));
});
