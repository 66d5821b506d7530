/** Nodes of a cluster that did not answer: what is shown of the others is not all there is. */
import { printable } from './output.ts';

export type Silent = readonly { readonly node: string; readonly error: string }[];

export function silentText(silent: Silent): readonly string[] {
  return silent.map(({ node, error }) => `node ${printable(node)} did not answer: ${printable(error)}`);
}
