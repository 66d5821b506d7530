import test from 'ava';
import { parseAtLine } from '../../../../ops/sim/modems/commands.ts';
import { addParity, checkParity } from '../../../../ops/sim/modems/parity.ts';

test('a line holds several commands', (t) => {
  t.deepEqual(parseAtLine('ATS0=0E0V1'), [
    { kind: 'register', index: 0, value: 0 },
    { kind: 'echo', on: false },
    { kind: 'verbose', on: true },
  ]);
});

test('small letters, blanks and rubbish before AT are understood', (t) => {
  t.deepEqual(parseAtLine('+++at h0'), [{ kind: 'hang-up' }]);
});

test('AT alone asks for nothing', (t) => {
  t.deepEqual(parseAtLine('AT'), []);
});

test('a line without AT is no command line', (t) => {
  t.is(parseAtLine('HELLO'), undefined);
});

for (const line of ['ATD0777', 'ATDT0777', 'ATDP0,777', 'atd 0777;']) {
  test(`${line} dials 0777`, (t) => {
    t.deepEqual(parseAtLine(line), [{ kind: 'dial', number: '0777' }]);
  });
}

for (const line of ['ATJ', 'AT!', 'ATD', 'AT+XYZ=1', 'ATE0J']) {
  test(`${line} is an error`, (t) => {
    t.is(parseAtLine(line), null);
  });
}

for (const line of ['AT+CBST=71,0,1', 'AT+IPR=9600', 'AT&D2&C1', 'ATL1M0X4']) {
  test(`${line} is let pass`, (t) => {
    t.true(parseAtLine(line)?.every((command) => command.kind === 'nothing'));
  });
}

test('even parity goes on and comes off', (t) => {
  const plain = Uint8Array.from({ length: 128 }, (_, code) => code);
  const sent = addParity(plain);
  t.is(sent[0x41], 0x41);
  t.is(sent[0x43], 0xc3);
  t.deepEqual(checkParity(sent), { octets: plain, errors: 0 });
});

test('an octet with a wrong parity bit is counted and does not pass', (t) => {
  t.deepEqual(checkParity(Uint8Array.of(0x41, 0x43, 0xc1)), { octets: Uint8Array.of(0x41), errors: 2 });
});
