import test from 'ava';
import { CommandMemory, type MemoryLimits } from '../../../actors/cluster/command-memory.ts';

const LIMITS: MemoryLimits = { remembered: 10, rememberedChars: 1_000, rememberedMs: 60_000 };
const never = (): never => {
  throw new Error('is not to be called');
};

interface World {
  readonly memory: CommandMemory;
  readonly clock: { now: number };
  answered(name: string, answer?: string): void;
  knows(name: string): boolean;
}

function memory(change: Partial<MemoryLimits> = {}): World {
  const clock = { now: 5 };
  const commands = new CommandMemory({ ...LIMITS, ...change }, () => clock.now);
  return {
    memory: commands,
    clock,
    answered(name, answer = 'yes') {
      commands.begin(name, never);
      commands.end(name, answer, true);
    },
    knows(name) {
      const known = commands.begin(name, never).kind === 'answered';
      if (!known) commands.end(name, '', false);
      return known;
    },
  };
}

test('a command that was answered has its answer', (t) => {
  const world = memory();
  world.answered('a', 'one');
  t.deepEqual(world.memory.begin('a', never), { kind: 'answered', answer: 'one' });
});

test('whoever says a command again while it runs hears its answer', (t) => {
  const { memory: commands } = memory();
  const heard: string[] = [];
  t.is(commands.begin('a', never).kind, 'new');
  t.is(commands.begin('a', (answer) => heard.push(`2 ${answer}`)).kind, 'running');
  t.is(commands.begin('a', (answer) => heard.push(`3 ${answer}`)).kind, 'running');
  commands.end('a', 'done', true);
  t.deepEqual(heard, ['2 done', '3 done']);
});

test('an answer that is not to be kept is told to those who wait, and the next is run', (t) => {
  const { memory: commands } = memory();
  const heard: string[] = [];
  commands.begin('a', never);
  commands.begin('a', (answer) => heard.push(answer));
  commands.end('a', 'full', false);
  t.deepEqual(heard, ['full']);
  t.is(commands.begin('a', never).kind, 'new');
});

test('no more entries are kept than the bound, and at least half of them', (t) => {
  const world = memory();
  for (let n = 0; n < 100; n++) {
    world.answered(`c${n}`);
    t.true(world.memory.size <= 10);
    for (let last = Math.max(0, n - 4); last <= n; last++) t.true(world.knows(`c${last}`));
  }
  t.false(world.knows('c0'));
});

test('no more characters are kept than the bound', (t) => {
  const world = memory({ rememberedChars: 100 });
  for (const name of ['a', 'b', 'c', 'd']) world.answered(name, 'x'.repeat(39));
  t.deepEqual(['a', 'b', 'c', 'd'].filter(world.knows), ['c', 'd']);
});

test('an answer that alone is too long is not kept', (t) => {
  const world = memory({ rememberedChars: 100 });
  world.answered('a', 'x'.repeat(60));
  t.false(world.knows('a'));
});

test('an answer is kept for at least half the time, and never longer than all of it', (t) => {
  const world = memory();
  world.clock.now += 20_000;
  world.answered('a');
  world.clock.now += 29_999;
  t.true(world.knows('a'));
  world.clock.now += 30_001;
  t.false(world.knows('a'));
});

test('after a long silence nothing is known', (t) => {
  const world = memory();
  world.answered('a');
  world.clock.now += 60_000;
  t.false(world.knows('a'));
  t.is(world.memory.size, 0);
});
