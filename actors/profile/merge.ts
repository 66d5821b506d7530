/** Deep merge of plain data. Pure. */

export type Tree = Readonly<Record<string, unknown>>;

export const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Members of `over` in place of those of `base`; objects are merged, everything else (lists too) is replaced. */
export function mergeTrees(base: Tree, over: Tree): Tree {
  const merged = new Map<string, unknown>(Object.entries(base));
  for (const [name, value] of Object.entries(over)) {
    const below = merged.get(name);
    merged.set(name, isTree(value) && isTree(below) ? mergeTrees(below, value) : structuredClone(value));
  }
  return Object.fromEntries(merged);
}

/** Paths of the values that are no objects, dots between the names; `[]` and `{}` are values. */
export function leavesOf(tree: Tree, prefix = ''): readonly { readonly path: string; readonly value: unknown }[] {
  return Object.entries(tree).flatMap(([name, value]) => {
    const path = prefix === '' ? name : `${prefix}.${name}`;
    return isTree(value) && Object.keys(value).length > 0 ? leavesOf(value, path) : [{ path, value }];
  });
}
