/** The one schema of the configuration: every domain's options under its name. */
import Type, { type Static } from 'typebox';
import { AccessOptionsSchema } from '../../actors/access/options.ts';
import { AgentOptionsSchema } from '../../actors/agent/options.ts';
import { AppointmentOptionsSchema } from '../../actors/appointment/options.ts';
import { NatsOptionsSchema } from '../../actors/bus/options.ts';
import { DipOptionsSchema } from '../../actors/dip/options.ts';
import { DtnOptionsSchema } from '../../actors/dtn/options.ts';
import { EngineOptionsSchema } from '../../actors/engine/options.ts';
import { MpanOptionsSchema } from '../../actors/mpan/options.ts';
import { StoreOptionsSchema } from '../../actors/store/options.ts';
import { HttpOptionsSchema } from '../../gateway/options.ts';
import { LogOptionsSchema } from '../log/options.ts';
import { SimOptionsSchema } from '../sim/market/options.ts';
import { DataOptionsSchema } from './sections.ts';

/** The simulated market: whether there is one, and its own options, whose folders the launcher gives. */
const SimSectionSchema = Type.Object(
  {
    enabled: Type.Boolean({ default: true, description: 'Run against a simulated market' }),
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
    http: HttpOptionsSchema,
    access: AccessOptionsSchema,
    appointment: AppointmentOptionsSchema,
    mpan: MpanOptionsSchema,
    agent: AgentOptionsSchema,
    dip: DipOptionsSchema,
    dtn: DtnOptionsSchema,
    sim: SimSectionSchema,
  },
  { additionalProperties: false },
);
export type Config = Static<typeof ConfigSchema>;
