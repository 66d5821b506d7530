/** The DIP channel put together: what the composition root makes and the engine, the gateway and the CLI use. */
import type { EpochMs } from '../../machines/common/effects.ts';
import type { Channel } from '../engine/definition.ts';
import type { EngineFace } from '../engine/face.ts';
import type { Ports } from '../engine/ports.ts';
import type { OnAlert } from './alerts.ts';
import { DipChannel } from './channel.ts';
import { DipClient } from './client.ts';
import { type CredentialSource, fileCredentials } from './credentials.ts';
import { GapHandler, type GapMemory } from './gap-handler.ts';
import type { GateView } from './gate.ts';
import { createUndiciHttp } from './http.ts';
import { MarketIntake } from './intake.ts';
import { type DipNodes, Leadership, type Reign } from './leadership.ts';
import type { DipOptions } from './options.ts';
import type { DipHttp, TlsMaterial } from './port.ts';
import { DipQueries } from './query.ts';
import { DipQueryChannel } from './query-channel.ts';
import { Receiver } from './receiver.ts';
import { Registration } from './registration.ts';
import { Replayer } from './replayer.ts';
import { Verifier } from './verification.ts';

export interface DipSetup {
  readonly options: DipOptions;
  readonly ports: Ports;
  /** Asked for when the first message comes: the engine is made after its channels. */
  readonly engine: () => EngineFace;
  readonly memory: GapMemory;
  /** Raise (`open`) or clear the alert of an outage. */
  readonly onCircuit: (open: boolean, text: string) => void;
  /** Raise or clear the alert of that code. */
  readonly onAlert?: OnAlert;
  /** The reply to a `market.inbound` after its commit: agents that changed, for the directory. */
  readonly onReply?: (reply: unknown) => void;
  /** Other nodes with the same participants: one of them leads. Absent: this process is alone. */
  readonly nodes?: DipNodes;
  /** Default: HTTPS by undici. */
  readonly http?: (tls: TlsMaterial) => DipHttp;
  /** Default: the files that the options name. */
  readonly credentials?: CredentialSource;
}

export interface Dip extends AsyncDisposable {
  /** `dip` and `dip-query`. */
  readonly channels: readonly Channel[];
  /** Closed while overdue fail deadlines must wait for the market's backlog. */
  readonly gate: GateView;
  readonly receiver: Receiver;
  /**
   * This process is alone, or leads from now on. Registers callbacks and closes the gap since `lastAliveAt` (null: first start); call it
   * once the callbacks can be answered. Resolves once the gap is noted. Called again, it looks for a gap again.
   */
  lead(lastAliveAt: () => Promise<EpochMs | null>): Promise<void>;
  /** Among many nodes: another one leads, or nobody yet. The gate goes by what the leader says; until it is heard it stays as it is, closed at first. */
  follow(): Promise<void>;
  /** Resolves when it is first known whether there was a gap. Before, nobody may note that the installation lives. */
  readonly known: Promise<void>;
  /**
   * This installation lived, and could take nothing from the market since then: what that gave up meanwhile is asked for. Resolves once
   * that is noted, or with false when this process ends before.
   */
  unheard(since: EpochMs): Promise<boolean>;
  /** `lead`, for a process that is alone. */
  start(lastAliveAt: EpochMs | null): Promise<void>;
  close(): Promise<void>;
}

/** Rejects with a `MeterwrightError` that names the setting when keys or certificates are wrong. */
export async function createDip(setup: DipSetup): Promise<Dip> {
  const { options, ports, onCircuit, onAlert = () => {}, onReply = () => {} } = setup;
  const { clock, random, log } = ports;
  const source = setup.credentials ?? fileCredentials(options);
  const credentials = await source.load();
  const http = setup.http === undefined ? createUndiciHttp(options, credentials.tls) : setup.http(credentials.tls);
  const client = new DipClient({ baseUrl: options.baseUrl, requestTimeoutMs: options.requestTimeoutMs, clock, http, source, credentials });
  const queries = new DipQueries(client, clock);
  const intake = new MarketIntake({ engine: setup.engine, suppliers: options.suppliers, clock, log, onReply, onAlert });
  const replayer = new Replayer(queries, intake);
  const newReign = (): Reign => {
    const gap = new GapHandler({ options, queries, replayer, memory: setup.memory, clock, random, log, onAlert });
    const registration = new Registration({ options, client, clock, random, log });
    return {
      gate: gap.gate,
      start: async (lastAliveAt) => {
        if (options.register) registration.start();
        await gap.start(lastAliveAt, options.register ? registration.answered : Promise.resolve());
      },
      request: (since, why) => gap.request(since, why),
      close: async () => {
        await Promise.all([gap.close(), registration.close()]);
      },
    };
  };
  const { nodes } = setup;
  const leadership = new Leadership({ newReign, ...(nodes ? { nodes } : {}), graceMs: options.gap.graceMs, clock, ids: ports.ids, log });
  const { batch, retry, circuit, clockSkewMs } = options;
  const channel = new DipChannel({ client, batch, retry, circuit, clockSkewMs, clock, random, log, onCircuit, onAlert });
  const onRetriesExhausted = (_dipId: string, since: EpochMs): void => void leadership.want(since, 'given-up');
  const queryChannel = new DipQueryChannel({ queries, replayer, retry, clock, random, log, onRetriesExhausted });
  const receiver = new Receiver({ options, verifier: new Verifier(options), intake, clock, log, onAlert });

  const close = async (): Promise<void> => {
    await Promise.all([channel.close(), leadership.close()]);
    await http.close();
  };
  return {
    channels: [channel, queryChannel],
    gate: leadership.gate,
    receiver,
    lead: (lastAliveAt) => leadership.lead(lastAliveAt),
    follow: () => leadership.follow(),
    known: leadership.known,
    unheard: (since) => leadership.want(since, 'silence'),
    start: (lastAliveAt) => leadership.lead(async () => lastAliveAt),
    close,
    [Symbol.asyncDispose]: close,
  };
}
