import type { MeterProfile } from '../profile.ts';
import { CEWEPRO } from './cewepro.ts';
import { CEWEPRO100 } from './cewepro100.ts';
import { EDMIATLAS } from './edmiatlas.ts';
import { ELSTERA1140 } from './elstera1140.ts';
import { ELSTERA1700 } from './elstera1700.ts';
import { ELSTERAS230 } from './elsteras230.ts';
import { EMLITECOP10 } from './emlitecop10.ts';
import { ISKRA_MX37X } from './iskra-mx37x.ts';
import { LG_DLMS } from './lg-dlms.ts';
import { PREMIERPRI } from './premierpri.ts';

/** The ten types that the MTS Actions API names (meter-protocols 1). */
export const BUILT_IN_PROFILES: readonly MeterProfile[] = [
  ELSTERA1700,
  ELSTERA1140,
  ELSTERAS230,
  EDMIATLAS,
  EMLITECOP10,
  ISKRA_MX37X,
  LG_DLMS,
  CEWEPRO100,
  CEWEPRO,
  PREMIERPRI,
];
