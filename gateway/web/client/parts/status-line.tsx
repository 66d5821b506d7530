/** What has just happened, for the eye and for screen readers. It is always there, since a reader hears only changes. */
export interface Status {
  readonly kind: 'done' | 'trouble';
  readonly text: string;
}

export function StatusLine({ status }: { readonly status: Status | undefined }) {
  return (
    <p role="status" class={status?.kind === 'trouble' ? 'status trouble' : 'status'}>
      {status?.text}
    </p>
  );
}
