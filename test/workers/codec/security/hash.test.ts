import test from 'ava';
import { type Encoded, toHex } from '../../../../workers/codec/common/index.ts';
import { hashMd5, hashSha1, hashSha256 } from '../../../../workers/codec/security/index.ts';
import { ascii } from './material.ts';

const shown = (made: Encoded): string => (made.kind === 'good' ? toHex(made.octets) : made.error.code);

/** The published messages are cut in two or five: only the right order of the parts gives the published hash. */
test('MD5 is that of challenge, then secret (RFC 1321, A.5)', (t) => {
  t.is(shown(hashMd5(ascii('a'), ascii('bc'))), '900150983CD24FB0D6963F7D28E17F72');
  t.is(shown(hashMd5(ascii('message '), ascii('digest'))), 'F96B697D7CB7938D525A2F31AAF161D0');
});

test('SHA-1 is that of challenge, then secret (FIPS 180)', (t) => {
  t.is(shown(hashSha1(ascii('a'), ascii('bc'))), 'A9993E364706816ABA3E25717850C26C9CD0D89D');
  t.is(shown(hashSha1(ascii('abcdbcdecdefdefgefgh'), ascii('fghighijhijkijkljklmklmnlmnomnopnopq'))), '84983E441C3BD26EBAAE4AA1F95129E5E54670F1');
});

test("SHA-256 is that of secret, own title, peer's title, challenge, own challenge (FIPS 180)", (t) => {
  const made = hashSha256({
    secret: ascii('abcdbcde'),
    ownTitle: ascii('cdefdefg'),
    peerTitle: ascii('efghfghi'),
    challenge: ascii('ghijhijkijkljklm'),
    ownChallenge: ascii('klmnlmnomnopnopq'),
  });
  t.is(shown(made), '248D6A61D20638B8E5C026930C3E6039A33CE45964FF2167F6ECEDD419DB06C1');
});
