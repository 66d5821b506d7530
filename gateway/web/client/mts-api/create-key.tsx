import { useState } from 'preact/hooks';
import { Button } from '../parts/button.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { Field, Form } from '../parts/field.tsx';
import { createKey } from './records.ts';
import { ShownOnce } from './shown-once.tsx';
import { useSubmit } from './submit.ts';

const MPID = /^[A-Z]{4}$/;

export interface CreateKeyProps {
  readonly onMade: () => void;
  readonly onClose: () => void;
  readonly ended: (error: unknown) => boolean;
}

/** As they are written: with commas, spaces, in small letters. */
function mpidsOf(text: string): readonly string[] {
  return [
    ...new Set(
      text
        .toUpperCase()
        .split(/[\s,;]+/)
        .filter((part) => part !== ''),
    ),
  ];
}

function wrongMpids(mpids: readonly string[]): string | undefined {
  if (mpids.length === 0) return 'Give at least one MPID';
  const bad = mpids.find((mpid) => !MPID.test(mpid));
  return bad === undefined ? undefined : `An MPID has four letters: ${bad}`;
}

export function CreateKey({ onMade, onClose, ended }: CreateKeyProps) {
  const [mpids, setMpids] = useState('');
  const [label, setLabel] = useState('');
  const [rate, setRate] = useState('');
  const [secret, setSecret] = useState<string>();
  const { busy, errors, trouble, run } = useSubmit(['mpids', 'label', 'rate'], ended);

  const submit = (): Promise<void> => {
    const list = mpidsOf(mpids);
    const perSecond = rate.trim() === '' ? undefined : Number(rate);
    const wrong = {
      mpids: wrongMpids(list),
      rate: perSecond === undefined || perSecond > 0 ? undefined : 'Give a number above zero, or nothing',
    };
    return run(wrong, async () => {
      const { key } = await createKey({ mpids: list, label: label.trim(), rate: perSecond });
      setSecret(key);
      onMade();
    });
  };

  if (secret !== undefined) {
    return (
      <Dialog key="made" title="Your new supplier key" mustAnswer onClose={onClose}>
        <ShownOnce what="key" secret={secret} onDone={onClose}>
          <p class="lead">
            Send it with each call as <code>X-API-KEY: …</code>
          </p>
        </ShownOnce>
      </Dialog>
    );
  }
  return (
    <Dialog key="make" title="Create new supplier key" onClose={onClose}>
      <div role="alert">{trouble !== undefined && <p class="note trouble">{trouble}</p>}</div>
      <Form errors={errors} onSubmit={() => void submit()}>
        <Field label="MPIDs" hint="Own suppliers that the key may act for, with commas between them." error={errors.mpids}>
          {(ties) => (
            <input
              {...ties}
              name="mpids"
              autoComplete="off"
              autoCapitalize="characters"
              spellcheck={false}
              placeholder="SUPX"
              value={mpids}
              onInput={({ currentTarget }) => setMpids(currentTarget.value)}
            />
          )}
        </Field>
        <Field label="Label" hint="Keys of one label share their idempotency keys, so one can replace another." error={errors.label}>
          {(ties) => (
            <input {...ties} name="label" maxLength={100} autoComplete="off" value={label} onInput={({ currentTarget }) => setLabel(currentTarget.value)} />
          )}
        </Field>
        <Field label="Requests per second" hint="Leave it empty for the configured rate." error={errors.rate}>
          {(ties) => (
            <input {...ties} name="rate" inputMode="decimal" autoComplete="off" value={rate} onInput={({ currentTarget }) => setRate(currentTarget.value)} />
          )}
        </Field>
        <div class="buttons">
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" submit busy={busy}>
            {busy ? 'Creating…' : 'Create key'}
          </Button>
        </div>
      </Form>
    </Dialog>
  );
}
