import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { type Dialogue, DialogueError, type DialogueSetup } from '../../../actors/dialogue/index.ts';
import type { Clock } from '../../../actors/engine/ports.ts';
import { wholeSessionMs } from '../../../actors/meter-session/index.ts';
import { type MeterFarm, type MeterSpec, startMeters } from '../../../ops/sim/meters/index.ts';
import { METERS } from '../../support/meters/specs.ts';
import { realClock } from '../../support/real-ports.ts';
import { order, scriptedDialogue, sessionPolicy, sessionWorld } from './world.ts';

const ELSTER: MeterSpec = { meterType: 'ELSTERA1700', serialNumber: '00012345', password: 'ABCD0001', clock: { offsetSeconds: 60 } };

async function farm(t: ExecutionContext, spec: MeterSpec): Promise<MeterFarm> {
  const meters = await startMeters({ controlPort: null }, [spec]);
  t.teardown(() => meters.stop());
  return meters;
}

function meterOf(meters: MeterFarm) {
  const [meter] = meters.meters;
  if (!meter) throw new Error('no meter');
  return meter;
}

/** A server that takes connections and says nothing. */
async function silent(t: ExecutionContext): Promise<{ readonly server: Server; readonly port: number; readonly sockets: Socket[] }> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { server, port: (server.address() as { port: number }).port, sockets };
}

const scripted =
  (change: Partial<Dialogue> = {}, ahead = 60) =>
  (setup: DialogueSetup) =>
    scriptedDialogue(setup, ahead, change);
const gone = async (socket: Socket | undefined): Promise<void> => {
  if (socket && !socket.destroyed) {
    socket.resume();
    await once(socket, 'close');
  }
};

test('the clock of a simulated A1700 is set, and every stage is told', async (t) => {
  const meters = await farm(t, ELSTER);
  const world = sessionWorld();
  const { result } = await world.runner.run(order(meterOf(meters)), world.watcher());
  t.is(result.outcome, 'success');
  t.is(result.serialNumber?.trim(), '00012345');
  t.true(Math.abs((result.before?.offsetSeconds ?? 0) - 60) <= 1);
  t.true(Math.abs(result.after?.offsetSeconds ?? 99) <= 1);
  t.true(result.wrote);
  t.is(world.intents.length, 1);
  t.deepEqual(world.stages(), ['open', 'sign-on', 'identify', 'log-in', 'serial', 'clock', 'decide', 'set', 'verify', 'log-off', 'close']);
  t.true(Math.abs(meters.offset(0)) <= 1);
  t.is(world.registry.size, 0);
});

for (const protocol of ['elster', 'edmi', 'emlite', 'dlms wrapper', 'dlms hdlc'] as const) {
  test(`an intent that holds no longer when the write is to leave stops it: ${protocol}`, async (t) => {
    const meters = await farm(t, METERS[protocol]);
    const world = sessionWorld();
    const watcher = world.watcher({ kind: 'go' }, undefined, () => world.intents.length === 0);
    const { result } = await world.runner.run(order(meterOf(meters)), watcher);
    t.is(result.outcome, 'error');
    t.like(result.failure, { stage: 'set', class: 'engine' });
    t.false(result.wrote);
    t.is(world.intents.length, 1);
    t.is(meters.records().length, 0);
    t.is(world.registry.size, 0);
  });
}

test('without an intent that was committed nothing is written', async (t) => {
  const meters = await farm(t, ELSTER);
  const world = sessionWorld();
  const { result } = await world.runner.run(order(meterOf(meters)), world.watcher({ kind: 'refused', reason: 'cancelled' }));
  t.is(result.outcome, 'cancelled');
  t.false(result.wrote);
  t.is(meters.records().length, 0);
});

test('another serial number than the expected one ends the session, and nothing is written', async (t) => {
  const meters = await farm(t, ELSTER);
  const world = sessionWorld();
  const { result } = await world.runner.run(order({ ...meterOf(meters), serialNumber: '999' }), world.watcher());
  t.is(result.outcome, 'error');
  t.regex(result.serialError ?? '', /does not match/);
  t.is(meters.records().length, 0);
});

test('a wrong password is told as such', async (t) => {
  const meters = await farm(t, ELSTER);
  const world = sessionWorld();
  const { result } = await world.runner.run(order({ ...meterOf(meters), password: 'ABCD9999' }), world.watcher());
  t.is(result.outcome, 'error');
  t.is(result.failure?.class, 'login');
  t.true(result.passwordRefused);
});

test('a trace has the octets of the session and not the password', async (t) => {
  const meters = await farm(t, ELSTER);
  const world = sessionWorld();
  const { trace } = await world.runner.run(order(meterOf(meters), { trace: true }), world.watcher());
  t.regex(trace ?? '', /->/);
  t.regex(trace ?? '', /<-/);
  t.false(trace?.includes(Buffer.from('ABCD0001').toString('hex').toUpperCase().match(/../g)?.join(' ') ?? '?'));
});

