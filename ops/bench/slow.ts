/** `slow`: how late fast readers hear, while one in five reads nothing at all, against none stuck. Two servers, measured turn by turn. */
import type { ReaderJob } from './live/reader.ts';
import { appointmentData, type Child, type Serving, startReader, startServer, startTeller, type Teller } from './live/world.ts';
import { against, type Bench, median, quantile, type Reporter } from './report.ts';

const SOCKETS = 1_000;
const STUCK = SOCKETS / 5;
const EVENTS = 100;
const EVERY_MS = 20;
const ROUNDS = 11;
const GOAL = 1.2;
/** What fills the buffers of the system for a socket that is not read, so that the server has to hold back. */
const FLOOD = { events: 100, bytes: 16_384, most: 40 } as const;

interface World {
  readonly mpid: string;
  readonly server: Serving;
  /** Those that are measured: as many in both worlds. */
  readonly fast: Child<ReaderJob>;
  readonly others: Child<ReaderJob>;
}

let told = 0;

async function startWorld(teller: Teller, mpid: string): Promise<World> {
  const server = await startServer({ kind: 'ours', nats: teller.url, port: 0 });
  const [fast, others] = [await startReader(), await startReader()];
  const all = { kind: 'subscribe', sub: 'a', filter: { mpid } };
  // Heard by those alone that are to be stuck, beside what all hear.
  const flood = { kind: 'subscribe', sub: 'b', filter: { mpid: 'FLUD' } };
  await fast.ask({ kind: 'open', port: server.port, count: SOCKETS - STUCK, subscribe: [all], answers: 1 });
  await others.ask({ kind: 'open', port: server.port, count: STUCK, subscribe: mpid === 'SUPY' ? [all, flood] : [all], answers: mpid === 'SUPY' ? 2 : 1 });
  return { mpid, server, fast, others };
}

/** The p99 of the delays of one round, milliseconds, to readers that read. */
async function round(teller: Teller, { mpid, fast }: World): Promise<number> {
  await fast.ask({ kind: 'latencies' });
  const ended = fast.ask({ kind: 'await', frames: EVENTS * (SOCKETS - STUCK) });
  for (let n = 0; n < EVENTS; n++) {
    const at = performance.timeOrigin + performance.now();
    const telling = teller.tell([{ actor: `appointment:${told++ % 500}`, version: told, data: appointmentData(mpid, '1234567890123', { at }) }]);
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
    await telling;
  }
  await ended;
  const { latencies } = await fast.ask<{ readonly latencies: readonly number[] }>({ kind: 'latencies' });
  return quantile(latencies, 0.99);
}

async function stick(teller: Teller, { server, others }: World): Promise<void> {
  await others.ask({ kind: 'pause', count: STUCK });
  const data = { mpid: 'FLUD', pad: 'x'.repeat(FLOOD.bytes) };
  for (let flood = 0; flood < FLOOD.most; flood++) {
    await teller.tell(Array.from({ length: FLOOD.events }, (_, n) => ({ actor: `appointment:flood-${n}`, version: flood + 1, data })));
    if ((await server.state()).slow >= STUCK) return;
  }
  throw new Error(`slow: only ${(await server.state()).slow} of ${STUCK} sockets are stuck`);
}

async function run(report: Reporter): Promise<void> {
  const teller = await startTeller();
  const worlds: World[] = [];
  try {
    const free = await startWorld(teller, 'SUPX');
    worlds.push(free);
    const stuck = await startWorld(teller, 'SUPY');
    worlds.push(stuck);
    await stick(teller, stuck);
    const p99 = { free: [] as number[], stuck: [] as number[] };
    // The first of each warms up.
    for (let n = 0; n <= ROUNDS; n++) {
      const [a, b] = [await round(teller, free), await round(teller, stuck)];
      if (n === 0) continue;
      p99.free.push(a);
      p99.stuck.push(b);
    }
    const words = (all: readonly number[]): string => all.map((ms) => ms.toFixed(1)).join(' ');
    report.say(`  ${SOCKETS} sockets; p99 of each round, ms: ${words(p99.free)} with none stuck, ${words(p99.stuck)} with ${STUCK}`);
    const [ours, others] = [median(p99.stuck), median(p99.free)];
    report.line(against('slow', ours, 'ms, p99 of deliveries to fast readers with 20 % stuck', 'none stuck', others, '<= 1.2x', (ratio) => ratio <= GOAL));
  } finally {
    for (const { fast, others, server } of worlds) for (const child of [fast, others, server]) await child.stop();
    await teller.stop();
  }
}

export const slow: Bench = { name: 'slow', about: 'delay of live events to fast readers while one in five reads nothing', run };
