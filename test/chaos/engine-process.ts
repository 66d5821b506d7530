/** One engine of the run: started, killed, put to sleep, its clock moved; and what is noted when it ends by itself. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { readJson } from '../../ops/process/files.ts';
import { type Connect, connectFile } from '../../ops/process/index.ts';
import { type Child, endWithin, launch } from '../support/chaos/child.ts';
import type { EngineName } from './faults.ts';

export interface EngineProcessOptions {
  readonly name: EngineName;
  /** Of the run; the engine has its own in it. */
  readonly folder: string;
  readonly port: number;
  readonly httpPort: number;
  readonly settings: Readonly<Record<string, unknown>>;
  /** It ended, and nobody had asked it to. `starting`: it had not become ready. */
  onEnd(how: string, starting: boolean): void;
}

const READY_MS = 60_000;
const STOP_MS = 60_000;
const LOOK_MS = 50;
const AGAIN_MS = 1_000;

export class EngineProcess {
  readonly name: EngineName;
  readonly port: number;
  readonly dataDir: string;
  readonly commitsFile: string;
  readonly log: string;
  readonly #options: EngineProcessOptions;
  readonly #clockFile: string;
  #child: Child | undefined;
  #ready = false;
  /** It is to run. */
  #wanted = false;

  constructor(options: EngineProcessOptions) {
    const { name, folder, port, settings } = options;
    this.name = name;
    this.port = port;
    this.#options = options;
    this.dataDir = join(folder, name);
    this.log = join(folder, `${name}.log`);
    this.commitsFile = join(folder, `${name}.commits.jsonl`);
    this.#clockFile = join(folder, `${name}.clock`);
    mkdirSync(this.dataDir, { recursive: true });
    writeFileSync(join(folder, `${name}.config.json`), JSON.stringify(settings, null, 1));
    writeFileSync(this.#clockFile, '0');
  }

  get isReady(): boolean {
    return this.#ready;
  }

  /** Started; resolves when it is ready. An engine that does not become ready is started again, as a service manager would. @throws after a minute */
  async start(): Promise<void> {
    this.#wanted = true;
    const end = performance.now() + READY_MS;
    for (;;) {
      const child = this.#launch();
      while (!child.hasEnded() && performance.now() < end) {
        const read = readJson(connectFile(this.dataDir)) as Connect | undefined;
        if (read?.pid === child.pid) {
          this.#ready = true;
          return;
        }
        await pause(LOOK_MS);
      }
      if (!this.#wanted) return;
      if (performance.now() >= end) throw new Error(`${this.name}: not ready within ${READY_MS} ms; see ${this.log}.err`);
      await pause(AGAIN_MS);
    }
  }

  /** The power goes. */
  async kill(): Promise<void> {
    this.#wanted = false;
    this.#child?.kill('SIGKILL');
    await this.#child?.ended;
  }

  /** As an operator would end it. @returns how it ended where that is not as it should */
  async stop(): Promise<string | undefined> {
    const child = this.#child;
    this.#wanted = false;
    if (!child || child.hasEnded()) return undefined;
    child.kill('SIGTERM');
    await endWithin(child, STOP_MS);
    const { code, signal } = await child.ended;
    return code === 0 ? undefined : `told to stop, ended with ${signal ?? code}`;
  }

  sleep(): void {
    this.#child?.kill('SIGSTOP');
  }

  wake(): void {
    this.#child?.kill('SIGCONT');
  }

  setClock(aheadMs: number): void {
    writeFileSync(this.#clockFile, String(aheadMs));
    if (this.#ready) this.#child?.kill('SIGUSR2');
  }

  #launch(): Child {
    const { folder, port, httpPort, onEnd } = this.#options;
    rmSync(connectFile(this.dataDir), { force: true });
    this.#ready = false;
    const child = launch({
      program: 'test/chaos/engine.ts',
      args: ['--config', join(folder, `${this.name}.config.json`), '--data', this.dataDir, '--port', String(port), '--http-port', String(httpPort), '--no-sim'],
      log: this.log,
      env: { MW_CHAOS_CLOCK: this.#clockFile, MW_CHAOS_COMMITS: this.commitsFile },
    });
    this.#child = child;
    void child.ended.then(({ code, signal }) => {
      if (this.#child !== child) return;
      const wasReady = this.#ready;
      this.#ready = false;
      if (!this.#wanted) return;
      onEnd(`ended with ${signal ?? code}`, !wasReady);
      // One that had been ready is started again; one that had not, `start` starts again.
      if (wasReady) void pause(AGAIN_MS).then(() => (this.#wanted ? this.start().catch((error: unknown) => onEnd(String(error), true)) : undefined));
    });
    return child;
  }
}
