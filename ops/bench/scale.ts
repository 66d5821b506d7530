/**
 * `scale`: what an appointment costs with three, two and one nodes: CPU of all engines, from its POST to its end, callbacks and events
 * included; what the store and NATS are asked; and what nodes cost that do nothing.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { Callers } from './cluster/callers.ts';
import { type Cluster, withCluster } from './cluster/nodes.ts';
import { type Points, pointsOf } from './cluster/points.ts';
import { openWire, type StoreTraffic, type Wire } from './cluster/wire.ts';
import { API_PATH } from './installation.ts';
import { openMarket } from './market.ts';
import { cpuMs, memoryOf } from './process/usage.ts';
import { against, type Bench, type Reporter } from './report.ts';

const STAGES = [3, 2, 1] as const;
const MEASURED = Number(process.env.MW_BENCH_CLUSTER_FLOWS ?? 900);
/** Of each node: the first stage compiles the programs, the others let the rest settle. */
const FIRST_WARM_UP = 1_000;
const WARM_UP = 100;
const SEEDED = Math.ceil((3 * FIRST_WARM_UP + 3 * WARM_UP + STAGES.length * MEASURED) / 0.9) + 10;
/** Of each node: twice the nodes are for twice the work. */
const IN_HAND = 32;
const ROUNDS = 3;
const IDLE_MS = 6_000;
/** Marks and history are written a little later. */
const REST_MS = 2_500;
const GOAL_RATIO = 1.3;
const MB = 1_048_576;

interface Sample {
  readonly cpuMs: number;
  readonly at: number;
  readonly nats: { readonly in: number; readonly out: number };
  readonly store: StoreTraffic;
}

async function run(report: Reporter): Promise<void> {
  let wire: Wire | undefined;
  const through = async (url: string): Promise<string> => {
    const whole = new URL(url);
    wire = await openWire(Number(whole.port));
    whole.port = String(wire.port);
    return whole.href;
  };
  try {
    await withCluster({ nodes: 3, nats: 1, seedMpans: SEEDED, through, say: report.say }, async (cluster) => {
      if (wire) await measure(cluster, wire, report);
    });
  } finally {
    wire?.close();
  }
}

async function measure(cluster: Cluster, wire: Wire, report: Reporter): Promise<void> {
  const points = pointsOf(SEEDED, 0, 0);
  const costs = new Map<number, number>();
  report.say(`  the record of a meter point: ${((await sizesOf(cluster)) / SEEDED / 1_024).toFixed(1)} KB on the store's disk, indexes included`);
  for (const nodes of STAGES) {
    const leaving = cluster.nodes[nodes];
    if (leaving) {
      await cluster.drain(leaving);
      await leaving.stop();
      await cluster.settled();
    }
    await flows(cluster, points, nodes * (nodes === STAGES[0] ? FIRST_WARM_UP : WARM_UP), `warm${nodes}`);
    const before = await sample(cluster, wire);
    await pause(IDLE_MS);
    const idle = perSecond(before, await sample(cluster, wire));
    const sizes = await sizesOf(cluster);
    const from = await sample(cluster, wire);
    const rounds: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const began = await sample(cluster, wire);
      await flows(cluster, points, MEASURED / ROUNDS, `run${nodes}-${round}`);
      const ended = await sample(cluster, wire);
      rounds.push(((ended.cpuMs - began.cpuMs - (idle.cpuMs * (ended.at - began.at)) / 1_000) * ROUNDS) / MEASURED);
    }
    const until = await sample(cluster, wire);
    const grown = await sizesOf(cluster);
    const seconds = (until.at - from.at) / 1_000;
    const each = (whole: number, rest: number): number => (whole - rest * seconds) / MEASURED;
    // What else the machine does makes the same work dearer, never cheaper.
    const cost = Math.min(...rounds);
    costs.set(nodes, cost);
    const memory = cluster.running().map(({ engine }) => Math.round(memoryOf(engine.pid).privateBytes / MB));
    report.say(
      `  ${nodes} nodes: ${cost.toFixed(2)} ms an appointment (rounds: ${rounds.map((one) => one.toFixed(2)).join(', ')}), ${(MEASURED / (seconds - (ROUNDS * REST_MS) / 1_000)).toFixed(0)}/s; memory ${memory.join(', ')} MB`,
    );
    report.say(
      `    idle, each second: ${idle.cpuMs.toFixed(1)} ms of CPU, NATS ${idle.natsIn.toFixed(0)} in and ${idle.natsOut.toFixed(0)} out, store ${told(idle.commands, 1)}`,
    );
    report.say(
      `    an appointment: NATS ${each(until.nats.in - from.nats.in, idle.natsIn).toFixed(1)} in and ${each(until.nats.out - from.nats.out, idle.natsOut).toFixed(1)} out; store ${told(difference(from.store.commands, until.store.commands), MEASURED)}, documents written: ${told(difference(from.store.writes, until.store.writes), MEASURED)}, ${((until.store.bytesIn - from.store.bytesIn) / MEASURED / 1_024).toFixed(1)} KB to it, ${((until.store.bytesOut - from.store.bytesOut) / MEASURED / 1_024).toFixed(1)} KB from it; on its disk ${((grown - sizes) / MEASURED / 1_024).toFixed(1)} KB`,
    );
  }
  const [most, least] = [Math.max(...costs.values()), Math.min(...costs.values())];
  report.line(
    against(
      'scale',
      most,
      'ms of engine CPU an appointment, where it is most',
      'where it is least, of 1, 2, 3 nodes',
      least,
      'within 1.3x',
      (ratio) => ratio <= GOAL_RATIO,
    ),
  );
}

