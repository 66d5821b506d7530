/** Which slots a meter is reached by: those of TCP, or the lines of the group that its number or PAKNET address is routed to. Pure. */
import type { LinesOptions } from '../line/options.ts';
import type { GateKind } from './gate.ts';

/** What the name of a class begins with, by the kind of address that it reaches. */
const PREFIX: Readonly<Record<GateKind, string>> = { tcp: 'tcp', tel: 'modem:', paknet: 'pad:' };

/** Which group of lines reaches an address, as the pool of lines has it. */
export type GroupOf = (address: { readonly kind: 'telephone' | 'paknet'; readonly canonical: string }) => string;

/** `tcp`, `modem:<group>` or `pad:<group>`. */
export function createClassOf(groupOf: GroupOf): (target: { readonly canonicalAddress: string }) => string {
  return ({ canonicalAddress: canonical }) => {
    if (canonical.startsWith('tel:')) return `${PREFIX.tel}${groupOf({ kind: 'telephone', canonical })}`;
    if (canonical.startsWith('paknet:')) return `${PREFIX.paknet}${groupOf({ kind: 'paknet', canonical })}`;
    return PREFIX.tcp;
  };
}

/** Slots of each class on a node: so many TCP sessions, and one for each line. */
export function slotLimits(tcpSessions: number, { modems }: Pick<LinesOptions, 'modems'>): Readonly<Record<string, number>> {
  const limits: Record<string, number> = { [PREFIX.tcp]: tcpSessions };
  for (const { group, dialogue } of modems) {
    const name = `${dialogue === 'x28' ? PREFIX.paknet : PREFIX.tel}${group}`;
    limits[name] = (limits[name] ?? 0) + 1;
  }
  return limits;
}

/** The same where the lines are those of the whole cluster, by class. */
export function clusterSlotLimits(tcpSessions: number, lines: ReadonlyMap<string, number>): Readonly<Record<string, number>> {
  return { [PREFIX.tcp]: tcpSessions, ...Object.fromEntries(lines) };
}

/** Whether addresses of a kind may be reached by slots of a class. */
export const reaches = (className: string, kind: GateKind): boolean => (kind === 'tcp' ? className === PREFIX.tcp : className.startsWith(PREFIX[kind]));

/** The slots of a class in words, in the plural. */
export function slotsText(className: string): string {
  if (className.startsWith(PREFIX.tel)) return `modem lines of group ${className.slice(PREFIX.tel.length)}`;
  if (className.startsWith(PREFIX.paknet)) return `PAKNET pads of group ${className.slice(PREFIX.paknet.length)}`;
  return 'TCP sessions';
}
