/** Remote addresses (meter-protocols 3.1): what callers write, and the one canonical form of it. */

export type RemoteAddress =
  | { readonly kind: 'telephone' /** As dialled: digits, an optional leading +, commas for pauses. */; readonly dial: string; readonly canonical: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number; readonly canonical: string }
  | { readonly kind: 'paknet'; readonly digits: string; readonly canonical: string };
