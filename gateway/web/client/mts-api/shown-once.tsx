import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { Button } from '../parts/button.tsx';
import { CopyButton } from '../parts/copy-button.tsx';

export interface ShownOnceProps {
  /** What it is: `token`. */
  readonly what: string;
  readonly secret: string;
  readonly onDone: () => void;
  /** How to use it. */
  readonly children: ComponentChildren;
}

/** A secret at the one time it is shown. */
export function ShownOnce({ what, secret, onDone, children }: ShownOnceProps) {
  const note = useRef<HTMLParagraphElement>(null);
  // The form that had the focus is gone; a reader goes on at what has come in its place.
  useEffect(() => note.current?.focus(), []);
  return (
    <>
      <p class="note warning" tabIndex={-1} ref={note}>
        Copy the {what} now. It is shown this once: only a hash of it is kept.
      </p>
      <div class="secret">
        <output aria-label={`The ${what}`}>{secret}</output>
        <CopyButton text={secret} />
      </div>
      {children}
      <div class="buttons">
        <Button onClick={onDone}>Done</Button>
      </div>
    </>
  );
}
