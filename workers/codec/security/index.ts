/** DLMS security: ciphering, high-level login, key wrap, invocation counters (meter-protocols 5.9). Keys are raw octets that the caller keeps. */
export { type CipherRequest, cipher, cipherApdu } from './cipher.ts';
export { AUTHENTICATED, BROADCAST_KEY, COMPRESSED, ENCRYPTED, type SecurityPolicy, type Suite, securityControl } from './control.ts';
export { type CounterOutcome, CounterRange, LAST_COUNTER, LastSeen, RECOVERY_MARGIN, recoveredCounter } from './counters.ts';
export { type Deciphered, type DecipherOptions, decipher } from './decipher.ts';
export { decodeGmac, encodeGmac, GMAC_OCTETS, type GmacAnswer, type GmacContext, type GmacRequest, verifyGmac } from './gmac.ts';
export { hashMd5, hashSha1, hashSha256, type Sha256Context } from './hash.ts';
export { HlsClient, HlsServer } from './hls.ts';
export { CHALLENGE_LEAST, CHALLENGE_MOST, type HlsPeer, type HlsProof, type HlsSide, hlsAnswer, hlsCheck } from './hls-value.ts';
export { unwrapKey, wrapKey } from './key-wrap.ts';
export type { KeyName, SecurityKeys } from './keys.ts';
export { LANDIS_GYR_VARIANTS, landisGyrResponse, landisGyrVariant } from './landis-gyr.ts';
export { type OpenedApdu, type OpenOptions, openApdu, openCiphered } from './open.ts';
export { type SealOptions, sealApdu } from './seal.ts';
export { type CipheredName, type CipherForm, cipheredNameFor } from './services.ts';
