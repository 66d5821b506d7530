import test from 'ava';
import { peopleNodes } from '../../support/people.ts';

const TOKEN = `mwt_0123456789abcdef_${'5eC2e7'.toLowerCase().repeat(11).slice(0, 64)}`;
const KEY = '9d76c04a-dafc-43ad-842e-0ebdd1318d67';

test('a key, token or webhook secret that was pasted where an id or a reason belongs is not written to the audit trail', async (t) => {
  const { all, clock } = peopleNodes(t, 1);
  const { audit } = all[0].identity;
  const act = { who: 'ann', by: { kind: 'token', id: 'x' }, what: 'DELETE /ops/v1/keys/:id', from: '127.0.0.1' } as const;
  await audit.begin({ ...act, subject: KEY.toUpperCase(), why: `lost ${TOKEN}` });
  await clock.advance(1);
  const id = await audit.begin({ ...act, subject: TOKEN, why: 'whsec_Zm9vYmFyYmF6cXV4' });
  await audit.end(id, { outcome: 'refused', status: 404, subject: KEY });
  const { items } = await audit.page({ limit: 10 });
  t.deepEqual(
    items.map(({ subject, why }) => [subject, why]),
    [
      ['[API key]', 'whsec_[secret]'],
      ['[API key]', 'lost mwt_0123456789abcdef_[secret]'],
    ],
  );
});

test('ids of ours stay as they are: it must be clear upon what', async (t) => {
  const { all } = peopleNodes(t, 1);
  const { audit } = all[0].identity;
  const subject = 'appointment:01a20212-f61c-77b3-ba17-f876caadba44';
  await audit.begin({ who: 'ann', by: { kind: 'token', id: 'x' }, what: 'POST /ops/v1/actors/:id/park', from: '127.0.0.1', subject, why: null });
  t.is((await audit.page({ limit: 10 })).items[0]?.subject, subject);
});
