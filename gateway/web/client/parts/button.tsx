import type { ComponentChildren } from 'preact';

export interface ButtonProps {
  readonly kind?: 'primary' | 'danger' | 'quiet' | 'quiet danger';
  /** Sends the form it stands in. */
  readonly submit?: boolean;
  /** What was asked for is under way: it stays where it is and does nothing. */
  readonly busy?: boolean;
  readonly label?: string;
  readonly onClick?: () => void;
  readonly children: ComponentChildren;
}

export function Button({ kind, submit = false, busy = false, label, onClick, children }: ButtonProps) {
  return (
    <button
      type={submit ? 'submit' : 'button'}
      class={kind ? `button ${kind}` : 'button'}
      aria-disabled={busy || undefined}
      aria-label={label}
      onClick={(event) => {
        if (busy) event.preventDefault();
        else onClick?.();
      }}
    >
      {children}
    </button>
  );
}
