/** `sockets`: what 10,000 idle sockets cost, each with a subscription of its own, and how soon all of them hear again after a restart. */
import { appointmentData, startReader, startServer, startTeller } from './live/world.ts';
import { absolute, type Bench, type Reporter } from './report.ts';

const SOCKETS = 10_000;
/** Known, and none that the system gives to connections: ten thousand of the server that ended still have it for a minute. */
const PORT = 21_987;
const GOAL_BYTES = 8_192;
const GOAL_MS = 5_000;

async function run(report: Reporter): Promise<void> {
  const teller = await startTeller();
  const reader = await startReader();
  const job = { kind: 'ours', nats: teller.url } as const;
  let server = await startServer({ ...job, port: PORT });
  const port = PORT;
  try {
    // What is made at the first of them is no cost of each.
    const subscribe = { kind: 'subscribe', sub: 'a', filter: { mpan: '0#' } };
    await reader.ask({ kind: 'open', port, count: 100, subscribe: [subscribe], answers: 1 });
    await reader.ask({ kind: 'open', port, count: 1, subscribe: [subscribe], answers: 1 });
    const before = await server.state();
    await reader.ask({ kind: 'open', port, count: SOCKETS, subscribe: [subscribe], answers: 1 });
    const after = await server.state();
    report.line(
      absolute(
        'sockets',
        (after.rss - before.rss) / SOCKETS,
        'bytes a socket, idle, with a subscription of its own',
        '< 8 KB',
        (after.rss - before.rss) / SOCKETS < GOAL_BYTES,
      ),
    );
    report.say(`  ${after.sockets} sockets, ${after.subscriptions} subscriptions, ${Math.round(after.rss / 1_048_576)} MiB in all`);

    await server.stop();
    // What happens while nobody serves: one event for each, by which it shows that it hears again, and has missed nothing.
    const mpan = (n: number): string => `0${String(n).padStart(12, '0')}`;
    const missed = Array.from({ length: SOCKETS }, (_, n) => ({ actor: `appointment:${n}`, version: 1, data: appointmentData('SUPX', mpan(n)) }));
    for (let at = 0; at < SOCKETS; at += 1_000) await teller.tell(missed.slice(at, at + 1_000));
    server = await startServer({ ...job, port });
    const began = performance.timeOrigin + performance.now();
    const resume = { ...subscribe, after: 0 };
    const { at } = await reader.ask<{ readonly at: number }>({ kind: 'open', port, count: SOCKETS, subscribe: [resume], answers: 1 });
    report.line(absolute('sockets.resume', at - began, `ms until ${SOCKETS} sockets are back and have what they missed`, '< 5,000', at - began < GOAL_MS));
  } finally {
    await reader.stop();
    await server.stop();
    await teller.stop();
  }
}

export const sockets: Bench = { name: 'sockets', about: '10,000 idle live sockets: memory each, and the time until all hear again after a restart', run };
