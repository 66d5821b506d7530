import test from 'ava';
import { Value } from 'typebox/value';
import { lineSetup } from '../../../actors/line/line-setup.ts';
import { type LineOptions, LineSchema } from '../../../actors/line/options.ts';

const line = (change: Partial<LineOptions>): LineOptions =>
  Value.Default(LineSchema, { id: 'm1', kind: 'serial', path: '/dev/ttyS0', ...change }) as LineOptions;

test('a modem: its port, what is sent before each call, how it dials and hangs up', (t) => {
  t.deepEqual(lineSetup(line({ bearerCommand: 'AT+CBST=71,0,1', portRate: 9_600, tone: true, dialPrefix: '9,' })), {
    port: '/dev/ttyS0',
    baud: 9_600,
    commands: ['+++', 'ATH', 'ATZ', 'ATS0=0E0V1', 'AT+CBST=71,0,1', 'AT+IPR=9600'],
    dials: 'ATDT9,<number>',
    hangsUp: '+++ ATH',
  });
});

test('a pad behind a terminal server: its parameters, and what stands for DTR', (t) => {
  t.deepEqual(lineSetup(line({ kind: 'tcp', host: 'pads', port: 4001, dialogue: 'x28' })), {
    port: 'pads:4001',
    baud: 9_600,
    commands: ['SET1:0;2:0;3:0;4:10;5:0;6:5'],
    dials: '<address>',
    hangsUp: 'DTR, or the end of the connection where there is none',
  });
});

test('PINs, passwords and quoted texts of init commands are covered', (t) => {
  const initCommands = ['AT+CPIN=4711', 'at+cpin=4711', 'AT+CGDCONT=1,"IP","apn.secret"', 'ATE0;+CPIN=4711;+CSQ', 'AT+CLCK="SC",0,"4711"', 'AT+X="4711'];
  const { commands } = lineSetup(line({ initCommands }));
  t.notRegex(commands.join(), /4711|secret/);
  t.deepEqual(commands.slice(3), ['AT+CPIN=***', 'at+cpin=***', 'AT+CGDCONT=***', 'ATE0;+CPIN=***;+CSQ', 'AT+CLCK=***', 'AT+X="***"']);
});
