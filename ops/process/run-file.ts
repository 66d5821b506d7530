/**
 * `data/run.json`: the processes that an engine has started. After a kill -9 the next start reads it, and adopts or ends exactly those.
 *
 * I1  A child is noted before anything relies on it, and leaves the file only when it is gone.
 * I2  A record names pid and start time: nothing else is ever signalled.
 */
import { join } from 'node:path';
import Type, { type Static } from 'typebox';
import { Check } from 'typebox/value';
import { readJson, writeWhole } from './files.ts';
import { endProcess, isRunning } from './identity.ts';

const ChildSchema = Type.Object({
  name: Type.String(),
  pid: Type.Integer(),
  started: Type.String(),
  /** What an adopter must know: address, version of the configuration. No secrets. */
  facts: Type.Record(Type.String(), Type.String()),
});
const RunSchema = Type.Object({ children: Type.Array(ChildSchema) });

export type ChildRecord = Static<typeof ChildSchema>;

export class RunFile {
  readonly #file: string;
  readonly #children = new Map<string, ChildRecord>();

  /** Opens the file of a data folder. Records of processes that are gone are dropped. */
  constructor(dataDir: string) {
    this.#file = join(dataDir, 'run.json');
    const read = readJson(this.#file);
    if (!Check(RunSchema, read)) return;
    for (const child of read.children) if (isRunning(child)) this.#children.set(child.name, child);
  }

  /** The running child of this name, of this engine or of an earlier one. */
  find(name: string): ChildRecord | undefined {
    const child = this.#children.get(name);
    return child !== undefined && isRunning(child) ? child : undefined;
  }

  names(): readonly string[] {
    return [...this.#children.keys()];
  }

  note(child: ChildRecord): void {
    this.#children.set(child.name, child);
    this.#write();
  }

  forget(name: string): void {
    if (this.#children.delete(name)) this.#write();
  }

  /** Ends the child of this name, if it still runs, and forgets it. */
  async end(name: string, graceMs: number): Promise<void> {
    const child = this.#children.get(name);
    if (child !== undefined) await endProcess(child, graceMs);
    this.forget(name);
  }

  /** Ends what an earlier engine left behind, except `keep`. */
  async endOthers(keep: readonly string[], graceMs: number): Promise<void> {
    await Promise.all(
      this.names()
        .filter((name) => !keep.includes(name))
        .map((name) => this.end(name, graceMs)),
    );
  }

  #write(): void {
    writeWhole(this.#file, `${JSON.stringify({ children: [...this.#children.values()] }, null, 2)}\n`);
  }
}
