/** What the engine must know of the DTN actors: `dtn:<mpid>` and its files `dtn-file:<mpid>:<fileId>`, both under the key `<mpid>`. */
import type { SnapshotFrom } from 'xstate';
import type { ActorId, Json } from '../../machines/common/effects.ts';
import {
  createDtnFileMachine,
  createDtnMachine,
  DTN_FILE_MACHINE_VERSION,
  DTN_MACHINE_VERSION,
  type DtnContext,
  type DtnEvent,
  type DtnSettings,
  slotsAtStake,
  type WriteDtnFileParams,
  writeName,
} from '../../machines/dtn/index.ts';
import type { ActorDefinition, MachineEvent, Turn } from '../engine/definition.ts';
import type { ActorDoc } from '../store/store.ts';

export const DTN_CHANNEL = 'dtn';

/** Data of an effect of the channel; the body is the file. */
export type DtnEffectData = { readonly mpid: string; readonly fileId: string; readonly fileName: string; readonly recipient: string; readonly test: boolean };

type DtnMachine = ReturnType<typeof createDtnMachine>;
type DtnFileMachine = ReturnType<typeof createDtnFileMachine>;

/** Nothing was released before version 1, so there is nothing to lift. */
function noMigration(kind: string) {
  return (_: Json, from: number): Json => {
    throw new Error(`${kind}: no migration from version ${from}`);
  };
}

/** Tell the event which of the slots at stake are held by files: what is in a file does not go into another. */
async function admit(event: MachineEvent, turn: Pick<Turn, 'slot'>, doc: ActorDoc | undefined, settings: DtnSettings): Promise<MachineEvent> {
  const context = (doc?.snapshot as { context?: DtnContext } | null | undefined)?.context;
  const names = slotsAtStake(context ?? { mpid: '', lastFile: 0, lastTestFile: 0, queues: {} }, event as DtnEvent, settings);
  const slots = await Promise.all(names.map((name) => turn.slot(name)));
  const held: Record<string, ActorId> = {};
  for (const slot of slots) if (slot) held[slot.name] = slot.owner;
  return Object.keys(held).length > 0 ? { ...event, held } : event;
}

/** The collector of a sender's lines. Made by the first tell. */
export function dtnDefinition(settings: DtnSettings): ActorDefinition<DtnMachine> {
  return {
    kind: 'dtn',
    machine: createDtnMachine(settings),
    machineVersion: DTN_MACHINE_VERSION,
    migrate: noMigration('dtn'),
    stateOf: (snapshot: SnapshotFrom<DtnMachine>) => String(snapshot.value),
    indexesOf: () => ({}),
    effects: {},
    admit: (event, turn, doc) => admit(event, turn, doc, settings),
    inputFromTell: (to, event) => ({ mpid: to.slice('dtn:'.length), at: event.at }),
    // A repetition that comes later than this finds its line waiting, or its slot held: it is harmless.
    retention: { days: 30, maxEntries: 1_000 },
    detailsOf: ({ type, at: _, held: _held, lines: _lines, ...rest }) => (type === 'reminder' ? undefined : (rest as Json)),
  };
}

/** One file. Made by the collector's tell; its slots stay its own as long as it is kept. */
export function dtnFileDefinition(settings: DtnSettings): ActorDefinition<DtnFileMachine> {
  return {
    kind: 'dtn-file',
    machine: createDtnFileMachine(settings),
    machineVersion: DTN_FILE_MACHINE_VERSION,
    migrate: noMigration('dtn-file'),
    stateOf: (snapshot: SnapshotFrom<DtnFileMachine>) => String(snapshot.value),
    indexesOf: ({ context }) => ({ correlationId: [receiptIndex(context.fileId)] }),
    slotsOf: ({ context }, doc) => ({
      claim: context.claim.map((name) => ({ name, owner: doc.id, value: { fileId: context.fileId } })),
      release: context.release,
    }),
    effects: {
      writeDtnFile: {
        channel: DTN_CHANNEL,
        encode(params, step) {
          const { fileId, fileName, recipient, test, content } = params as WriteDtnFileParams;
          const data: DtnEffectData = { mpid: step.key, fileId, fileName, recipient, test };
          return { key: `dtn:${step.key}/${fileId}`, name: writeName(fileId), data, body: content, log: { channel: DTN_CHANNEL, fileName, test, content } };
        },
      },
    },
    inputFromTell: (to, event) => {
      const [, mpid = '', fileId = ''] = to.split(':');
      return { mpid, fileId, at: event.at };
    },
    detailsOf: ({ type, fileId, outcome, text }) => (type === 'file.receipt' ? ({ fileId, outcome, text } as Json) : undefined),
  };
}

/** Value in the index `correlationId` by which a receipt finds the files of that id, one per sender. */
export function receiptIndex(fileId: string): string {
  return `dtn-file:${fileId}`;
}
