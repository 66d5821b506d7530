/** `fanout`: events from NATS to 5,000 sockets, against the package `ws` doing the same from the same stream. */
import { appointmentData, startReader, startServer, startTeller, type Teller } from './live/world.ts';
import { cpuMs } from './process/usage.ts';
import { absolute, against, type Bench, median, type Reporter } from './report.ts';

const SOCKETS = 5_000;
const EVENTS = 100;
const ROUNDS = { ours: 11, ws: 5 } as const;
/** Events told one by one. */
const ALONE = 15;
const GOAL_RATIO = 4;
const GOAL_PER_SECOND = 300_000;

interface Result {
  /** Deliveries a second. */
  readonly perSecond: number;
  /** CPU of the server, microseconds a delivery. */
  readonly us: number;
  /** From one event, told alone, to the last of its deliveries, milliseconds. */
  readonly aloneMs: number;
}

async function measure(kind: 'ours' | 'ws', teller: Teller): Promise<Result> {
  const server = await startServer({ kind, nats: teller.url, port: 0 });
  const reader = await startReader();
  try {
    await reader.ask({ kind: 'open', port: server.port, count: SOCKETS, subscribe: [{ kind: 'subscribe', sub: 'a', filter: { mpid: 'SUPX' } }], answers: 1 });
    /** Milliseconds from the first publication to the last delivery. */
    const told = async (name: string, events: number): Promise<number> => {
      const began = performance.timeOrigin + performance.now();
      const ended = reader.ask<{ readonly at: number }>({ kind: 'await', frames: events * SOCKETS });
      const data = appointmentData('SUPX', '1234567890123');
      await teller.tell(Array.from({ length: events }, (_, n) => ({ actor: `appointment:${kind}-${name}-${n}`, version: 1, data })));
      return (await ended).at - began;
    };
    const rates: number[] = [];
    const costs: number[] = [];
    // The first round warms up.
    for (let round = 0; round <= ROUNDS[kind]; round++) {
      const cpu = cpuMs(server.pid);
      const tookMs = await told(`many-${round}`, EVENTS);
      if (round === 0) continue;
      rates.push((EVENTS * SOCKETS * 1_000) / tookMs);
      costs.push(((cpuMs(server.pid) - cpu) * 1_000) / (EVENTS * SOCKETS));
    }
    const alone: number[] = [];
    for (let round = 0; round < ALONE; round++) alone.push(await told(`one-${round}`, 1));
    return { perSecond: median(rates), us: median(costs), aloneMs: median(alone) };
  } finally {
    await reader.stop();
    await server.stop();
  }
}

async function run(report: Reporter): Promise<void> {
  const teller = await startTeller();
  try {
    const ws = await measure('ws', teller);
    const ours = await measure('ours', teller);
    report.say(`  ${EVENTS} events at once to ${SOCKETS} sockets: ${ours.us.toFixed(2)} µs of the server's CPU a delivery, \`ws\` ${ws.us.toFixed(2)} µs`);
    report.line(
      against('fanout', ours.perSecond, 'deliveries/s from NATS to 5,000 sockets', 'the package ws', ws.perSecond, '>= 4x', (ratio) => ratio >= GOAL_RATIO),
    );
    const single = against(
      'fanout.single',
      ours.aloneMs,
      'ms from one event alone to all sockets',
      'the package ws',
      ws.aloneMs,
      'stated, no goal',
      () => true,
    );
    report.line(single);
    report.line(absolute('fanout.rate', ours.perSecond, 'deliveries/s from NATS to 5,000 sockets', '>= 300,000', ours.perSecond >= GOAL_PER_SECOND));
  } finally {
    await teller.stop();
  }
}

export const fanout: Bench = { name: 'fanout', about: 'events from NATS to 5,000 live sockets, against the package ws', run };