/** Appointments, until the market has the engine's word for the last answer of each. */
async function flows(cluster: Cluster, points: Points, count: number, run: string): Promise<void> {
  const market = openMarket(cluster.controlUrl);
  const goal = (await market.finished()) + count;
  const callers = new Callers({ path: API_PATH, apiKey: cluster.apiKey, gateways: () => cluster.running(), run: `${run}-${process.pid}` });
  let left = count;
  const chain = async (): Promise<void> => {
    while (left-- > 0) await callers.call(points.load.next().value ?? '');
  };
  await Promise.all(Array.from({ length: IN_HAND * cluster.running().length }, chain));
  await callers.stop();
  while ((await market.finished()) < goal) await pause(100);
  await pause(REST_MS);
}

async function sample(cluster: Cluster, wire: Wire): Promise<Sample> {
  const nats = await cluster.nats.traffic();
  return { cpuMs: cluster.running().reduce((sum, { engine }) => sum + cpuMs(engine.pid), 0), at: performance.now(), nats, store: wire.counts() };
}

interface Rates {
  readonly cpuMs: number;
  readonly natsIn: number;
  readonly natsOut: number;
  readonly commands: ReadonlyMap<string, number>;
}

function perSecond(from: Sample, until: Sample): Rates {
  const seconds = (until.at - from.at) / 1_000;
  return {
    cpuMs: (until.cpuMs - from.cpuMs) / seconds,
    natsIn: (until.nats.in - from.nats.in) / seconds,
    natsOut: (until.nats.out - from.nats.out) / seconds,
    commands: new Map([...difference(from.store.commands, until.store.commands)].map(([name, count]) => [name, count / seconds])),
  };
}

function difference(from: ReadonlyMap<string, number>, until: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  return new Map([...until].map(([name, count]) => [name, count - (from.get(name) ?? 0)]));
}

/** Those that matter, most frequent first. */
function told(commands: ReadonlyMap<string, number>, of: number): string {
  const shown = [...commands].filter(([, count]) => count / of >= 0.05).sort(([, a], [, b]) => b - a);
  return shown.map(([name, count]) => `${name} ${(count / of).toFixed(1)}`).join(', ') || 'nothing';
}

async function sizesOf({ store }: Cluster): Promise<number> {
  return (await store.sizeOf('actors')) + (await store.sizeOf('history'));
}

export const scale: Bench = { name: 'scale', about: 'CPU of an appointment with one, two and three nodes, and what it asks of the store and of NATS', run };
