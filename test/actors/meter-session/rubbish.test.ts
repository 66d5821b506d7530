/** Whatever comes from the far side: the session ends within its deadlines, names stage and reason, and the connection is closed. */
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { METER_TYPES, STAGES } from '../../../machines/meter-session/index.ts';
import { SeededRandom } from '../../../ops/sim/meters/random.ts';
import { atMost } from '../../support/at-most.ts';
import { quickProfile, SESSION_MS, shortPolicy } from '../../support/meters/faulty.ts';
import { order, sessionWorld } from './world.ts';

const TYPES = METER_TYPES.filter((type) => type !== 'PREMIERPRI' && type !== 'CEWEPRO');
const apart = atMost(12);

interface Rubbish {
  readonly port: number;
  /** Resolves when no connection is left. */
  gone(): Promise<void>;
}

/** Answers everything that comes by what `say` gives; undefined hangs up. */
async function rubbish(t: ExecutionContext, say: (request: Buffer) => Uint8Array | undefined): Promise<Rubbish> {
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => {
      open.delete(socket);
      server.emit('gone');
    });
    socket.on('data', (octets) => {
      const answer = say(octets);
      if (answer) socket.write(answer);
      else socket.destroy();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  return {
    port: (server.address() as { port: number }).port,
    async gone() {
      while (open.size > 0) await once(server, 'gone');
    },
  };
}

const password = (meterType: string): string => (meterType === 'EDMIATLAS' ? 'EDMI,ABCD0001' : 'ABCD0001');
const NAMED = new RegExp(`^(?:${STAGES.join('|')}): \\S`);

const KINDS: Readonly<Record<string, (random: SeededRandom) => (request: Buffer) => Uint8Array | undefined>> = {
  'octets by chance': (random) => () => random.octets(1 + random.below(300)),
  'its own words': () => (request) => request,
  zeros: () => () => new Uint8Array(2_000),
  'a web page': () => () => Buffer.from('HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\n\r\n<html>Bad Request</html>\r\n'),
  'a closed connection': () => () => undefined,
};

for (const [kind, sayer] of Object.entries(KINDS)) {
  for (const meterType of TYPES) {
    test(`${kind} from ${meterType}: the session ends in time, says where and why, and closes its link`, async (t) => {
      t.timeout(60_000);
      const peer = await rubbish(t, sayer(new SeededRandom(1, `${kind} ${meterType}`)));
      const world = sessionWorld({ profileOf: quickProfile, policy: shortPolicy() });
      const wanted = order({ meterType, port: peer.port, password: password(meterType), serialNumber: '95123456' });
      const { result, tookMs } = await apart(async () => {
        const began = performance.now();
        const ended = await world.runner.run(wanted, world.watcher());
        return { ...ended, tookMs: performance.now() - began };
      });
      t.is(result.outcome, 'error');
      t.regex(result.failure?.text ?? '', NAMED);
      t.true(result.failure?.text.startsWith(`${result.failure.stage}: `));
      t.not(result.failure?.class, 'engine');
      t.false(result.wrote);
      t.deepEqual(world.intents, []);
      t.true(tookMs < SESSION_MS, `${tookMs} ms`);
      await peer.gone();
      t.is(world.log.lines.filter(({ level }) => level === 'error').length, 0);
    });
  }
}
