/** `mw store copy --from lmdb --to mongodb`: moves a stopped installation's store into the database of a cluster. */
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Compared, CopyResult } from '../../../actors/store/mongodb/copy/index.ts';
import type { MongodbOptions, StoreOptions } from '../../../actors/store/options.ts';
import { type CommandCall, type CommandSpec, needed, UsageError } from '../command.ts';
import { type Progress, print, printJson, progress, table } from '../output.ts';

export const store: CommandSpec = {
  name: 'store',
  about: 'Copies the store of a stopped installation into MongoDB, goes on where it was stopped, and reads everything back.',
  usage: 'copy --from lmdb --to mongodb [--data DIR] [--config FILE] [--mongodb-url URL] [--database NAME]',
  help: `--data DIR         data folder of the stopped installation
--config FILE      settings; store.mongodb says where to copy to
--mongodb-url URL  instead of store.mongodb.url (better set in MW_STORE_MONGODB_URL: a command line can be seen)
--database NAME    instead of store.mongodb.database; it must be empty, or hold an unfinished copy of this installation`,
  options: { from: { type: 'string' }, to: { type: 'string' }, config: { type: 'string' }, 'mongodb-url': { type: 'string' }, database: { type: 'string' } },
  words: [1, 1],
  run: async (call) => {
    if (call.words[0] !== 'copy') throw new UsageError('store: copy --from lmdb --to mongodb');
    if (needed(call, 'from') !== 'lmdb') throw new UsageError('--from: must be lmdb');
    if (needed(call, 'to') !== 'mongodb') throw new UsageError('--to: must be mongodb');
    return copy(call);
  },
};

async function copy(call: CommandCall): Promise<number> {
  const { dataDir, options, mongodb } = await settingsOf(call);
  const result = await run(dataDir, options, mongodb);
  if (call.json) printJson(result);
  else show(result, mongodb.database);
  const { refuseDifferent } = await import('../../../actors/store/mongodb/copy/index.ts');
  refuseDifferent(result.compared);
  return 0;
}

interface Settings {
  readonly dataDir: string;
  readonly options: StoreOptions;
  readonly mongodb: MongodbOptions;
}

/** @throws UsageError, ConfigError */
async function settingsOf(call: CommandCall): Promise<Settings> {
  // Only here: reading all schemas takes longer than most commands.
  const [{ loadConfig }, { demoLayer }] = await Promise.all([import('../../config/index.ts'), import('../../node/demo.ts')]);
  const flags = ['config', 'data'].flatMap((name) => (typeof call.flags[name] === 'string' ? [`--${name}`, call.flags[name]] : []));
  const { config } = loadConfig({ flags, env: environmentOf(call), presets: demoLayer() });
  const { mongodb } = config.store;
  if (mongodb?.url === undefined) throw new UsageError('store.mongodb.url: must be set: in the settings, by MW_STORE_MONGODB_URL, or by --mongodb-url');
  return { dataDir: resolve(config.data.dir), options: config.store, mongodb };
}

/** Flags win, and are checked as any setting. */
function environmentOf({ flags }: CommandCall): NodeJS.ProcessEnv {
  const { database, 'mongodb-url': url } = flags;
  return {
    ...process.env,
    ...(typeof url === 'string' ? { MW_STORE_MONGODB_URL: url } : {}),
    ...(typeof database === 'string' ? { MW_STORE_MONGODB_DATABASE: database } : {}),
  };
}

async function run(dataDir: string, { mapSizeBytes }: StoreOptions, mongodb: MongodbOptions): Promise<CopyResult> {
  const [{ openLmdbSource }, { DirectoryLock }, { copyToMongo }] = await Promise.all([
    import('../../../actors/store/lmdb/source.ts'),
    import('../../../actors/store/lmdb/lock.ts'),
    import('../../../actors/store/mongodb/copy/index.ts'),
  ]);
  if (!existsSync(dataDir)) throw new UsageError(`--data: must be a data folder: ${dataDir}`);
  // Whatever store it uses: an engine that runs on this folder has not been stopped.
  const lock = new DirectoryLock(join(dataDir, 'engine.lock'));
  try {
    const source = await openLmdbSource(join(dataDir, 'store'), mapSizeBytes);
    const shown = new Shown();
    try {
      return await copyToMongo(source, mongodb, { newId: randomUUID, told: (stage, done, total) => shown.update(stage, done, total) });
    } finally {
      shown.end();
      await source.close();
    }
  } finally {
    lock.release();
  }
}

/** A bar for each stage. */
class Shown {
  #stage = '';
  #bar: Progress | undefined;

  update(stage: string, done: number, total: number): void {
    if (stage !== this.#stage) {
      this.end();
      this.#stage = stage;
      this.#bar = progress(total, stage);
    }
    this.#bar?.update(done);
  }

  end(): void {
    this.#bar?.stop();
    this.#bar = undefined;
  }
}

function show({ copied, compared }: CopyResult, database: string): void {
  if (!copied) {
    print(`${database}: has been copied before; nothing was done`);
    return;
  }
  const row = ({ what, source, target, same }: Compared): (string | number)[] => [
    what,
    source.count,
    target.count,
    target.checksum.slice(0, 16),
    same ? 'same' : 'DIFFERENT',
  ];
  print(table(['what', 'in the store', 'copied', 'checksum', ''], compared.map(row)));
}
