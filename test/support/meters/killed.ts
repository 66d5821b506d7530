/** A session that is killed at a moment of one of its stages, and what becomes of its action after the next start. */
import { setImmediate as turn } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import type { MeterKeyLine } from '../../../actors/meter-keys/lines.ts';
import type { SessionView } from '../../../actors/meter-session/index.ts';
import { STAGES, type Stage } from '../../../machines/meter-session/index.ts';
import type { ActionStatus } from '../../../machines/time-update/index.ts';
import type { MeterFarm, MeterSpec } from '../../../ops/sim/meters/index.ts';
import { dataFolder, foundIn, type MeterHouse, meterFarm, meterHouse } from './house.ts';
import { METERS, type Protocol } from './specs.ts';

/** `begins`: before anything of the stage has left. `asked`: the meter has its request, and no answer has come. */
export type KillMoment = 'begins' | 'asked';

/** Stages in which a meter is asked something. */
const ASKED: readonly Stage[] = ['sign-on', 'log-in', 'serial', 'clock', 'set', 'verify', 'log-off'];

export const KILLS: readonly (readonly [stage: Stage, moment: KillMoment])[] = STAGES.flatMap((stage) => [
  [stage, 'begins'] as const,
  ...(ASKED.includes(stage) ? [[stage, 'asked'] as const] : []),
]);

export interface Killed {
  readonly right: ActionStatus;
  /** Of the meter that tells another serial number than the request. */
  readonly impostor: ActionStatus;
  readonly farm: MeterFarm;
  readonly attempts: number;
  /** Secrets that were found where none may be. */
  readonly secrets: readonly string[];
}

const ANSWER_MS = 30;
const IMPOSTOR = 'IMPOSTOR1';

export async function killedAt(t: ExecutionContext, protocol: Protocol, stage: Stage, moment: KillMoment): Promise<Killed> {
  const spec: MeterSpec = METERS[protocol];
  const faults = { replyDelayMs: ANSWER_MS };
  const farm = await meterFarm(t, [
    { ...spec, faults },
    { ...spec, faults: { ...faults, serialNumber: IMPOSTOR } },
  ]);
  const dataDir = dataFolder(t);
  const dead = Promise.withResolvers<void>();
  let first: MeterHouse | undefined;
  let killing = false;
  const kill = (): void => void first?.die().then(dead.resolve, dead.reject);
  const { port } = farm.meters[0] ?? { port: 0 };
  let now: Stage = 'open';
  const onStage = (view: SessionView): void => {
    if (!view.remoteAddress.endsWith(`:${port}`)) return;
    now = view.stage;
    if (killing || now !== stage) return;
    killing = true;
    if (moment === 'begins') kill();
    else void asked(farm, stage, () => now !== stage).then(kill, dead.reject);
  };
  first = await meterHouse(dataDir, { onStage });
  await importKeys(first, spec);
  const ids = await Promise.all(farm.meters.map((meter) => first?.submit(meter)));
  await dead.promise;

  const second = await meterHouse(dataDir);
  t.teardown(() => second.stop());
  const [right, impostor] = await Promise.all(ids.map((id) => second.done(id ?? 0)));
  const { attempt } = await second.context(ids[0] ?? 0);
  const kept = secretsOf(spec);
  const secrets = [...foundIn(dataDir, first, kept), ...foundIn(dataDir, second, kept)];
  if (foundIn(dataDir, second, [spec.serialNumber]).length === 0) throw new Error('what is kept cannot be looked through');
  if (!right || !impostor) throw new Error('an action is missing');
  return { right, impostor, farm, attempts: attempt, secrets };
}

/** The meter has heard something new; of a write, that it was done. A stage in which its protocol says nothing is over at once. */
async function asked(farm: MeterFarm, stage: Stage, isOver: () => boolean): Promise<void> {
  const { octetsIn } = farm.stats(0);
  const heard = (): boolean => (stage === 'set' ? farm.records().length > 0 : farm.stats(0).octetsIn > octetsIn);
  while (!heard() && !isOver()) await turn();
}

/** Of a ciphered meter. */
async function importKeys({ work }: MeterHouse, { serialNumber, dlms }: MeterSpec): Promise<void> {
  if (!dlms?.encryptionKey || !dlms.authenticationKey) return;
  const line: MeterKeyLine = {
    meter: `serial:${serialNumber}`,
    suite: 0,
    encryptionKey: Buffer.from(dlms.encryptionKey, 'hex'),
    authenticationKey: Buffer.from(dlms.authenticationKey, 'hex'),
    clientSystemTitle: Buffer.from('MWTTEST1'),
    serverSystemTitle: undefined,
    form: undefined,
    dedicated: false,
    nextCounter: undefined,
  };
  await work.meterKeys.import([line], 'test');
}

/** Its password, and its keys as octets and as text. */
function secretsOf({ password, dlms }: MeterSpec): readonly string[] {
  const keys = [dlms?.encryptionKey, dlms?.authenticationKey].filter((key) => key !== undefined);
  return [...(password === undefined ? [] : [password]), ...keys, ...keys.map((key) => Buffer.from(key, 'hex').toString('latin1'))];
}
