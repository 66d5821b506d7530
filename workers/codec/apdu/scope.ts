/** What the readers of one APDU share. */
import { allows, type LeniencyName, type LeniencyOptions, type Limits, type Reader } from '../common/index.ts';
import { type DataBudget, dataBudget } from '../data/index.ts';

export interface ApduOptions extends LeniencyOptions {
  readonly limits?: Partial<Limits>;
}

export interface Scope {
  readonly options: LeniencyOptions | undefined;
  /** Shared by all values and lists of the APDU. */
  readonly budget: DataBudget;
  readonly leniencies: LeniencyName[];
  /** The octets hold one APDU and nothing else, so what follows belongs to it or is wrong. */
  readonly alone: boolean;
}

export function newScope(options: ApduOptions | undefined, alone: boolean): Scope {
  return { options, budget: dataBudget(options?.limits), leniencies: [], alone };
}

/** Lets a fault pass and notes it, or fails the reader. */
export function pardon(reader: Reader, scope: Scope, name: LeniencyName, rule: string, offset: number): void {
  if (!allows(scope.options, name)) reader.fail('unexpected_octet', rule, `strict: ${name}`, offset);
  else if (!scope.leniencies.includes(name)) scope.leniencies.push(name);
}
