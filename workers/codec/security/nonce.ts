/**
 * Initialization vector and associated data of DLMS, built in memory that is used again for every APDU: both are gone into
 * OpenSSL before the next one is built, nothing here waits.
 *
 * ```
 *   iv   system title of the sender (8) | invocation counter (4)
 *   aad  security control (1) | authentication key (16, suite 2: 32)
 * ```
 */
const IV = new Uint8Array(12);
const AAD = new Uint8Array(33);
const AAD_SHORT = AAD.subarray(0, 17);

/** Good until the next call. */
export function nonceOf(systemTitle: Uint8Array, counter: number): Uint8Array {
  IV.set(systemTitle);
  IV[8] = counter >>> 24;
  IV[9] = counter >>> 16;
  IV[10] = counter >>> 8;
  IV[11] = counter;
  return IV;
}

/** Good until the next call; {@link forgetAad} when it has been used. */
export function aadOf(control: number, authenticationKey: Uint8Array): Uint8Array {
  AAD[0] = control;
  AAD.set(authenticationKey, 1);
  return authenticationKey.length === 32 ? AAD : AAD_SHORT;
}

/** The authentication key does not stay in memory of this module. */
export function forgetAad(): void {
  AAD.fill(0);
}
