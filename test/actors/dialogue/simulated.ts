/** A simulated meter and the dialogue with it. */
import type { ExecutionContext } from 'ava';
import { type Faults, type MeterFarm, type MeterSpec, startMeters } from '../../../ops/sim/meters/index.ts';
import { realClock } from '../../support/real-ports.ts';
import { type ProfileChange, profileOf, type Talk, talkTo, within } from './scripted.ts';

export const SPECS: Readonly<Record<string, MeterSpec>> = {
  ELSTERA1700: { meterType: 'ELSTERA1700', serialNumber: '12345678', password: 'FEDC0003', outstationAddress: '7' },
  ELSTERA1140: { meterType: 'ELSTERA1140', serialNumber: 'K12A34567', password: 'FEDC0003', outstationAddress: '001' },
  ELSTERAS230: { meterType: 'ELSTERAS230', serialNumber: '230230', password: 'FEDC0003' },
  EDMIATLAS: { meterType: 'EDMIATLAS', serialNumber: '204836118', password: 'EDMI,IMDEIMDE', outstationAddress: '204836118' },
  EMLITECOP10: { meterType: 'EMLITECOP10', serialNumber: 'EML1234567' },
  CEWEPRO: { meterType: 'CEWEPRO', serialNumber: 'C123456', password: 'reader' },
};
const QUICK = {
  elster: { elster: { wakePauseMs: 5, operandPauseMs: 5, breakPauseMs: 5 } },
  cewe: { cewe: { operandPauseMs: 5, breakPauseMs: 5 } },
  edmi: {},
  emlite: { emlite: { pauseBetweenConnectionsMs: 5 } },
  dlms: {},
  none: {},
} as const;

export interface Called extends Talk {
  readonly farm: MeterFarm;
}

export async function call(
  t: ExecutionContext,
  meterType: string,
  given: { readonly faults?: Faults; readonly change?: ProfileChange; readonly password?: string } = {},
): Promise<Called> {
  const { faults, change = {} } = given;
  const spec = { ...SPECS[meterType]!, clock: { offsetSeconds: 120 }, ...(faults === undefined ? {} : { faults }) };
  const farm = await startMeters({ controlPort: null }, [spec], { clock: realClock });
  t.teardown(() => farm.stop());
  const { dialogue: protocol } = profileOf(meterType);
  const { outstationAddress, password = spec.password } = { ...spec, ...given };
  const address = meterType === 'CEWEPRO' ? spec.serialNumber : outstationAddress;
  const identity = { ...(address === undefined ? {} : { outstationAddress: address }), ...(password === undefined ? {} : { password }) };
  const talk = await talkTo(t, farm.meters[0]!.port, profileOf(meterType, { ...QUICK[protocol], ...change }), identity);
  return { ...talk, limits: within(12_000), farm };
}
