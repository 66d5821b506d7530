/** One engine process: its data folder, and the program that runs on it, now and after the next kill. */
import { rmSync } from 'node:fs';
import { RunFile } from '../../../ops/process/index.ts';
import { type Ended, launchProgram, type Program, type Running, ready } from './program.ts';

export interface StartOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
}

export interface EngineProcessSetup {
  readonly dataDir: string;
  /** Asked before each start: what a node joins is known only once the first one runs. */
  readonly args: () => readonly string[];
  readonly env?: () => Readonly<Record<string, string>>;
  /** Of HTTPS; 0, and the default: any free one at each start. */
  readonly port?: () => number;
  /** Default: the engine's own program. */
  readonly file?: string | undefined;
}

const CHILD_GRACE_MS = 2_000;
const STOP_MS = 30_000;

export class EngineProcess {
  readonly dataDir: string;
  readonly #setup: EngineProcessSetup;
  #program: Program | undefined;
  #launched: Running | undefined;
  #isRunning = false;

  constructor(setup: EngineProcessSetup) {
    this.dataDir = setup.dataDir;
    this.#setup = setup;
  }

  /** @throws when no engine was started */
  get program(): Program {
    if (!this.#program) throw new Error('no engine was started');
    return this.#program;
  }

  /** It is ready, and has not ended. */
  get isRunning(): boolean {
    return this.#isRunning;
  }

  /** What it logged since its start. */
  get log(): string {
    return this.#launched?.stderr() ?? '';
  }

  /** What it logged as an error, the last lines. */
  get errors(): readonly string[] {
    return this.log
      .split('\n')
      .filter((line) => /"level":(?:"(?:error|fatal)"|[56]0)/.test(line))
      .slice(-10);
  }

  /** Starts it and does not wait until it is ready. */
  launch({ env = {}, args = [] }: StartOptions = {}): Running {
    const { dataDir, port, file } = this.#setup;
    const launched = launchProgram(dataDir, [...this.#setup.args(), ...args], { ...this.#setup.env?.(), ...env }, { port: port?.() ?? 0, file });
    this.#launched = launched;
    void launched.ended.then(() => {
      if (this.#launched === launched) this.#isRunning = false;
    });
    return launched;
  }

  async start(options: StartOptions = {}): Promise<Program> {
    const launched = this.launch(options);
    this.#program = await ready(launched, this.dataDir);
    this.#isRunning = this.#launched === launched;
    return this.#program;
  }

  /** The power goes: no handler runs, nothing is flushed. */
  async kill9(): Promise<void> {
    this.#isRunning = false;
    this.#launched?.kill('SIGKILL');
    await this.#launched?.ended;
  }

  /** As an operator would end it. */
  async stop(): Promise<Ended> {
    const { program } = this;
    // Nothing new is brought to it while it stops.
    this.#isRunning = false;
    program.kill('SIGTERM');
    const limit = setTimeout(() => program.kill('SIGKILL'), STOP_MS);
    const ended = await program.ended;
    clearTimeout(limit);
    return ended;
  }

  /** Ends everything that was started here and deletes the folder. */
  async remove(): Promise<void> {
    await this.kill9();
    await new RunFile(this.dataDir).endOthers([], CHILD_GRACE_MS);
    rmSync(this.dataDir, { recursive: true, force: true, maxRetries: 5 });
  }
}
