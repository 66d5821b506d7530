import test from 'ava';
import type { ReplayQuery } from '../../../actors/bus/index.ts';
import { startWorld, TODAY, type World } from '../../support/gateway/world.ts';

let world: World;
let asked: ReplayQuery[];
let fails = false;

test.before(async () => {
  world = await startWorld(
    {},
    {
      replay: async function* (query) {
        asked.push(query);
        yield { events: 500, upTo: TODAY - 10 };
        if (fails) throw new Error('gone');
        yield { events: 700, upTo: TODAY - 5 };
      },
    },
  );
});
test.after.always(() => world.close());
test.beforeEach(() => {
  asked = [];
  fails = false;
});

const replay = (body: unknown, token = world.token): Promise<Response> =>
  world.fetch('/ops/v1/events/replay', { method: 'POST', headers: { authorization: `Bearer ${token}` }, body: JSON.stringify(body) });

const lines = async (answer: Response): Promise<unknown[]> =>
  (await answer.text())
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));

test.serial('a replay is told line by line, and its last line says that it is done', async (t) => {
  const answer = await replay({ from: TODAY - 60_000, to: TODAY - 1, mpid: 'SUPX' });
  t.is(answer.status, 200);
  t.deepEqual(await lines(answer), [
    { events: 500, upTo: TODAY - 10 },
    { events: 700, upTo: TODAY - 5 },
    { done: true, events: 700, upTo: TODAY - 5 },
  ]);
  t.deepEqual(asked, [{ from: TODAY - 60_000, to: TODAY - 1, mpid: 'SUPX' }]);
});

test.serial('a replay ends now unless it is told otherwise', async (t) => {
  await lines(await replay({ from: TODAY - 60_000 }));
  t.true((asked[0]?.to ?? 0) >= TODAY);
});

test.serial('a replay that fails in the middle says so in its last line', async (t) => {
  fails = true;
  t.like((await lines(await replay({ from: TODAY - 60_000 }))).at(-1), { error: 'Internal error' });
});

test.serial('a replay names the member that breaks a rule', async (t) => {
  for (const [body, pointer] of [
    [{}, ''],
    [{ from: 'yesterday' }, '/from'],
    [{ from: 5, to: 5 }, '/to'],
    [{ from: 5, mpid: 'supx' }, '/mpid'],
    [{ from: 5, all: true }, '/all'],
  ] as const) {
    const answer = await replay(body);
    t.is(answer.status, 422);
    t.is(((await answer.json()) as { errors: { pointer: string }[] }).errors[0]?.pointer, pointer);
  }
  t.deepEqual(asked, []);
});

test.serial('a replay is for operators who may write', async (t) => {
  t.is((await replay({ from: 5 }, 'mwt_nobody')).status, 401);
  const { token } = await world.access.createToken({ scopes: ['ops:read'], owner: 'reader', expiresAt: null, by: 'test' });
  t.is((await replay({ from: 5 }, token)).status, 403);
});
