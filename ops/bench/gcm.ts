/** `gcm`: ciphered APDUs against bare `node:crypto` over the same octets, with raw keys. */
import { createCipheriv, createDecipheriv, createSecretKey } from 'node:crypto';
import { decodeApdu } from '../../workers/codec/apdu/index.ts';
import { must, mustDecode } from '../../workers/codec/common/index.ts';
import { cipher, decipher } from '../../workers/codec/security/index.ts';
import { bestUs } from './measure.ts';
import { SYSTEM_TITLE } from './pool-work.ts';
import { against, type Bench, type Reporter } from './report.ts';

const SIZES = [64, 256, 2_048];
const CONTROL = 0x30;
const KEY = new Uint8Array(16).fill(1);
const AUTHENTICATION_KEY = new Uint8Array(16).fill(2);
const AAD = Uint8Array.of(CONTROL, ...AUTHENTICATION_KEY);
const IV = Uint8Array.of(...SYSTEM_TITLE, 0, 0, 0, 1);
const TAG = { authTagLength: 12 };

function bareSeal(key: Parameters<typeof createCipheriv>[1], plaintext: Uint8Array): { text: Buffer; tag: Buffer } {
  const bare = createCipheriv('aes-128-gcm', key, IV, TAG);
  bare.setAAD(AAD);
  const text = bare.update(plaintext);
  bare.final();
  return { text, tag: bare.getAuthTag() };
}

function bareOpen(text: Uint8Array, tag: Uint8Array): Buffer {
  const bare = createDecipheriv('aes-128-gcm', KEY, IV, TAG);
  bare.setAAD(AAD);
  bare.setAuthTag(tag);
  const plaintext = bare.update(text);
  bare.final();
  return plaintext;
}

async function run(report: Reporter): Promise<void> {
  const keys = { encryptionKey: KEY, authenticationKey: AUTHENTICATION_KEY };
  for (const size of SIZES) {
    const plaintext = new Uint8Array(size).fill(0xc0);
    const request = { name: 'glo-get-response', plaintext, securityControl: CONTROL, systemTitle: SYSTEM_TITLE, invocationCounter: 1, keys } as const;
    const ciphered = must(cipher(request)).slice();
    const { text, tag } = bareSeal(KEY, plaintext);
    const object = createSecretKey(KEY);
    const open = (): unknown => {
      const apdu = mustDecode(decodeApdu(ciphered));
      if (!('content' in apdu)) throw new Error('gcm: not ciphered');
      return mustDecode(decipher(apdu, { keys, senderTitle: SYSTEM_TITLE }));
    };
    const us = bestUs({
      cipher: () => must(cipher(request)),
      bareCipher: () => bareSeal(KEY, plaintext),
      decipher: open,
      bareDecipher: () => bareOpen(text, tag),
      keyObject: () => bareSeal(object, plaintext),
      freshKeyObject: () => bareSeal(createSecretKey(KEY), plaintext),
    });
    report.say(
      `  ${size} octets: bare with a kept KeyObject ${(us.bareCipher / us.keyObject).toFixed(2)}x, with a KeyObject for each use ` +
        `${(us.bareCipher / us.freshKeyObject).toFixed(2)}x of raw keys`,
    );
    const line = (name: 'cipher' | 'decipher', bare: number): void =>
      report.line(
        against(
          `gcm.${name}.${size}`,
          1e6 / us[name],
          'ciphered APDUs/s',
          'bare node:crypto, the same octets, raw keys',
          bare,
          '>= 0.8x',
          (ratio) => ratio >= 0.8,
        ),
      );
    line('cipher', 1e6 / us.bareCipher);
    line('decipher', 1e6 / us.bareDecipher);
  }
}

export const gcm: Bench = { name: 'gcm', about: 'ciphered APDUs against bare node:crypto', run };
