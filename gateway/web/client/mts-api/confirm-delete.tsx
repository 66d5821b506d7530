import { useState } from 'preact/hooks';
import { Button } from '../parts/button.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { textOf } from '../parts/problem.ts';

export interface ConfirmDeleteProps {
  /** What it is: `token`. */
  readonly what: string;
  /** Its name, for people. */
  readonly name: string;
  readonly onDelete: () => Promise<void>;
  readonly onClose: () => void;
  readonly ended: (error: unknown) => boolean;
}

/** Asks before something is deleted for good. The focus begins at the way back. */
export function ConfirmDelete({ what, name, onDelete, onClose, ended }: ConfirmDeleteProps) {
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState<string>();
  const act = async (): Promise<void> => {
    setBusy(true);
    try {
      await onDelete();
    } catch (error) {
      if (ended(error)) return;
      setTrouble(textOf(error));
      setBusy(false);
    }
  };
  return (
    <Dialog title={`Delete this ${what}?`} onClose={onClose}>
      <p>
        <strong>{name}</strong> will be refused at once, everywhere. This cannot be undone.
      </p>
      <div role="alert">{trouble !== undefined && <p class="note trouble">{trouble}</p>}</div>
      <div class="buttons">
        <Button onClick={onClose}>Keep it</Button>
        <Button kind="danger" busy={busy} onClick={() => void act()}>
          {busy ? 'Deleting…' : `Delete ${what}`}
        </Button>
      </div>
    </Dialog>
  );
}
