/** The one schema of the configuration: every domain's options under its name. */
import Type, { type Static } from 'typebox';
import { AccessOptionsSchema } from '../../actors/access/options.ts';
import { AgentOptionsSchema } from '../../actors/agent/options.ts';
import { AppointmentOptionsSchema } from '../../actors/appointment/options.ts';
import { NatsOptionsSchema } from '../../actors/bus/options.ts';
import { ClusterOptionsSchema } from '../../actors/cluster/options.ts';
import { DipOptionsSchema } from '../../actors/dip/options.ts';
import { DtnOptionsSchema } from '../../actors/dtn/options.ts';
import { EngineOptionsSchema } from '../../actors/engine/options.ts';
import { IdentityOptionsSchema } from '../../actors/identity/options.ts';
import { LinesOptionsSchema } from '../../actors/line/options.ts';
import { LinksOptionsSchema } from '../../actors/link/options.ts';
import { SessionOptionsSchema } from '../../actors/meter-session/options.ts';
import { MpanOptionsSchema } from '../../actors/mpan/options.ts';
import { ProfilesOptionsSchema } from '../../actors/profile/options.ts';
import { StoreOptionsSchema } from '../../actors/store/options.ts';
import { ActionsOptionsSchema } from '../../actors/time-update/options.ts';
import { WebhookOptionsSchema } from '../../actors/webhook/options.ts';
import { LiveOptionsSchema } from '../../gateway/live/options.ts';
import { MtsOptionsSchema } from '../../gateway/mts/options.ts';
import { HttpOptionsSchema } from '../../gateway/options.ts';
import { LogOptionsSchema } from '../log/options.ts';
import { SimOptionsSchema } from '../sim/market/options.ts';
import { CodecOptionsSchema, DataOptionsSchema, OpsOptionsSchema } from './sections.ts';

/** The simulated market: whether there is one, and its own options, whose folders the launcher gives. */
const SimSectionSchema = Type.Object(
  {
    enabled: Type.Boolean({ default: true, description: 'Run against a simulated market' }),
    meters: Type.Boolean({ default: true, description: 'Ten simulated meters and a modem bank beside the simulated market' }),
    onNetwork: Type.Boolean({ default: false, description: 'Allow HTTPS on another address than loopback together with simulators' }),
    ...SimOptionsSchema.properties,
    dataDir: Type.Optional(SimOptionsSchema.properties.dataDir),
  },
  { additionalProperties: false },
);

export const ConfigSchema = Type.Object(
  {
    data: DataOptionsSchema,
    log: LogOptionsSchema,
    engine: EngineOptionsSchema,
    store: StoreOptionsSchema,
    nats: NatsOptionsSchema,
    cluster: ClusterOptionsSchema,
    http: HttpOptionsSchema,
    live: LiveOptionsSchema,
    access: AccessOptionsSchema,
    identity: IdentityOptionsSchema,
    ops: OpsOptionsSchema,
    appointment: AppointmentOptionsSchema,
    mpan: MpanOptionsSchema,
    agent: AgentOptionsSchema,
    dip: DipOptionsSchema,
    dtn: DtnOptionsSchema,
    mts: MtsOptionsSchema,
    webhook: WebhookOptionsSchema,
    actions: ActionsOptionsSchema,
    session: SessionOptionsSchema,
    links: LinksOptionsSchema,
    lines: LinesOptionsSchema,
    profiles: ProfilesOptionsSchema,
    codec: CodecOptionsSchema,
    sim: SimSectionSchema,
  },
  { additionalProperties: false },
);
export type Config = Static<typeof ConfigSchema>;
