import type { MeterProfile } from '../profile.ts';
import { COMMON_CERTAINTY, EIGHT_N_ONE, GMT_CLOCK } from './common.ts';

/** Emlite (EML) CoP10 meters (meter-protocols 6.3 and 6.9). */
export const EMLITECOP10: MeterProfile = {
  meterType: 'EMLITECOP10',
  title: 'Emlite CoP10',
  dialogue: 'emlite',
  timeUpdate: true,
  password: { needed: false, pattern: null, rule: 'is not used' },
  outstation: {
    pattern: '^(?:|0[xX][0-9A-Fa-f]{1,8}|[0-9]{1,10}|(?=[0-9]*[A-Fa-f])[0-9A-Fa-f]{8})$',
    rule: 'must be the address of the meter: 0 to 4294967295, or 0x and up to eight hexadecimal digits, or eight of them with a letter',
  },
  modem: { bitsPerSecond: 9_600, settings: EIGHT_N_ONE, stripParity: false },
  tcpPort: 8_080,
  timing: { replyTimeoutMs: 10_000, retries: 5, interOctetMs: 2_000, pauseBeforeRequestMs: 0, pauseBetweenRetriesMs: 7_000 },
  clock: { ...GMT_CLOCK, writeDayOfWeek: true },
  emlite: { connectionPerRequest: true, pauseBetweenConnectionsMs: 2_000, sundayIs: 0 },
  certainty: {
    ...COMMON_CERTAINTY,
    tcpPort: 'public',
    timing: 'public',
    'timing.interOctetMs': 'ours',
    'timing.pauseBetweenRetriesMs': 'public',
    'timing.pauseBeforeRequestMs': 'assumed',
    clock: 'public',
    emlite: 'public',
    'emlite.sundayIs': 'assumed',
  },
};
