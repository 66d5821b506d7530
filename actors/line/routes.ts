/** Which group of lines reaches which address. Pure. */
import type { RemoteAddress } from '../link/address.ts';
import { dialogueFor } from './line-dialogue.ts';
import type { LineOptions } from './options.ts';

export const DEFAULT_GROUP = 'default';
/** Where there is no pad. */
const NO_PADS = 'paknet';

/** An address, or the part of one that routes look at. */
export type RoutedAddress = RemoteAddress | { readonly kind: 'telephone' | 'paknet'; readonly canonical: string };

/**
 * Telephone numbers are dialled by groups of modems, PAKNET addresses called by groups of pads: routes to groups of the other kind are
 * passed over. Without a route that fits, numbers go to the group `default` and PAKNET addresses to that of the first pad.
 *
 * @param routes the first whose pattern fits the national form of a number, or the digits of a PAKNET address, counts; `?` is any digit, `*` any digits
 */
export function createRoutes(
  routes: readonly { readonly numbers: string; readonly group: string }[],
  lines: readonly Pick<LineOptions, 'group' | 'dialogue'>[] = [],
): (address: RoutedAddress) => string {
  const pads = new Set(lines.filter(({ dialogue }) => dialogue === 'x28').map(({ group }) => group));
  const [firstPad = NO_PADS] = pads;
  const compiled = routes.map(({ numbers, group }) => ({
    group,
    dialogue: pads.has(group) ? 'x28' : 'at',
    pattern: new RegExp(`^${numbers.replaceAll(/\*+/g, '\\d*').replaceAll('?', '\\d')}$`),
  }));
  return ({ kind, canonical }) => {
    const digits = canonical.replace(/^(?:tel|paknet):/, '');
    const wanted = dialogueFor(kind);
    const route = compiled.find(({ dialogue, pattern }) => dialogue === wanted && pattern.test(digits));
    return route?.group ?? (wanted === 'x28' ? firstPad : DEFAULT_GROUP);
  };
}
