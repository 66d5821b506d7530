import { once } from 'node:events';
import { createServer } from 'node:net';
import test from 'ava';
import { freeBlock, freePort, isBlockFree } from '../../../ops/node/free-ports.ts';

test('a block lies below the ports of outgoing connections, and each of its ports can be listened on', async (t) => {
  const from = await freeBlock(5);
  t.true(from >= 15_000 && from + 5 <= 32_000);
  t.true(await isBlockFree(from, 5));
});

test('a block in which one port is taken is not free, and the next place is tried', async (t) => {
  const from = await freeBlock(5);
  const server = createServer().listen(from + 2, '127.0.0.1');
  t.teardown(() => server.close());
  await once(server, 'listening');
  t.false(await isBlockFree(from, 5));
  const places = [(from - 15_000) / (17_000 - 5), 0.999];
  const found = await freeBlock(5, () => places.shift() ?? Math.random());
  t.not(found, from);
});

test('any free port lies there too: whoever starts again finds it as it was', async (t) => {
  const port = await freePort();
  t.true(port >= 15_000 && port < 32_000);
  t.true(await isBlockFree(port, 1));
});