test('while the conditions forbid it nothing is written', async (t) => {
  const { port } = await silent(t);
  const world = sessionWorld({ createDialogue: scripted(), conditions: () => ({ hostClock: { good: false, text: 'it was stepped' }, stopped: false }) });
  const { result } = await world.runner.run(order({ meterType: 'ELSTERA1700', port }), world.watcher());
  t.is(result.outcome, 'partial');
  t.like(result.failure, { class: 'guard', guard: 'host-clock' });
  t.false(result.wrote);
});

test('a refused connection is a failure of the transport', async (t) => {
  const { server, port } = await silent(t);
  server.close();
  await once(server, 'close');
  const world = sessionWorld();
  const { result } = await world.runner.run(order({ meterType: 'ELSTERA1700', port, password: 'ABCD0001' }), world.watcher());
  t.like(result, { outcome: 'error', failure: { stage: 'open', class: 'transport' } });
});

test('a password that cannot be opened ends the session without a word to the meter', async (t) => {
  const { port, sockets } = await silent(t);
  const world = sessionWorld({
    openPassword: () => {
      throw new Error('seal_broken');
    },
  });
  const { result } = await world.runner.run(order({ meterType: 'ELSTERA1700', port, password: 'x' }), world.watcher());
  t.like(result, { outcome: 'error', failure: { stage: 'open', class: 'config' }, octetsOut: 0 });
  await gone(sockets[0]);
  t.pass();
});

test('what has no dialogue, or no address, is refused at once', async (t) => {
  const world = sessionWorld();
  for (const meterType of ['PREMIERPRI', 'NONE']) {
    const { result } = await world.runner.run(order({ meterType, port: 1 }), world.watcher());
    t.like(result, { outcome: 'error', failure: { class: 'config' } });
  }
  const given = order({ meterType: 'ELSTERA1700', port: 1 });
  const { result } = await world.runner.run({ ...given, target: { ...given.target, remoteAddress: 'abc' } }, world.watcher());
  t.is(result.failure?.text, 'remoteAddress: is not in a recognised format');
});

test('cancelled while it connects, or in a stage that does not answer, it ends at once and the link is closed', async (t) => {
  const { port, sockets } = await silent(t);
  const world = sessionWorld();
  const running = world.runner.run(
    order({ meterType: 'ELSTERA1700', port, password: 'ABCD0001' }),
    world.watcher(undefined, ({ stage }) => {
      if (stage === 'sign-on') queueMicrotask(() => world.registry.halt(1, 'cancelled'));
    }),
  );
  const { result, halted } = await running;
  t.is(result.outcome, 'cancelled');
  t.is(halted, 'cancelled');
  await gone(sockets[0]);
  t.pass();
});

test('the registry shows what runs, with its stage and octets', async (t) => {
  const { port } = await silent(t);
  const seen: object[] = [];
  const world = sessionWorld({ createDialogue: scripted() });
  await world.runner.run(
    order({ meterType: 'ELSTERA1700', port }, { requestId: 7, attempt: 2, priority: 'overnight' }),
    world.watcher(undefined, ({ stage }) => {
      if (stage === 'clock') seen.push(...world.registry.list());
    }),
  );
  t.like(seen[0], { requestId: 7, attempt: 2, stage: 'clock', priority: 'overnight', meterType: 'ELSTERA1700', octetsIn: 0 });
  t.deepEqual(world.registry.counts, { running: 0, success: 1, partial: 0, error: 0, cancelled: 0, failed: 0 });
});

test('an action has one session at a time', async (t) => {
  const { port } = await silent(t);
  const world = sessionWorld();
  const first = world.runner.run(order({ meterType: 'ELSTERA1700', port, password: 'ABCD0001' }), world.watcher());
  const { result } = await world.runner.run(order({ meterType: 'ELSTERA1700', port, password: 'ABCD0001' }), world.watcher());
  t.regex(result.failure?.text ?? '', /has one already/);
  world.registry.halt(1, 'cancelled');
  await first;
});

test('a session that throws is ended, counted, and a failure of the engine', async (t) => {
  const { port, sockets } = await silent(t);
  const world = sessionWorld({ createDialogue: scripted(), conditions: () => undefined as never });
  const { result } = await world.runner.run(order({ meterType: 'ELSTERA1700', port }), world.watcher());
  t.like(result, { outcome: 'error', failure: { class: 'engine' }, wrote: false });
  t.is(world.registry.counts.failed, 1);
  await gone(sockets[0]);
  t.pass();
});

