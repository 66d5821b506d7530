import { once } from 'node:events';
import { createServer } from 'node:https';
import { connect } from 'node:net';
import test from 'ava';
import { listen, unlisten } from '../../../ops/sim/market/http.ts';
import { makePair } from '../../support/dip/keys.ts';

test('a server is closed at once, whatever connections it has: idle ones, and one that never begins its TLS handshake', async (t) => {
  const { key, cert } = await makePair('localhost');
  const server = createServer({ key, cert }, (_request, response) => response.end());
  const port = await listen(server, '127.0.0.1', 0);
  const seen = once(server, 'connection');
  const silent = connect(port, '127.0.0.1');
  t.teardown(() => silent.destroy());
  await seen;
  await unlisten(server);
  t.false(server.listening);
  t.is(await listen(server, '127.0.0.1', port), port, 'and opens again on its port');
  await unlisten(server);
});
