/** How a line is set up, for people who look for the reason why it does not dial (meter-protocols 3.2, 3.3). Pure. */
import type { LineOptions } from './options.ts';

export interface LineSetup {
  /** Device of a serial port, or `host:port` of a terminal server. */
  readonly port: string;
  /** Between the port and the modem, bits per second. */
  readonly baud: number;
  /** What is sent before each call, in order; PINs, passwords and quoted texts are covered. */
  readonly commands: readonly string[];
  /** How a call is made: `ATDT9,<number>`, or `<address>` of a pad. */
  readonly dials: string;
  readonly hangsUp: string;
}

/** Commands of mobile modems that carry a PIN, a password or a user; and whatever stands in quotes. */
const SECRET = /([+^$*&#](?:CPIN|CLCK|CPWD|CGAUTH|CGDCONT|SPIC|XPIN|EPIN|AUTHDATA|QCPDPP|QICSGP|SGAUTH|PPPCFG)[A-Z0-9]*)=[^;]*/gi;
const QUOTED = /"[^"]*"?/g;

const covered = (command: string): string => command.replace(SECRET, '$1=***').replace(QUOTED, '"***"');

export function lineSetup(line: LineOptions): LineSetup {
  const port = line.kind === 'serial' ? (line.path ?? '') : `${line.host ?? ''}:${line.port ?? ''}`;
  return { port, baud: line.baud, ...(line.dialogue === 'at' ? ofModem(line) : ofPad(line)) };
}

function ofModem({ initCommands, bearerCommand, portRate, tone, dialPrefix, hangUp }: LineOptions): Omit<LineSetup, 'port' | 'baud'> {
  const bearer = bearerCommand === undefined ? [] : [bearerCommand];
  const rate = portRate === undefined ? [] : [`AT+IPR=${portRate}`];
  return {
    commands: ['+++', 'ATH', 'ATZ', ...initCommands, ...bearer, ...rate].map(covered),
    dials: `ATD${tone ? 'T' : ''}${dialPrefix}<number>`,
    hangsUp: hangUp === 'dtr' ? 'DTR, then +++ ATH' : '+++ ATH',
  };
}

function ofPad({ dialPrefix, x28 }: LineOptions): Omit<LineSetup, 'port' | 'baud'> {
  const without = x28.withoutDtr === 'close' ? 'the end of the connection' : 'CLR';
  return { commands: [x28.parameters], dials: `${dialPrefix}<address>`, hangsUp: `DTR, or ${without} where there is none` };
}
