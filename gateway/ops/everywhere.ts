/** What all nodes of a cluster have of something, as operators are told it. */
export interface Everywhere<T> {
  /** Each with the node that has it. */
  readonly items: readonly (T & { readonly node: string })[];
  /** Nodes that did not answer, with the code of the error. */
  readonly silent: readonly { readonly node: string; readonly error: string }[];
}
