/**
 * The LLC header in front of the first segment of a message (IEC 62056-46, 5.3; meter-protocols 5.1): `E6 E6 00` from a client,
 * `E6 E7 00` from a server.
 */
export type Llc = 'E6E600' | 'E6E700';

export const LLC_COMMAND: Llc = 'E6E600';
export const LLC_RESPONSE: Llc = 'E6E700';

const OCTETS: Readonly<Record<Llc, Uint8Array>> = { E6E600: Uint8Array.of(0xe6, 0xe6, 0), E6E700: Uint8Array.of(0xe6, 0xe7, 0) };

/** The header that `information` begins with, and a view of what follows it. Without a header all is payload. */
export function stripLlc(information: Uint8Array): { readonly llc: Llc | undefined; readonly payload: Uint8Array } {
  const llc = information[0] === 0xe6 && information[2] === 0 ? named(information[1]) : undefined;
  return { llc, payload: llc === undefined ? information : information.subarray(3) };
}

/** A copy of the payload behind the header. */
export function addLlc(llc: Llc, payload: Uint8Array): Uint8Array {
  const information = new Uint8Array(payload.length + 3);
  information.set(OCTETS[llc]);
  information.set(payload, 3);
  return information;
}

function named(octet: number | undefined): Llc | undefined {
  if (octet === 0xe6) return LLC_COMMAND;
  return octet === 0xe7 ? LLC_RESPONSE : undefined;
}
