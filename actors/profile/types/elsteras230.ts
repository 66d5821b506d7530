import { elsterProfile } from './elster.ts';

/** Elster AS230: programming mode 1, and a step of zeros before the password. */
export const ELSTERAS230 = elsterProfile({ meterType: 'ELSTERAS230', title: 'Elster AS230' }, { modeCharacter: '1', nullPasswordFirst: true });
