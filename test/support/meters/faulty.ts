/** One whole session with a simulated meter that does something wrong, its deadlines and pauses a fraction of what an installation has. */
import type { ExecutionContext } from 'ava';
import { createProfileCatalogue, type MeterProfile } from '../../../actors/profile/index.ts';
import type { SessionPolicy, SessionResult } from '../../../machines/meter-session/index.ts';
import type { ActionStatus } from '../../../machines/time-update/index.ts';
import type { Faults, MeterFarm, MeterSpec } from '../../../ops/sim/meters/index.ts';
import { loopbackLinks, order, sessionPolicy, sessionWorld } from '../../actors/meter-session/world.ts';
import { ActionWorld, request } from '../machines/time-update-world.ts';
import { realClock } from '../real-ports.ts';
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
  /** Octets that the link takes in all. */
  readonly maxOctetsIn?: number;
}

export interface FaultyEnd {
  readonly result: SessionResult;
  /** As the caller of the API is told, were this the action's only session. */
  readonly status: ActionStatus;
  readonly farm: MeterFarm;
  readonly tookMs: number;
}

/** Every stage but the write, which may have to wait for a whole second twice. */
export const STAGE_MS = 5_000;
const SET_MS = 9_000;
/** Of a whole session, its endings included. */
export const SESSION_MS = 24_000;

export function shortPolicy(guards: Faulty['guards'] = {}): SessionPolicy {
  const usual = sessionPolicy(guards);
  const stages = Object.fromEntries(Object.keys(usual.deadlines).map((name) => [name, STAGE_MS])) as unknown as SessionPolicy['deadlines'];
  return { ...usual, deadlines: { ...stages, setMs: SET_MS, logOffMs: 500, closeMs: 500, sessionMs: SESSION_MS - 1_000 } };
}

const TIMING = { replyTimeoutMs: 600, retries: 3, interOctetMs: 300, pauseBeforeRequestMs: 0, pauseBetweenRetriesMs: 10 };
const PAUSES: Readonly<Record<string, object>> = {
  elster: { elster: { wakePauseMs: 5, operandPauseMs: 5, breakPauseMs: 5 } },
  emlite: { emlite: { pauseBetweenConnectionsMs: 5 } },
};

export function quickProfile(meterType: string): MeterProfile | undefined {
  const pauses = PAUSES[createProfileCatalogue().find(meterType)?.dialogue ?? ''] ?? {};
  return createProfileCatalogue({ types: { [meterType]: { timing: TIMING, ...pauses } } }).find(meterType);
}

/** One meter and one session with it. */
export async function faultySession(t: ExecutionContext, protocol: Protocol, given: Faulty): Promise<FaultyEnd> {
  const { faults, spec } = given;
  const farm = await meterFarm(t, [{ ...METERS[protocol], ...spec, ...(faults ? { faults } : {}) }]);
  return sessionWith(farm, given);
}

export async function sessionWith(farm: MeterFarm, { password, serialNumber, guards, maxOctetsIn }: Faulty): Promise<FaultyEnd> {
  const [meter] = farm.meters;
  if (!meter) throw new Error('there is no meter');
  const world = sessionWorld({
    profileOf: quickProfile,
    policy: shortPolicy(guards),
    ...(maxOctetsIn === undefined ? {} : { links: loopbackLinks(realClock, { maxOctetsIn }) }),
  });
  const wanted = order({ ...meter, ...(password === undefined ? {} : { password }), serialNumber: serialNumber ?? meter.serialNumber });
  const began = performance.now();
  const { result } = await world.runner.run(wanted, world.watcher());
  const tookMs = performance.now() - began;
  const action = new ActionWorld(request({ target: wanted.target }), { attempts: 1 }).start();
  if (result.wrote && result.before) action.give({ type: 'write.intended', before: result.before });
  return { result, status: action.end(result).status, farm, tookMs };
}
