/** One whole session with a simulated meter that does something wrong, its deadlines and pauses a tenth of what an installation has. */
import type { ExecutionContext } from 'ava';
import type { SessionEnd } from '../../../actors/meter-session/index.ts';
import { createProfileCatalogue, type MeterProfile } from '../../../actors/profile/index.ts';
import type { MeterTarget, SessionPolicy } from '../../../machines/meter-session/index.ts';
import type { Faults, MeterFarm, MeterSpec } from '../../../ops/sim/meters/index.ts';
import { order, sessionPolicy, sessionWorld } from '../../actors/meter-session/world.ts';
import { meterFarm } from './house.ts';
import { METERS, type Protocol } from './specs.ts';

export interface Faulty {
  readonly faults?: Faults;
  /** Members of the meter that differ. */
  readonly spec?: Partial<MeterSpec>;
  /** What the request gives in place of the meter's own. */
  readonly password?: string;
  readonly serialNumber?: string;
  readonly guards?: Partial<SessionPolicy['guards']>;
}

export interface FaultyEnd extends SessionEnd {
  readonly farm: MeterFarm;
  readonly tookMs: number;
}

export const STAGE_MS = 2_500;
const policy = (guards: Faulty['guards']): SessionPolicy => {
  const usual = sessionPolicy(guards);
  const stage = Object.fromEntries(Object.keys(usual.deadlines).map((name) => [name, STAGE_MS])) as unknown as SessionPolicy['deadlines'];
  return { ...usual, deadlines: { ...stage, logOffMs: 500, closeMs: 500, sessionMs: 12_000 } };
};

const TIMING = { replyTimeoutMs: 300, retries: 3, interOctetMs: 150, pauseBeforeRequestMs: 0, pauseBetweenRetriesMs: 10 };
const PAUSES: Readonly<Record<string, object>> = {
  elster: { elster: { wakePauseMs: 5, operandPauseMs: 5, breakPauseMs: 5 } },
  emlite: { emlite: { pauseBetweenConnectionsMs: 5 } },
};

function profileOf(meterType: string): MeterProfile | undefined {
  const pauses = PAUSES[createProfileCatalogue().find(meterType)?.dialogue ?? ''] ?? {};
  return createProfileCatalogue({ types: { [meterType]: { timing: TIMING, ...pauses } } }).find(meterType);
}

export async function faultySession(t: ExecutionContext, protocol: Protocol, { faults, spec, password, serialNumber, guards }: Faulty): Promise<FaultyEnd> {
  const meter: MeterSpec = { ...METERS[protocol], ...spec, ...(faults ? { faults } : {}) };
  const farm = await meterFarm(t, [meter]);
  const [called] = farm.meters;
  if (!called) throw new Error('there is no meter');
  const world = sessionWorld({ profileOf, policy: policy(guards) });
  const wanted = order({ ...called, ...(password === undefined ? {} : { password }), serialNumber: serialNumber ?? called.serialNumber });
  const target: MeterTarget = called.outstationAddress === undefined ? wanted.target : { ...wanted.target, outstationAddress: called.outstationAddress };
  const began = performance.now();
  const end = await world.runner.run({ ...wanted, target }, world.watcher());
  return { ...end, farm, tookMs: performance.now() - began };
}
