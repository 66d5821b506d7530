import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { mongodbFolders, presentMongodb } from '../../../ops/mongodb/index.ts';
import { identify } from '../../../ops/process/identity.ts';
import { ownMongodbTest, startOwnMongodb, withClient } from '../../support/mongodb.ts';

test('where nothing is set up, what is said is why', async (t) => {
  const cache = await mkdtemp(join(tmpdir(), 'mw-cache-'));
  t.teardown(() => rm(cache, { recursive: true, force: true }));
  const present = presentMongodb(mongodbFolders({ MW_CACHE: cache }));
  t.is(present.kind, 'unavailable');
  t.regex(present.kind === 'unavailable' ? present.reason : '', /^it (is not set up|needs root|is for Linux)/);
});

const count = (url: string): Promise<number> => withClient(url, (client) => client.db('d').collection('c').countDocuments());

ownMongodbTest('a server that is killed leaves nothing behind, and comes back on its ports with its data', async (t) => {
  const server = await startOwnMongodb();
  const { url } = server;
  await withClient(url, (client) =>
    client
      .db('d')
      .collection('c')
      .insertOne({ a: 1 }, { writeConcern: { w: 'majority', j: true } }),
  );
  const before = server.processes;
  await server.kill();
  t.true(before.every(({ pid }) => identify(pid) === undefined));
  const refused = await new Promise((resolve) =>
    connect(server.port, '127.0.0.1')
      .once('error', resolve)
      .once('connect', () => resolve('open')),
  );
  t.not(refused, 'open');
  await server.restart();
  t.is(server.url, url);
  t.is(await count(url), 1);
  await server.stop();
  await server.restart();
  t.is(await count(url), 1);
  await server.close();
});
