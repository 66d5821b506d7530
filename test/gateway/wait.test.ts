import test from 'ava';
import { DOCUMENTED_BODY, startWorld } from '../support/gateway/world.ts';

test('409: a second call whose first is still in hand after the wait', async (t) => {
  const world = await startWorld({ idempotencyWaitMs: 50 });
  t.teardown(() => world.close());
  let open = (): void => {};
  const entered = new Promise<void>((reached) => {
    world.face.gate = () =>
      new Promise((resolve) => {
        open = resolve;
        reached();
      });
  });
  world.face.handlers.appoint = async () => ({ kind: 'accepted', response: {} });
  const post = (): Promise<Response> =>
    world.fetch('/metering-services/v1/SUPX/appoint', {
      method: 'POST',
      body: JSON.stringify(DOCUMENTED_BODY),
      headers: { 'content-type': 'application/json', 'x-api-key': world.key, 'x-idempotency-key': 'one' },
    });
  const first = post();
  await entered;
  t.is((await post()).status, 409);
  open();
  t.is((await first).status, 202);
});
