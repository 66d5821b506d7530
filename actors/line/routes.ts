/** Which group of lines dials which number. Pure. */
import type { RemoteAddress } from '../link/address.ts';

export const DEFAULT_GROUP = 'default';

/** @param routes the first whose pattern fits the national form counts; `?` is any digit, `*` any digits */
export function createRoutes(routes: readonly { readonly numbers: string; readonly group: string }[]): (address: RemoteAddress) => string {
  const compiled = routes.map(({ numbers, group }) => ({
    group,
    pattern: new RegExp(`^${numbers.replaceAll(/\*+/g, '\\d*').replaceAll('?', '\\d')}$`),
  }));
  return (address) => {
    const number = address.canonical.replace(/^tel:/, '');
    return compiled.find(({ pattern }) => pattern.test(number))?.group ?? DEFAULT_GROUP;
  };
}
