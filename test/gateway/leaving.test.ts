/** A node that gives its shards away answers, and sends its callers elsewhere. */
import { Agent, request } from 'node:http';
import test from 'ava';
import { startWorld } from '../support/gateway/world.ts';

/** `Connection` of the answer, and whether the same connection was used as before. */
function ask(url: string, agent: Agent): Promise<{ readonly status: number; readonly connection: string | undefined; readonly reused: boolean }> {
  return new Promise((resolve, reject) => {
    const asked = request(`${url}/health/live`, { agent }, (answer) => {
      answer.resume();
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, connection: answer.headers.connection, reused: asked.reusedSocket }));
    });
    asked.on('error', reject).end();
  });
}

test('connections are kept until the node is to be left; then each answer closes its own', async (t) => {
  let leaving = false;
  const world = await startWorld({}, { leaving: () => leaving });
  t.teardown(() => world.close());
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  t.teardown(() => agent.destroy());
  const url = world.gateway.httpUrl ?? '';
  t.not((await ask(url, agent)).connection, 'close');
  t.true((await ask(url, agent)).reused);
  leaving = true;
  const told = await ask(url, agent);
  t.like(told, { status: 200, connection: 'close', reused: true });
  t.false((await ask(url, agent)).reused);
});
