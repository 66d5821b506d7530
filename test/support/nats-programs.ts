/** The server programs that tests of NATS run on: those of `MW_NATS_SERVERS` (paths with `:` between), else the one that set-up found. */
import { execFileSync } from 'node:child_process';
import { delimiter } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { locateNatsServer } from '../../ops/nats/locate.ts';
import { type NatsServer, type NatsServerOptions, startNats } from './nats.ts';

export interface NatsProgram {
  readonly program: string;
  /** As it says itself: `2.9.10`. */
  readonly version: string;
  /** A server of its own for one test, ended with it. */
  start(t: ExecutionContext, options?: NatsServerOptions): Promise<NatsServer>;
}

export function natsPrograms(): readonly NatsProgram[] {
  const given = (process.env.MW_NATS_SERVERS ?? '').split(delimiter).filter((path) => path !== '');
  return (given.length > 0 ? given : [locateNatsServer()]).map((program) => ({
    program,
    version: /v(\d+\.\d+\.\d+)/.exec(execFileSync(program, ['--version'], { encoding: 'utf8' }))?.[1] ?? 'unknown',
    async start(t, options = {}) {
      const server = await startNats({ ...options, program });
      t.teardown(() => server.close());
      return server;
    },
  }));
}

/** Registers a test once for each program; with several, the title says which. */
export function natsTest(title: string, run: (t: ExecutionContext, nats: NatsProgram) => Promise<void>): void {
  const programs = natsPrograms();
  for (const nats of programs) test(programs.length > 1 ? `${title} (nats-server ${nats.version})` : title, (t) => run(t, nats));
}
