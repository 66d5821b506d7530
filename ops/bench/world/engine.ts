/** The engine in this process, with the real domains and no channels: what leaves stays in the store. */
import { AgentDirectory } from '../../../actors/agent/index.ts';
import type { AppointPayload, AppointReply } from '../../../actors/appointment/index.ts';
import { type Command, Engine, type Log, type Ports } from '../../../actors/engine/index.ts';
import type { ActorDoc, EffectRef, Store } from '../../../actors/store/index.ts';
import { createImporters } from '../../../gateway/ops/importers.ts';
import { londonDate } from '../../../machines/calendar/index.ts';
import type { ActorId } from '../../../machines/common/effects.ts';
import { type Config, ConfigSchema } from '../../config/schema.ts';
import { defaultsOf } from '../../config/settings.ts';
import { domainRegistry } from '../../node/domains.ts';
import { realClock, realIds, realRandom } from '../../process/index.ts';
import { agentsJsonl, mpanLine, SUPPLIER } from '../../sim/market/seed.ts';
import { type Answer, answersTo } from './messages.ts';

const quiet = (): void => {};
const log: Log = { debug: quiet, info: quiet, warn: quiet, error: quiet };
export const benchPorts: Ports = { clock: realClock, random: realRandom, ids: realIds, log };

const OWN = [{ mpid: SUPPLIER.mpid, dipId: SUPPLIER.dipId }];
const ANSWERS = { initial: 0, outcome: 1, active: 2 } as const;

/** An appointment under way. */
export interface Begun {
  readonly mpan: string;
  readonly actor: ActorId;
  readonly ref: EffectRef;
  /** IF-032, IF-035 and IF-036 as decoded by the DIP's receiver. */
  readonly answers: readonly Answer[];
}

export interface World {
  readonly engine: Engine;
  /** Records of the seeded meter points `from` to `to`, exclusive. */
  importMpans(from: number, to: number): Promise<void>;
  appoint(mpan: string): Promise<void>;
  /** What the market will say to the pending appointment of a meter point. */
  begun(mpan: string, n: number): Promise<Begun>;
  accept(begun: Begun): Promise<unknown>;
  answer(begun: Begun, which: keyof typeof ANSWERS): Promise<unknown>;
}

async function* bytes(lines: Iterable<string>): AsyncGenerator<Uint8Array> {
  for (const line of lines) yield Buffer.from(line);
}

export async function openWorld(store: Store): Promise<World> {
  const defaults = defaultsOf(ConfigSchema) as unknown as Config;
  const config = { ...defaults, dip: { environmentTag: 'DEV' as const } };
  const directory = new AgentDirectory(store, { maxAgents: 1_000, pageSize: 500 });
  const engine = new Engine({ options: defaults.engine, ports: benchPorts, store, registry: domainRegistry(config, directory), channels: [] });
  const importers = createImporters({ engine, directory, clock: realClock, ids: realIds, enforceCheckDigit: false, dipIdOf: () => SUPPLIER.dipId });
  const options = { format: 'jsonl', mpid: SUPPLIER.mpid, by: 'bench', signal: new AbortController().signal } as const;
  for await (const _ of importers.agents(bytes(agentsJsonl()), options));
  const today = londonDate(Date.now());
  const command = (type: string, key: string, payload: unknown): Promise<unknown> => {
    const whole: Command = { key, type, payload, origin: 'caller', id: realIds.uuid() };
    return engine.command(whole);
  };
  return {
    engine,
    async importMpans(from, to) {
      const lines = function* (): Generator<string> {
        for (let index = from; index < to; index++) yield `${JSON.stringify(mpanLine(index))}\n`;
      };
      for await (const _ of importers.mpans(bytes(lines()), options));
    },
    async appoint(mpan) {
      const payload = appointment(mpan, realIds.uuid(), today);
      const reply = (await command('appoint', mpan, payload)) as AppointReply;
      if (reply.kind !== 'accepted') throw new Error(`bench: the appointment was not accepted: ${JSON.stringify(reply)}`);
    },
    async begun(mpan, n) {
      const doc = await processOf(store, mpan);
      const owed = doc.owed.find(({ channel }) => channel === 'dip');
      if (!owed) throw new Error(`bench: ${doc.id} owes the DIP nothing`);
      const { key, channel, version, n: place } = owed;
      const answers = answersTo(n, mpan, key, correlationOf(key), today, Date.now());
      return { mpan, actor: doc.id, answers, ref: { key, actor: doc.id, shard: doc.shard, channel, version, n: place, createdAt: doc.createdAt } };
    },
    accept: ({ mpan, actor, ref }) =>
      command('engine.outcome', mpan, {
        actor,
        ref,
        event: { type: 'dip.accepted', sur: ref.key, transactionId: `T-${ref.key}`, correlationId: correlationOf(ref.key) },
      }),
    answer: ({ mpan, answers }, which) => command('market.inbound', mpan, { ...answers[ANSWERS[which]], suppliers: OWN }),
  };
}

const correlationOf = (sur: string): string => `C-${sur}`;

async function processOf(store: Store, mpan: string): Promise<ActorDoc> {
  const ids = await store.find('mpan', `${SUPPLIER.mpid}:${mpan}`);
  const [doc] = await store.get(ids.slice(-1));
  if (!doc) throw new Error(`bench: no process for ${mpan}`);
  return doc;
}

/** What the gateway would give the engine for one POST. */
export function appointment(mpan: string, requestId: string, day: string): AppointPayload {
  return {
    requestId,
    mpid: SUPPLIER.mpid,
    supplierDipId: SUPPLIER.dipId,
    mpan,
    meteringServiceMpid: 'MOPX',
    effectiveFrom: day,
    effectiveFromText: `${day}T00:00:00+00:00`,
    contractReference: 'MSA001',
    scenario: 'CSP',
    test: false,
    idempotency: { slotName: `idem:${requestId}`, bodyHash: '0'.repeat(64) },
  };
}
