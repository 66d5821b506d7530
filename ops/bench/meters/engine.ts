/** The real program for benches of meter work: a probe within, a token of the MTS API, and what it does asked by its operator's API. */
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { localTokenFile } from '../../node/keep.ts';
import { unreachableDip } from '../installation.ts';
import { type EngineProcess, type EngineSetup, startEngine } from '../process/engine.ts';
import { type LoopDelay, PROBE_ENV, type ProbeWord } from './probe.ts';

type Sections = NonNullable<EngineSetup['config']>;

const PROBE = join(import.meta.dirname, 'probe.ts');
const PAGE = 500;
const LOOPBACK = '127.0.0.1';

export const TIME_UPDATE_PATH = '/MTS/time-update';
export const STATUS_PATH = '/MTS/action-status';

/** An ended action, as the operator sees it. */
export interface EndedAction {
  readonly requestId: number;
  readonly result: string;
  readonly attempt: number;
}

/** States of actions that have not ended. */
const OPEN_STATES = ['running', 'queued', 'paused', 'waiting'] as const;
type OpenState = (typeof OPEN_STATES)[number];

export interface MeterEngine {
  readonly process: EngineProcess;
  /** Token of the MTS API. */
  readonly token: string;
  /** How long the event loop stood still since the last `resetDelay`. */
  delay(): Promise<LoopDelay>;
  resetDelay(): Promise<void>;
  /** Bytes of the engine's main thread that are left after a collection: heap and buffers. The loop stands still meanwhile. */
  kept(): Promise<number>;
  /** Sessions that run. */
  sessions(): Promise<number>;
  /** Whether no action is in such a state any more, as kept; by default, whether all have ended. */
  allEnded(states?: readonly OpenState[]): Promise<boolean>;
  ended(): Promise<EndedAction[]>;
  /** From now on no session begins. */
  stopSessions(): Promise<void>;
}

/** What every bench of meter work sets: a proxy's word for HTTPS, meters on this machine, no wait for interval boundaries, no DIP. */
export async function meterSections(dataDir: string, more: Sections = {}): Promise<Sections> {
  return {
    dip: await unreachableDip(dataDir),
    mts: { trustedProxies: [LOOPBACK] },
    links: { tcp: { allow: ['127.0.0.0/8 1-65535'] } },
    session: { guards: { boundary: { withinSeconds: 0 } } },
    ...more,
  };
}

/** Without simulated market; events go to NATS. */
export async function startMeterEngine(dataDir: string, more: Sections = {}): Promise<MeterEngine> {
  const probe = join(dataDir, 'probe.sock');
  const config = await meterSections(dataDir, more);
  const process = await startEngine({ dataDir, config, flags: ['--no-sim'], preload: [PROBE], env: { [PROBE_ENV]: probe } });
  try {
    return await meterEngine(process, dataDir);
  } catch (error) {
    await process.stop();
    throw error;
  }
}

/** @param process started with the probe where its delay is asked for */
export async function meterEngine(process: EngineProcess, dataDir: string): Promise<MeterEngine> {
  const operator = readFileSync(localTokenFile(dataDir), 'utf8').trim();
  const ask = async <T>(path: string, body?: unknown): Promise<T> => {
    const answer = await fetch(`http://${LOOPBACK}:${process.httpPort}${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${operator}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`engine: ${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  };
  const { token } = await ask<{ token: string }>('/ops/v1/tokens', { scopes: ['mts'], owner: 'bench' });
  const probe = <T>(word: ProbeWord): Promise<T> => askProbe(join(dataDir, 'probe.sock'), word);
  return {
    process,
    token,
    delay: () => probe<LoopDelay>('read'),
    resetDelay: async () => {
      await probe('reset');
    },
    kept: () => probe<number>('collect'),
    // The list of sessions would cost the engine more than this.
    sessions: async () => Number.parseInt((await ask<{ checks: { meters: { text: string } } }>('/health/ready')).checks.meters.text, 10),
    async allEnded(states = OPEN_STATES) {
      for (const state of states) {
        const { items } = await ask<{ items: unknown[] }>(`/ops/v1/meter-actions?state=${state}&limit=1`);
        if (items.length > 0) return false;
      }
      return true;
    },
    async ended() {
      const all: EndedAction[] = [];
      let cursor: string | null = '';
      while (cursor !== null) {
        const path: string = `/ops/v1/meter-actions?state=done&limit=${PAGE}${cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`}`;
        const page: { items: EndedAction[]; cursor: string | null } = await ask(path);
        all.push(...page.items);
        cursor = page.cursor;
      }
      return all;
    },
    async stopSessions() {
      await ask('/ops/v1/meter-actions-stop', { on: true, reason: 'bench' });
    },
  };
}

/** Runs with an engine as `startMeterEngine` starts it; it is stopped whatever happens. */
export async function withMeterEngine<T>(dataDir: string, more: Sections, run: (engine: MeterEngine) => Promise<T>): Promise<T> {
  const engine = await startMeterEngine(dataDir, more);
  try {
    return await run(engine);
  } finally {
    await engine.process.stop();
  }
}

function askProbe<T>(path: string, word: ProbeWord): Promise<T> {
  return new Promise((resolve, reject) => {
    const socket = connect(path, () => socket.write(`${word}\n`));
    let text = '';
    socket.setEncoding('utf8').on('data', (chunk) => {
      text += String(chunk);
    });
    socket.on('error', reject).on('end', () => resolve(JSON.parse(text) as T));
  });
}
