/** Settings of the DTN channel: the gateway's folders, when files are made, how patient we are (appointments 9). */
import Type, { type Static } from 'typebox';
import type { DtnSettings } from '../../machines/dtn/index.ts';

const folder = (description: string, value: string) => Type.String({ minLength: 1, default: value, description });
const ms = (description: string, value: number, minimum = 1) => Type.Integer({ minimum, default: value, description });
const role = (description: string, value: string) => Type.String({ pattern: '^[A-Z]$', default: value, description });

export const DtnOptionsSchema = Type.Object(
  {
    outDirectory: folder(
      'Folder that the gateway takes files from; `{mpid}` stands for the sender, which several senders need. On the same file system as stagingDirectory',
      'data/dtn/out',
    ),
    stagingDirectory: folder('Folder of our own where files are completed and synced before they are handed over', 'data/dtn/staging'),
    receiptsDirectory: folder('Folder where the gateway leaves receipts (`<file id>.rcp`); `{mpid}` as above', 'data/dtn/receipts'),
    createFolders: Type.Boolean({
      default: true,
      description: 'Make missing folders. Off where they are a mounted share: then a missing one is an error, not an empty place',
    }),
    flushMs: ms('Longest that a line waits for company, milliseconds', 60_000),
    flushLines: Type.Integer({ minimum: 1, maximum: 5_000, default: 500, description: 'Meter points of one recipient that make a file at once' }),
    maxRefusals: Type.Integer({ minimum: 1, maximum: 20, default: 3, description: 'Refusals by the gateway after which a line is given up' }),
    receiptWarnMs: ms('Silence after hand-over that raises an alert, milliseconds', 86_400_000),
    receiptScanMs: ms('Pause between two looks for receipts; the folder is watched besides, milliseconds', 5_000, 100),
    retryInitialMs: ms('First pause when a file cannot be handed over, milliseconds', 1_000),
    retryCapMs: ms('Longest pause when a file cannot be handed over, milliseconds', 60_000),
    fromRole: role('Role letter of the sender in ZHV', 'X'),
    toRole: role('Role letter of the recipient in ZHV', 'M'),
    sendingApplication: Type.String({ pattern: '^[ -{}~]{0,20}$', default: '', description: 'Sending application in ZHV; empty where the gateway wants none' }),
  },
  { additionalProperties: false },
);

export type DtnOptions = Static<typeof DtnOptionsSchema>;

/** The part of the options that decides about content and times, as the machines want it. */
export function settingsOf(options: DtnOptions): DtnSettings {
  const { flushMs, flushLines, maxRefusals, receiptWarnMs, fromRole, toRole, sendingApplication } = options;
  return { flushMs, flushLines, maxRefusals, receiptWarnMs, fromRole, toRole, sendingApplication };
}

/** Alerts about the folders, which belong to no actor. */
export interface DtnAlerts {
  raise(code: string, text: string, details?: Record<string, string>): void;
  clear(code: string): void;
}
