/** One simulated meter of each protocol, its clock off by as much as is corrected. */
import type { MeterSpec } from '../../../ops/sim/meters/index.ts';

/** Seconds that their clocks are ahead. */
export const AHEAD = 60;
const clock = { offsetSeconds: AHEAD };

export const METERS = {
  elster: { meterType: 'ELSTERA1700', serialNumber: '00012345', password: 'PW7A1700', clock },
  edmi: { meterType: 'EDMIATLAS', serialNumber: '204836118', password: 'EDMI,PW7ATLAS', clock },
  emlite: { meterType: 'EMLITECOP10', serialNumber: 'EML1234567', clock },
  'dlms wrapper': { meterType: 'ISKRA_MX37X', serialNumber: '35635522', password: 'PW7ISKRA', clock },
  'dlms hdlc': { meterType: 'LG_DLMS', serialNumber: '95123456', password: 'PW7LANDIS', clock },
  'dlms ciphered': {
    meterType: 'CEWEPRO100',
    serialNumber: '50123456',
    password: 'PW7CEWE',
    clock,
    dlms: { mechanism: 5, encryptionKey: '000102030405060708090A0B0C0D0E0F', authenticationKey: 'D0D1D2D3D4D5D6D7D8D9DADBDCDDDEDF' },
  },
} as const satisfies Readonly<Record<string, MeterSpec>>;
export type Protocol = keyof typeof METERS;
