/** Meters as commands are told of them: by flags, or by a file. Passwords come from files or the environment, never from the command line. */
import { readFileSync } from 'node:fs';
import type { ParseArgsOptionsConfig } from 'node:util';
import { type CommandCall, needed, optionalText, UsageError } from './command.ts';
import { type BrokenLine, fileRecords, RecordKeys } from './records-file.ts';

/** Members of `POST /MTS/time-update`. */
export type MeterBody = Readonly<Record<string, unknown>>;

export interface MeterLine {
  readonly line: number;
  /** The same for the same line of the same file, so that a second run knows what the first one did. */
  readonly key: string;
  readonly body: MeterBody;
}

export const METER_FLAGS: ParseArgsOptionsConfig = {
  type: { type: 'string' },
  address: { type: 'string' },
  outstation: { type: 'string' },
  serial: { type: 'string' },
  coms: { type: 'string' },
  reference: { type: 'string' },
  'password-file': { type: 'string' },
  'password-env': { type: 'string' },
};

export const METER_HELP = `One
  --type TYPE --address ADDRESS [--outstation A] [--serial S] [--coms DPS] [--reference TEXT]
  --password-file FILE | --password-env NAME    the meter's password; never on the command line`;

/** The meter that the flags describe. @throws UsageError */
export function meterOf(call: CommandCall): MeterBody {
  const optional = { outstation: 'outstationAddress', serial: 'serialNumber', coms: 'comsSettings', reference: 'requestReference' } as const;
  const body: Record<string, unknown> = { meterType: needed(call, 'type'), remoteAddress: needed(call, 'address') };
  for (const [flag, member] of Object.entries(optional)) {
    const value = optionalText(call, flag);
    if (value !== undefined) body[member] = value;
  }
  const password = passwordOf(call);
  return password === undefined ? body : { ...body, password };
}

/** @throws UsageError when the file or the variable is not there */
export function passwordOf(call: CommandCall): string | undefined {
  const file = optionalText(call, 'password-file');
  const name = optionalText(call, 'password-env');
  if (file !== undefined && name !== undefined) throw new UsageError('--password-file, --password-env: one of them');
  if (name !== undefined) {
    const value = process.env[name];
    if (value === undefined) throw new UsageError(`--password-env: no such variable: ${name}`);
    return value;
  }
  if (file === undefined) return undefined;
  try {
    return readFileSync(file, 'utf8').replace(/\r?\n$/, '');
  } catch {
    throw new UsageError(`--password-file: cannot be read: ${file}`);
  }
}

/** Meters of a file; `defaults` stand where a line has no such member. */
export async function* meterLines(file: string, defaults: MeterBody): AsyncGenerator<MeterLine | BrokenLine> {
  const keys = new RecordKeys();
  for await (const record of fileRecords(file)) {
    if ('refused' in record) yield record;
    else yield { line: record.line, key: keys.next(record.members), body: { ...defaults, ...members(record.members) } };
  }
}

const BOOLEANS: Readonly<Record<string, boolean>> = { true: true, '1': true, yes: true, false: false, '0': false, no: false };

/** An empty cell is a member that is not there; `immediate` of a cell is read as true or false. */
function members(record: Readonly<Record<string, unknown>>): MeterBody {
  const kept = Object.entries(record).filter(([, value]) => value !== '');
  return Object.fromEntries(
    kept.map(([name, value]) => [name, name === 'immediate' && typeof value === 'string' ? (BOOLEANS[value.toLowerCase()] ?? value) : value]),
  );
}
