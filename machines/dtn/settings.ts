/** What an installation decides about its DTN files. Plain data, so that the machines stay pure. */
export interface DtnSettings {
  /** Longest that a line waits for company, milliseconds. */
  readonly flushMs: number;
  /** Lines of one recipient that make a file at once. */
  readonly flushLines: number;
  /** Refusals after which a line is given up. */
  readonly maxRefusals: number;
  /** Silence after hand-over that is worth an alert, milliseconds. */
  readonly receiptWarnMs: number;
  /** Role letter of the sender in ZHV. */
  readonly fromRole: string;
  /** Role letter of the recipient in ZHV. */
  readonly toRole: string;
  /** Sending application in ZHV; empty where the gateway wants none. */
  readonly sendingApplication: string;
}

export const DEFAULT_DTN_SETTINGS: DtnSettings = {
  flushMs: 60_000,
  flushLines: 500,
  maxRefusals: 3,
  receiptWarnMs: 86_400_000,
  fromRole: 'X',
  toRole: 'M',
  sendingApplication: '',
};
