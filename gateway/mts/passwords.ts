/** Passwords of meters at rest: sealed for the session that uses them, marked for the memory of refused ones. */
import { createHmac } from 'node:crypto';
import type { Sealer } from '../../actors/secrets/index.ts';
import type { PasswordSealer } from './actions.ts';

/** What they are sealed for; never changed, or kept ones could not be opened. */
const PURPOSE = 'meter-password';

/** @param markKey secret of the installation; with another one earlier refusals are forgotten */
export function createPasswordSealer(sealer: Sealer, markKey: string | Uint8Array): PasswordSealer {
  return {
    seal: (password) => sealer.seal(password, PURPOSE),
    open: (sealed) => sealer.openText(sealed, PURPOSE),
    mark: (password) => createHmac('sha256', markKey).update(password, 'utf8').digest('base64url'),
  };
}
