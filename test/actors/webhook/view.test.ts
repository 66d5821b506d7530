/** The webhooks that each node has in memory. */
import test from 'ava';
import { Voices } from '../../support/voice.ts';
import { webhookWorld } from '../../support/webhook-world.ts';

test('a change on one node is known on the others: at once by word, within a second when the word is lost', async (t) => {
  const voices = new Voices();
  const one = await webhookWorld({ voice: voices.of('one') });
  const two = await webhookWorld({ disk: one.disk, clock: one.clock, voice: voices.of('two') });
  for (const { view } of [one, two]) view.start();
  await one.webhooks.set('SUPX', { url: 'https://receiver.example/', rotate: false }, 'ops');
  await one.clock.flush();
  t.true(two.view.isOn('SUPX'));
  voices.loses = () => true;
  await one.webhooks.off('SUPX', 'ops');
  t.true(two.view.isOn('SUPX'));
  await one.clock.advance(1_000);
  t.false(two.view.isOn('SUPX'));
  await one.close();
  await two.close();
});

test('only own suppliers have one, and it is listed page by page in order of MPID', async (t) => {
  const w = await webhookWorld();
  await t.throwsAsync(w.webhooks.set('EVIL', { url: 'https://receiver.example/', rotate: false }, 'ops'), { message: /own supplier/ });
  await t.throwsAsync(w.webhooks.set('SUPX', { rotate: false }, 'ops'), { message: /url: must be given/ });
  for (const mpid of ['SUPZ', 'SUPX', 'SUPY']) await w.webhooks.set(mpid, { url: `https://${mpid.toLowerCase()}.example/`, rotate: false }, 'ops');
  const first = await w.webhooks.list(2);
  t.deepEqual([first.items.map(({ mpid }) => mpid), first.next], [['SUPX', 'SUPY'], 'SUPY']);
  const second = await w.webhooks.list(2, first.next);
  t.deepEqual([second.items.map(({ mpid }) => mpid), second.next], [['SUPZ'], undefined]);
  await w.close();
});
