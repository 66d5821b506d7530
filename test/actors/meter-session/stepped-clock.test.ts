/** Sessions on a host whose wall clock jumps in the middle. */
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import type { Dialogue, DialogueSetup } from '../../../actors/dialogue/index.ts';
import type { Clock } from '../../../actors/engine/ports.ts';
import type { Stage } from '../../../machines/meter-session/index.ts';
import { realClock } from '../../support/real-ports.ts';
import { loopbackLinks, order, scriptedDialogue, sessionPolicy, sessionWorld } from './world.ts';

const JUMP_MS = 64_000;

async function silentPort(t: ExecutionContext): Promise<number> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket.on('error', () => undefined));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as { port: number }).port;
}

/** A wall clock that can be set; timers and the monotonic clock go on. */
function steppable() {
  let offsetMs = 0;
  const clock: Clock = { ...realClock, now: () => realClock.now() + offsetMs };
  return {
    clock,
    step: (ms: number) => {
      offsetMs += ms;
    },
  };
}

type Given = {
  /** Seconds that the meter is ahead of what is true. */
  readonly ahead: number;
  /** The clock jumps as this stage begins. */
  readonly at?: Stage;
  readonly hostClock?: boolean;
  readonly dialogue?: (steps: { readonly step: (ms: number) => void; readonly plain: Dialogue; readonly written: number[] }) => Partial<Dialogue>;
};

/** `written`: milliseconds by which the meter was set ahead of what is true. */
async function session(t: ExecutionContext, { ahead, at, hostClock = true, dialogue }: Given) {
  const { clock, step } = steppable();
  const port = await silentPort(t);
  const written: number[] = [];
  let aheadMs = ahead * 1_000;
  const meter = (setup: DialogueSetup): Dialogue => {
    const plain = scriptedDialogue(setup, 0, {
      readClock: async () => {
        const stamp = { wallMs: clock.now(), monotonicMs: clock.monotonic() };
        return { meterAt: realClock.now() + aheadMs, wholeSeconds: false, sentAt: stamp, firstAt: stamp, repeated: false, flags: [] };
      },
      writeClock: async (target) => {
        aheadMs = target() - realClock.now();
        written.push(aheadMs);
      },
    });
    return { ...plain, ...dialogue?.({ step, plain, written }) };
  };
  const world = sessionWorld({
    ports: { clock, log: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} } },
    links: loopbackLinks(clock),
    policy: sessionPolicy({ hostClock }),
    createDialogue: meter,
  });
  const watcher = world.watcher(undefined, ({ stage }) => {
    if (stage === at) step(JUMP_MS);
  });
  const { result } = await world.runner.run(order({ meterType: 'ELSTERA1700', port }), watcher);
  return { result, written };
}

const REFUSED = { stage: 'set', class: 'guard', guard: 'host-clock', text: "set: the host's clock was stepped during the session" } as const;

test('a clock that jumps between the decision and the write: nothing is written', async (t) => {
  const { result, written } = await session(t, { ahead: 120, at: 'set' });
  t.deepEqual(written, []);
  t.is(result.outcome, 'partial');
  t.deepEqual(result.failure, REFUSED);
  t.false(result.wrote);
});

test('a clock that jumps while the dialogue waits for the line: nothing is written', async (t) => {
  const { result, written } = await session(t, {
    ahead: 120,
    dialogue: ({ step, plain }) => ({
      writeClock: (target, limits) => {
        step(JUMP_MS);
        return plain.writeClock(target, limits);
      },
    }),
  });
  t.deepEqual(written, []);
  t.deepEqual(result.failure, REFUSED);
  t.false(result.wrote);
});

test('a clock that jumps before the frame is made anew: the outcome of the write is not known, and no wrong time leaves', async (t) => {
  const { result, written } = await session(t, {
    ahead: 120,
    dialogue: ({ step, plain, written }) => ({
      writeClock: async (target, limits) => {
        await plain.writeClock(target, limits);
        step(JUMP_MS);
        written.push(target());
      },
    }),
  });
  t.is(written.length, 1);
  t.true(Math.abs(written[0] ?? JUMP_MS) < JUMP_MS / 4);
  t.is(result.outcome, 'partial');
  t.like(result.failure, { class: 'write', text: REFUSED.text });
  t.true(result.wrote);
});

test('with the guard off the time written is that of the reading, carried on by the monotonic clock', async (t) => {
  const { written } = await session(t, { ahead: 120, at: 'set', hostClock: false });
  t.is(written.length, 1);
  t.true(Math.abs(written[0] ?? JUMP_MS) < JUMP_MS / 4);
});

test('a meter that seems right only because the clock jumped is no success', async (t) => {
  const { result, written } = await session(t, { ahead: 75, at: 'clock' });
  t.is(result.before?.offsetSeconds, 11);
  t.is(result.outcome, 'error');
  t.like(result.failure, { class: 'guard', guard: 'host-clock', text: "the host's clock was stepped during the session" });
  t.deepEqual(written, []);
});

test('a clock that jumps after the write: the write is not verified', async (t) => {
  const { result, written } = await session(t, { ahead: 120, at: 'verify' });
  t.is(written.length, 1);
  t.is(result.outcome, 'partial');
  t.like(result.failure, { stage: 'verify', class: 'guard', guard: 'host-clock' });
  t.true(result.wrote);
  t.is(result.after, undefined);
});
