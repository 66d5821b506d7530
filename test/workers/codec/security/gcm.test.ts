import test from 'ava';
import { toHex } from '../../../../workers/codec/common/index.ts';
import { gcmOpen, gcmSeal, gcmStream, gmacCheck, gmacSign } from '../../../../workers/codec/security/gcm.ts';
import { hex } from './material.ts';

const NONE = new Uint8Array(0);
const TEXT = 'D9313225F88406E5A55909C5AFF5269A86A7A9531534F7DA2E4C303D8A318A72' + '1C3C0C95956809532FCF0E2449A6B525B16AEDF5AA0DE657BA637B391AAFD255';
const DATA = 'FEEDFACEDEADBEEFFEEDFACEDEADBEEFABADDAD2';
const KEY = 'FEFFE9928665731C6D6A8F9467308308';
const IV = 'CAFEBABEFACEDBADDECAF888';
const C128 = '42831EC2217774244B7221B784D0D49CE3AA212F2C02A4E035C17E2329ACA12E21D514B25466931C7D8F6A5AAC84AA051BA30B396A0AAC973D58E091473F5985';
const C256 = '522DC1F099567D07F47F37A32A84427D643A8CDCBFE5C0C97598A2BD2555D1AA8CB08E48590DBB3DA7B08B1056828838C5F61E6393BA7A0ABCC9F662898015AD';

/** McGrew and Viega, The Galois/Counter Mode of Operation, appendix B: the cases whose vector has 96 bits. Tags are cut to 12 octets, as DLMS does. */
const CASES = [
  { name: '1', key: '00'.repeat(16), iv: '00'.repeat(12), text: '', data: '', ciphertext: '', tag: '58E2FCCEFA7E3061367F1D57A4E7455A' },
  {
    name: '2',
    key: '00'.repeat(16),
    iv: '00'.repeat(12),
    text: '00'.repeat(16),
    data: '',
    ciphertext: '0388DACE60B6A392F328C2B971B2FE78',
    tag: 'AB6E47D42CEC13BDF53A67B21257BDDF',
  },
  { name: '3', key: KEY, iv: IV, text: TEXT, data: '', ciphertext: C128, tag: '4D5C2AF327CD64A62CF35ABD2BA6FAB4' },
  { name: '4', key: KEY, iv: IV, text: TEXT.slice(0, 120), data: DATA, ciphertext: C128.slice(0, 120), tag: '5BC94FBC3221A5DB94FAE95AE7121A47' },
  { name: '13', key: '00'.repeat(32), iv: '00'.repeat(12), text: '', data: '', ciphertext: '', tag: '530F8AFBC74536B9A963B4F1C4CB738B' },
  {
    name: '14',
    key: '00'.repeat(32),
    iv: '00'.repeat(12),
    text: '00'.repeat(16),
    data: '',
    ciphertext: 'CEA7403D4D606B6E074EC5D3BAF39D18',
    tag: 'D0D1C8A799996BF0265B98B5D48AB919',
  },
  { name: '15', key: KEY + KEY, iv: IV, text: TEXT, data: '', ciphertext: C256, tag: 'B094DAC5D93471BDEC1A502270E3CC6C' },
  { name: '16', key: KEY + KEY, iv: IV, text: TEXT.slice(0, 120), data: DATA, ciphertext: C256.slice(0, 120), tag: '76FC6ECE0F4E1768CDDF8853BB2D551B' },
];

for (const { name, key, iv, text, data, ciphertext, tag } of CASES) {
  const plaintext = hex(text);

  test(`GCM specification, case ${name}: enciphers as published`, (t) => {
    const out = new Uint8Array(plaintext.length + 12);
    gcmSeal(hex(key), hex(iv), hex(data), plaintext, out, 0);
    t.is(toHex(out), ciphertext + tag.slice(0, 24));
  });

  test(`GCM specification, case ${name}: deciphers as published`, (t) => {
    const opened = gcmOpen(hex(key), hex(iv), hex(data), hex(ciphertext), hex(tag.slice(0, 24)));
    t.is(opened && toHex(opened), text);
  });

  test(`GCM specification, case ${name}: without its tag, the ciphertext is the same`, (t) => {
    t.is(toHex(gcmStream(hex(key), hex(iv), plaintext)), ciphertext);
    t.is(toHex(gcmStream(hex(key), hex(iv), hex(ciphertext))), text);
  });
}

test('a tag that is wrong in one bit opens nothing', (t) => {
  const tag = hex('4D5C2AF327CD64A62CF35ABC');
  t.is(gcmOpen(hex(KEY), hex(IV), NONE, hex(C128), tag), undefined);
});

test('GMAC of the NIST validation suite (gcmEncryptExtIV128, no plaintext, 128 bits of data)', (t) => {
  const key = hex('77BE63708971C4E240D1CB79E8D77FEB');
  const iv = hex('E0E00F19FED7BA0136A797F3');
  const data = hex('7A43EC1D9C0A5A78A0B16533A6213CAB');
  const out = new Uint8Array(12);
  gmacSign(key, iv, data, NONE, out, 0);
  t.is(toHex(out), '209FCC8D3675ED938E9C7166');
  t.true(gmacCheck(key, iv, data, NONE, out));
});

test('GMAC counts data that comes in two parts as one', (t) => {
  const key = hex('77BE63708971C4E240D1CB79E8D77FEB');
  const iv = hex('E0E00F19FED7BA0136A797F3');
  const data = hex('7A43EC1D9C0A5A78A0B16533A6213CAB');
  for (let cut = 0; cut <= data.length; cut++) {
    const out = new Uint8Array(14);
    gmacSign(key, iv, data.subarray(0, cut), data.subarray(cut), out, 2);
    t.is(toHex(out), '0000209FCC8D3675ED938E9C7166');
    t.true(gmacCheck(key, iv, data.subarray(0, cut), data.subarray(cut), out.subarray(2)));
    t.false(gmacCheck(key, iv, data.subarray(0, cut), data.subarray(cut), new Uint8Array(12)));
  }
});

test('keys in shared memory work', (t) => {
  const key = new Uint8Array(new SharedArrayBuffer(64), 16, 16);
  key.set(hex(KEY));
  const out = new Uint8Array(76);
  gcmSeal(key, hex(IV), NONE, hex(TEXT), out, 0);
  t.is(toHex(out), `${C128}4D5C2AF327CD64A62CF35ABD`);
});