test('a session that hangs beyond all its deadlines is ended, and tells whether it wrote', async (t) => {
  const { port, sockets } = await silent(t);
  const policy = sessionPolicy();
  const whole = wholeSessionMs(policy);
  let overdue = () => {};
  // Timers of the machine never fire; that of the supervisor fires once the write hangs.
  const clock: Clock = {
    ...realClock,
    after: (delayMs, run) => {
      if (delayMs < 1_000) return realClock.after(0, run);
      if (delayMs === whole) overdue = run;
      return { cancel: () => {} };
    },
  };
  const world = sessionWorld({
    ports: { clock, log: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} } },
    policy,
    createDialogue: scripted({
      writeClock: (target) => {
        target();
        overdue();
        return new Promise(() => {});
      },
    }),
  });
  const { result } = await world.runner.run(order({ meterType: 'ELSTERA1700', port }), world.watcher());
  t.like(result, { outcome: 'error', failure: { stage: 'set', class: 'engine' }, wrote: true });
  t.is(world.registry.counts.failed, 1);
  await gone(sockets[0]);
  t.pass();
});

test('cut off in the middle of a write it ends soon, as a write whose outcome is not known', async (t) => {
  const { port } = await silent(t);
  const world = sessionWorld({
    createDialogue: (setup) =>
      scriptedDialogue(setup, 60, {
        writeClock: async (target, limits) => {
          target();
          await setup.link.read(limits.deadlineMs);
        },
        readClock: (() => {
          let reads = 0;
          const plain = scriptedDialogue(setup, 60);
          return async (limits: Parameters<Dialogue['readClock']>[0]) => {
            reads++;
            if (reads > 1) await setup.link.read(limits.deadlineMs);
            return plain.readClock(limits);
          };
        })(),
      }),
  });
  const { result } = await world.runner.run(
    order({ meterType: 'ELSTERA1700', port }),
    world.watcher(undefined, ({ stage }) => {
      if (stage === 'set') realClock.after(1_100, () => world.registry.cut(1));
    }),
  );
  t.is(result.outcome, 'partial');
  t.true(result.wrote);
});

test('the dialogue gets the canonical address: it finds keys and the port for framing by it', async (t) => {
  let seen: string | undefined;
  const world = sessionWorld({
    createDialogue: (setup) => {
      seen = setup.canonicalAddress;
      return scriptedDialogue(setup, 0);
    },
  });
  const { port } = await silent(t);
  await world.runner.run(order({ meterType: 'ISKRA_MX37X', port }), world.watcher());
  t.is(seen, `tcp:127.0.0.1:${port}`);
});

test('after a write that was given up at its deadline the clock is read, once the link is free of it', async (t) => {
  const { port } = await silent(t);
  const policy = sessionPolicy();
  let busy = false;
  let overlaps = 0;
  const world = sessionWorld({
    policy: { ...policy, deadlines: { ...policy.deadlines, setMs: 1_200 } },
    createDialogue: (setup) => {
      const plain = scriptedDialogue(setup, 60);
      const alone = <T>(run: () => Promise<T>): Promise<T> => {
        if (busy) overlaps++;
        return run();
      };
      return {
        ...plain,
        readClock: (limits) => alone(() => plain.readClock(limits)),
        writeClock: async (target, limits) => {
          busy = true;
          await plain.writeClock(target, limits);
          await new Promise((resolve) => limits.signal.addEventListener('abort', () => setImmediate(resolve)));
          busy = false;
          throw new DialogueError('write', 'outcome of the write unknown: no answer');
        },
      };
    },
  });
  const { result } = await world.runner.run(order({ meterType: 'ELSTERA1700', port }), world.watcher());
  t.is(overlaps, 0);
  t.like(result, { outcome: 'success', wrote: true });
  t.is(result.after?.offsetSeconds, 0);
});

test('a session that is cut while it waits for invocation counters ends at once', async (t) => {
  const meters = await farm(t, METERS['dlms ciphered']);
  const octets = (hex: string): Uint8Array => Buffer.from(hex, 'hex');
  const { encryptionKey, authenticationKey } = METERS['dlms ciphered'].dlms;
  const asked = Promise.withResolvers<void>();
  const world = sessionWorld({
    services: {
      meterKeys: async () => ({
        suite: 0,
        encryptionKey: octets(encryptionKey),
        authenticationKey: octets(authenticationKey),
        clientSystemTitle: Buffer.from('MWTTEST1'),
        release: () => {},
      }),
      reserveCounters: () => {
        asked.resolve();
        return new Promise(() => {});
      },
      random: (count) => new Uint8Array(count),
    },
  });
  const running = world.runner.run(order(meterOf(meters)), world.watcher());
  await asked.promise;
  const at = performance.now();
  world.registry.cut(1);
  const { result } = await running;
  t.true(performance.now() - at < 5_000);
  t.is(result.outcome, 'error');
  t.false(result.wrote);
});
