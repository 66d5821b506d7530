/** All places in which a secret could have been left, after everything was driven. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { openStore, type Store, type StoreOptions, StoreOptionsSchema } from '../../../actors/store/index.ts';
import type { ActorId } from '../../../machines/common/effects.ts';
import { defaultsOf } from '../../../ops/config/settings.ts';
import { readEvents } from '../process/events.ts';
import type { Driven } from './drive.ts';
import type { PlantedWorld, Seen } from './world.ts';

export interface Gathered {
  /** Answers of the API and what the command line printed. */
  readonly answers: readonly Seen[];
  readonly log: readonly Seen[];
  readonly bus: readonly Seen[];
  readonly store: readonly Seen[];
  readonly commandLines: readonly Seen[];
  readonly files: readonly Seen[];
}

const PAGE = 500;

/** Pages that need nobody, and lists and reports of the operator. */
const OPEN = ['/docs', '/openapi.json', '/asyncapi.json', '/extras/mts-api', '/health/ready'] as const;
const LISTS = [
  '/metrics',
  '/ops/v1/audit?limit=500',
  '/ops/v1/alerts?limit=500',
  '/ops/v1/quarantine?limit=500',
  '/ops/v1/keys',
  '/ops/v1/tokens',
  '/ops/v1/operators',
  '/ops/v1/webhooks',
  '/ops/v1/meter-keys',
  '/ops/v1/meter-actions?limit=500',
  '/ops/v1/lines',
  '/ops/v1/sessions',
  '/ops/v1/cluster',
  '/ops/v1/counts?by=kind,state',
  '/ops/v1/search?serialNumber=36000001',
] as const;

export async function gather(world: PlantedWorld, { key }: Driven): Promise<Gathered> {
  const { installation } = world;
  for (const note of world.lateNotes) await note();
  for (const path of OPEN) await world.ask(path);
  for (const path of LISTS) await world.operate(path);
  await world.ask('/requests/v1/SUPX', { headers: { 'x-api-key': key } });
  const events = await readEvents(installation.program.connect.natsUrl ?? '', installation.dataDir);
  const copy = join(world.folder, 'backup');
  await world.mw('backup', copy);
  const store = await readStore(copy);
  for (const { where } of store) await world.operate(`/ops/v1/actors/${encodeURIComponent(where)}`);
  const actions = store.flatMap(({ where }) => (where.startsWith('action:') ? [where.slice('action:'.length)] : []));
  for (const id of actions) await world.operate(`/ops/v1/meter-actions/${id}`);
  const commandLines = commandLinesOf(installation.program.pid);
  for (const { headers, body } of world.receiver.received) world.keep('what the receiver of webhooks got', `${JSON.stringify(headers)}\n${body}`);
  const bus = [
    ...world.heard().map((text): Seen => ({ where: 'the bus', text })),
    ...events.map((event): Seen => ({ where: `event ${event.natsSubject}`, text: JSON.stringify(event) })),
  ];
  const files = [...openFiles(installation.dataDir), ...openFiles(copy)];
  const { stdout, stderr } = await installation.stop();
  const log = [
    // The demo tells whoever started it how to call it.
    { where: 'standard output', text: stdout.replaceAll(installation.program.connect.demo?.apiKey ?? '', '') },
    ...stderr.split('\n').map((text) => ({ where: 'log', text })),
    ...readAll(join(installation.dataDir, 'nats'), (name) => name.endsWith('.log')),
  ];
  return { answers: world.seen, log, bus, store, commandLines, files };
}

/** Every document with its whole history. */
async function readStore(folder: string): Promise<readonly Seen[]> {
  const store = await openStore(defaultsOf(StoreOptionsSchema) as StoreOptions, { directory: join(folder, 'store') });
  try {
    const kinds = new Set((await store.totals()).map(({ kind }) => kind));
    const seen: Seen[] = [];
    for (const kind of kinds) {
      let cursor: string | undefined;
      do {
        const page = await store.page({ index: 'kind', value: kind, limit: PAGE, ...(cursor === undefined ? {} : { cursor }) });
        for (const doc of page.items) seen.push({ where: doc.id, text: `${JSON.stringify(doc)}\n${JSON.stringify(await historyOf(store, doc.id))}` });
        cursor = page.cursor;
      } while (cursor !== undefined);
    }
    return seen;
  } finally {
    await store.close();
  }
}

const historyOf = (store: Store, id: ActorId): Promise<readonly object[]> => store.history(id, { limit: PAGE });

/** Of the engine and all that it started, and what those started. */
function commandLinesOf(pid: number): readonly Seen[] {
  const processes = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const parents = new Map(processes.flatMap((name) => [[Number(name), parentOf(name)] as const]));
  const isOurs = (one: number | undefined): boolean => one !== undefined && one > 1 && (one === pid || isOurs(parents.get(one)));
  return processes.filter((name) => isOurs(Number(name))).flatMap((name) => readable(`/proc/${name}/cmdline`));
}

function parentOf(name: string): number | undefined {
  try {
    return Number(/^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${name}/status`, 'utf8'))?.[1]);
  } catch {
    return undefined;
  }
}

function readable(path: string): readonly Seen[] {
  try {
    return [{ where: path, text: readFileSync(path, 'latin1').replaceAll('\0', ' ') }];
  } catch {
    return [];
  }
}

/** Those that others than their owner may read. */
const openFiles = (folder: string): readonly Seen[] => readAll(folder, (_name, mode) => (mode & 0o077) !== 0);

function readAll(folder: string, wanted: (name: string, mode: number) => boolean): readonly Seen[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).flatMap((name) => {
    const path = join(folder, name);
    const stat = statSync(path, { throwIfNoEntry: false });
    return stat?.isFile() && wanted(name, stat.mode) ? [{ where: relative(folder, path), text: readFileSync(path, 'latin1') }] : [];
  });
}
