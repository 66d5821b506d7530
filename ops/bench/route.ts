/** `route`: commands for a shard of another node, two engines in two processes on one NATS server, against the same commands run where they are made. */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { connect } from 'nats';
import { Router } from '../../actors/cluster/router.ts';
import type { EngineFace } from '../../actors/engine/index.ts';
import { londonDate } from '../../machines/calendar/index.ts';
import { locateNatsServer } from '../nats/index.ts';
import { freePort } from '../node/free-ports.ts';
import { realIds } from '../process/index.ts';
import { seededMpan } from '../sim/market/seed.ts';
import { owned } from './process/cleanup.ts';
import { cpuMs } from './process/usage.ts';
import { absolute, against, type Bench, median, type Reporter } from './report.ts';
import { PREFIX, routedEngine, SHARDS } from './route/engine.ts';
import { appointment, benchPorts } from './world/engine.ts';

const ROUNDS = 7;
const PER_ROUND = 4_000;
/** The first round warms up. */
const MPANS = PER_ROUND * (ROUNDS + 1);
/** Commands in hand at once, of as many keys. */
const IN_HAND = 1_000;
const SMALL = 40_000;
const GOAL_RATIO = 3;
const GOAL_PER_SECOND = 20_000;

type Run = (engine: EngineFace, n: number) => Promise<unknown>;

interface Cost {
  /** CPU of all processes, microseconds a command. */
  readonly us: number;
  readonly perSecond: number;
}

/** The main command of the house: one request becomes one process. */
function appoint(today: string): Run {
  return async (engine, n) => {
    const mpan = seededMpan(n);
    const requestId = realIds.uuid();
    const payload = appointment(mpan, requestId, today);
    const reply = await engine.command<{ readonly kind: string }>({ key: mpan, type: 'appoint', payload, origin: 'caller', id: requestId });
    if (reply.kind !== 'accepted') throw new Error(`route: an appointment was not accepted: ${JSON.stringify(reply)}`);
  };
}

/** The least that a command can be: it looks for a process, finds none, and commits nothing. What is left is the road. */
const look: Run = (engine, n) =>
  engine.command({
    key: seededMpan(n % MPANS),
    type: 'market.status',
    payload: { sur: 'none', code: '0000', text: '', transactionId: null },
    origin: 'caller',
    id: realIds.uuid(),
  });

/** `IN_HAND` chains of commands side by side. */
async function measure(engine: EngineFace, run: Run, from: number, count: number, pids: readonly number[]): Promise<Cost> {
  let next = from;
  const cpu = (): number => pids.reduce((sum, pid) => sum + cpuMs(pid), 0);
  const before = { cpu: cpu(), at: performance.now() };
  const chain = async (): Promise<void> => {
    while (next < from + count) await run(engine, next++);
  };
  await Promise.all(Array.from({ length: IN_HAND }, chain));
  return { us: ((cpu() - before.cpu) * 1_000) / count, perSecond: (count * 1_000) / (performance.now() - before.at) };
}

/** Median of the rounds after the first. */
async function rounds(engine: EngineFace, run: Run, count: number, pids: readonly number[]): Promise<Cost> {
  const costs: Cost[] = [];
  for (let round = 0; round <= ROUNDS; round++) costs.push(await measure(engine, run, round * count, count, pids));
  const rest = costs.slice(1);
  return { us: median(rest.map(({ us }) => us)), perSecond: median(rest.map(({ perSecond }) => perSecond)) };
}

interface Nodes {
  readonly nats: ChildProcess;
  readonly owner: ChildProcess;
  readonly url: string;
  stop(): Promise<void>;
}

async function startNodes(): Promise<Nodes> {
  const port = await freePort();
  const url = `nats://127.0.0.1:${port}`;
  const nats = spawn(locateNatsServer(), ['-a', '127.0.0.1', '-p', String(port)], { stdio: ['ignore', 'ignore', 'pipe'] });
  const natsEnded = owned(nats);
  await said(nats, 'Server is ready');
  const owner = spawn(process.execPath, [...process.execArgv, join(import.meta.dirname, 'route', 'owner.ts'), url, String(MPANS)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ownerEnded = owned(owner);
  await said(owner, 'ready');
  return {
    nats,
    owner,
    url,
    async stop() {
      owner.stdin?.end();
      await ownerEnded;
      nats.kill('SIGTERM');
      await natsEnded;
    },
  };
}

function said(child: ChildProcess, words: string): Promise<void> {
  return new Promise((resolve, reject) => {
    for (const input of [child.stdout, child.stderr]) {
      if (input) createInterface({ input }).on('line', (line) => line.includes(words) && resolve());
    }
    child.once('exit', () => reject(new Error(`route: a process ended before it said: ${words}`)));
  });
}

async function run(report: Reporter): Promise<void> {
  const own = await routedEngine(MPANS);
  const nodes = await startNodes();
  const connection = await connect({ servers: nodes.url });
  const made = (isLocal: boolean): Router =>
    new Router({
      node: 'bench',
      prefix: PREFIX,
      inboxPrefix: '_INBOX',
      shards: SHARDS,
      local: () => isLocal,
      engine: own,
      nats: { connection, onChange: () => () => {} },
      ports: benchPorts,
    });
  const [here, there] = [made(true), made(false)];
  const pids = [process.pid, nodes.owner.pid ?? 0, nodes.nats.pid ?? 0];
  try {
    const today = londonDate(benchPorts.clock.now());
    const local = await rounds(here, appoint(today), PER_ROUND, pids);
    const remote = await rounds(there, appoint(today), PER_ROUND, pids);
    const bare = await rounds(own, look, SMALL, pids);
    const near = await rounds(here, look, SMALL, pids);
    const far = await rounds(there, look, SMALL, pids);
    const { remote: commands, batches } = there.stats;
    report.say(
      `  appointments: ${local.us.toFixed(0)} µs here, ${remote.us.toFixed(0)} µs on the other node (both nodes and NATS), ${Math.round(remote.perSecond)}/s`,
    );
    report.say(`  looks: engine alone ${bare.us.toFixed(1)} µs, through the router ${near.us.toFixed(1)} µs here, ${far.us.toFixed(1)} µs on the other node`);
    report.say(`  ${(commands / batches).toFixed(0)} commands a message`);
    report.line(
      against(
        'route',
        remote.us,
        'µs of CPU a remote appointment, all processes',
        'the same where it is made',
        local.us,
        '< 3x',
        (ratio) => ratio < GOAL_RATIO,
      ),
    );
    report.line(absolute('route.rate', far.perSecond, 'commands/s between two nodes', '> 20,000', far.perSecond > GOAL_PER_SECOND));
    report.line(against('route.local', near.us, 'µs of CPU a local command through the router', 'the engine alone', bare.us, 'stated, no goal', () => true));
  } finally {
    here.close();
    there.close();
    await connection.close();
    await nodes.stop();
  }
}

export const route: Bench = { name: 'route', about: 'a command for another node against one that runs where it is made', run };
