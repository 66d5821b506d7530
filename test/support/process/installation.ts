/** One installation for a test: a data folder of its own and the engine that runs on it, now and after the next kill. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { RunFile } from '../../../ops/process/index.ts';
import { Market } from './market.ts';
import { Mts } from './mts.ts';
import { Operator } from './operator.ts';
import { type Ended, launchProgram, type Program, type Running, ready, run } from './program.ts';
import { Supplier } from './supplier.ts';

export interface InstallationOptions {
  /** The configuration file's content, by section. */
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly seedMpans?: number;
  readonly args?: readonly string[];
}

export interface StartOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
}

/** A market that answers within a tenth of a second: tests wait for the engine, not for the simulator. Meters only where a test brings them. */
export const BRISK = { sim: { meters: false, initialMs: 20, outcomeMs: 50, activeMs: 80, lingerMs: 5 }, dtn: { flushMs: 300, receiptScanMs: 200 } };

const CHILD_GRACE_MS = 2_000;
const STOP_MS = 30_000;

export class Installation {
  readonly dataDir: string;
  readonly #args: readonly string[];
  #program: Program | undefined;
  #launched: Running | undefined;

  constructor(options: InstallationOptions = {}) {
    this.dataDir = mkdtempSync(join(tmpdir(), 'mw-process-'));
    const file = join(this.dataDir, 'test-config.json');
    writeFileSync(file, JSON.stringify(options.settings ?? BRISK));
    this.#args = ['--config', file, '--seed-mpans', String(options.seedMpans ?? 200), ...(options.args ?? [])];
  }

  /** Started, and removed when the test (or, in a `before` hook, the file) ends. */
  static async started(t: Pick<ExecutionContext, 'teardown'> | undefined, options: InstallationOptions = {}): Promise<Installation> {
    const installation = new Installation(options);
    t?.teardown(() => installation.remove());
    await installation.start();
    return installation;
  }

  /** @throws when no engine was started */
  get program(): Program {
    if (!this.#program) throw new Error('no engine was started');
    return this.#program;
  }

  get supplier(): Supplier {
    return Supplier.of(this.program.connect);
  }

  get operator(): Operator {
    return new Operator(this.program.connect);
  }

  get mts(): Mts {
    return Mts.of(this.program.connect);
  }

  get market(): Market {
    return new Market(this.dataDir);
  }

  /** Starts the engine and does not wait until it is ready. */
  launch({ env = {}, args = [] }: StartOptions = {}): Running {
    this.#launched = launchProgram(this.dataDir, [...this.#args, ...args], env);
    return this.#launched;
  }

  async start(options: StartOptions = {}): Promise<Program> {
    this.#program = await ready(this.launch(options), this.dataDir);
    return this.#program;
  }

  /** What the running engine logged as an error, the last lines. */
  get errors(): readonly string[] {
    const lines = this.#launched?.stderr().split('\n') ?? [];
    return lines.filter((line) => /"level":(?:"(?:error|fatal)"|[56]0)/.test(line)).slice(-10);
  }

  /** The power goes: no handler runs, nothing is flushed. */
  async kill9(): Promise<void> {
    this.#launched?.kill('SIGKILL');
    await this.#launched?.ended;
  }

  /** As an operator would end it. */
  async stop(): Promise<Ended> {
    const { program } = this;
    program.kill('SIGTERM');
    const limit = setTimeout(() => program.kill('SIGKILL'), STOP_MS);
    const ended = await program.ended;
    clearTimeout(limit);
    return ended;
  }

  async restart(options: StartOptions = {}): Promise<Program> {
    await this.kill9();
    return this.start(options);
  }

  /** The command line against this installation. */
  mw(...args: readonly string[]): Promise<Ended> {
    return run('ops/cli/main.ts', [...args, '--data', this.dataDir]).ended;
  }

  /** Ends everything that was started here and deletes the folder. */
  async remove(): Promise<void> {
    await this.kill9();
    await new RunFile(this.dataDir).endOthers([], CHILD_GRACE_MS);
    rmSync(this.dataDir, { recursive: true, force: true, maxRetries: 5 });
  }
}
