import test from 'ava';
import { elsterFlag } from '../../../ops/vectors/elster-flag.ts';
import { iec62056 } from '../../../ops/vectors/iec62056-21.ts';
import { recogniseProtocol } from '../../../ops/vectors/protocols.ts';
import { sessions } from '../../../ops/vectors/sessions.ts';

const octets = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));
const hexOf = (text: string): string => Buffer.from(octets(text)).toString('hex').toUpperCase();
const partial = (text: string) => iec62056.forms.partial!.decode(octets(text), {}).kind;

test('a recording that ends behind an identification is incomplete: its data must follow', (t) => {
  t.is(partial('/LGZ5ZMD\r\n'), 'incomplete');
  t.is(partial('/?!\r\n/LGZ5\\2ZMD\r\n'), 'incomplete');
});

test('a recording that ends behind a block which is not the last is incomplete', (t) => {
  t.is(partial('\x02(1)\x044'), 'incomplete');
  t.is(partial('\x02(1)\x033'), 'good');
});

function replayed(frames: readonly (readonly ['client->meter' | 'meter->client', string])[]): string {
  const given = { transport: 'iec62056-21', frames: frames.map(([direction, text]) => ({ direction, hex: hexOf(text) })) };
  const result = sessions.forms.session!.decode(octets(frames.map(([, text]) => text).join('')), { direction: 'both', given });
  return result.kind === 'good' ? `${String(result.value.frameCount)} frames` : JSON.stringify(result);
}

test('in a session a client acknowledges blocks, and selects options', (t) => {
  t.is(
    replayed([
      ['client->meter', '\x06051\r\n'],
      ['meter->client', '\x02(1)\x044'],
      ['client->meter', '\x06'],
      ['meter->client', '\x02(1)\x033'],
    ]),
    '4 frames',
  );
});

test('in a session a meter gives a readout without framing, and repeats the option of mode E', (t) => {
  t.is(
    replayed([
      ['client->meter', '/?!\r\n'],
      ['meter->client', '/LGZXZMD\r\n'],
      ['meter->client', 'F.F(0)\r\n!\r\n'],
    ]),
    '3 frames',
  );
  t.is(
    replayed([
      ['client->meter', '\x06252\r\n'],
      ['meter->client', '\x06252\r\n'],
    ]),
    '2 frames',
  );
});

test('a readout is recognised as that, and not as a telegram of one maker', (t) => {
  const readout = octets('/LGZ5ZMD\r\nF.F(0)\r\n1.8.0(1*kWh)\r\n!\r\n');
  t.is(recogniseProtocol(readout)?.name, 'iec62056-21');
  t.is(elsterFlag.recognise(octets('F.F(0)\r\n!\r\n')), 0);
});
