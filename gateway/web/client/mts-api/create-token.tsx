import { useState } from 'preact/hooks';
import type { Scope } from '../../../../actors/access/records.ts';
import { Button } from '../parts/button.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { Field, Form } from '../parts/field.tsx';
import { createToken, SCOPE_NAMES } from './records.ts';
import { ShownOnce } from './shown-once.tsx';
import { useSubmit } from './submit.ts';
import { dateOf, PRESETS, UNTIL_DATE, UNTIL_DELETED, validityOf } from './validity.ts';

/** What may be asked for here, by the value of the choice. */
const SCOPES: readonly { readonly value: string; readonly scopes: readonly Scope[]; readonly name: string }[] = [
  { value: 'mts', scopes: ['mts'], name: SCOPE_NAMES.mts },
  { value: 'read', scopes: ['ops:read'], name: "Operator's API, reading only" },
  { value: 'write', scopes: ['ops:read', 'ops:write'], name: "Operator's API, reading and changing" },
  { value: 'metrics', scopes: ['metrics'], name: 'Metrics' },
];
const DEFAULT_DAYS = '90';
/** What the specification takes where nothing is said. */
const DEFAULT_OWNER = 'mts';

export interface CreateTokenProps {
  /** It is made; the dialog goes on to show it. */
  readonly onMade: () => void;
  readonly onClose: () => void;
  readonly ended: (error: unknown) => boolean;
}

export function CreateToken({ onMade, onClose, ended }: CreateTokenProps) {
  const [name, setName] = useState('');
  const [owner, setOwner] = useState(DEFAULT_OWNER);
  const [scope, setScope] = useState('mts');
  const [validity, setValidity] = useState<string>(DEFAULT_DAYS);
  const [date, setDate] = useState('');
  const [secret, setSecret] = useState<string>();
  const { busy, errors, trouble, run } = useSubmit(['name', 'owner', 'scopes', 'expiresAt'], ended);

  const submit = (): Promise<void> => {
    const until = validityOf(validity, date, Date.now());
    const scopes = SCOPES.find(({ value }) => value === scope)?.scopes ?? [];
    const expiresAt = until.kind === 'until' ? until.expiresAt : undefined;
    const wrong = {
      owner: owner.trim() === '' ? 'Give an owner label' : undefined,
      [validity === UNTIL_DATE ? 'date' : 'expiresAt']: until.kind === 'refused' ? until.text : undefined,
    };
    return run(wrong, async () => {
      const { token } = await createToken({ name: name.trim() || undefined, owner: owner.trim(), scopes, expiresAt });
      setSecret(token);
      onMade();
    });
  };

  if (secret !== undefined) {
    return (
      <Dialog key="made" title="Your new token" mustAnswer onClose={onClose}>
        <ShownOnce what="token" secret={secret} onDone={onClose}>
          <p class="lead">
            Send it with each call as <code>Authorization: Bearer …</code>
          </p>
        </ShownOnce>
      </Dialog>
    );
  }
  return (
    <Dialog key="make" title="Create new token" onClose={onClose}>
      <div role="alert">{trouble !== undefined && <p class="note trouble">{trouble}</p>}</div>
      <Form errors={errors} onSubmit={() => void submit()}>
        <Field label="Name" hint="What it is for. You find it again by this." error={errors.name}>
          {(ties) => (
            <input
              {...ties}
              name="token-name"
              maxLength={100}
              autoComplete="off"
              placeholder="Night batch, head office"
              value={name}
              onInput={({ currentTarget }) => setName(currentTarget.value)}
            />
          )}
        </Field>
        <Field label="Owner label" hint="Tokens of one owner see the same actions, and no others." error={errors.owner}>
          {(ties) => (
            <input
              {...ties}
              name="owner"
              maxLength={100}
              autoComplete="off"
              autoCapitalize="none"
              spellcheck={false}
              value={owner}
              onInput={({ currentTarget }) => setOwner(currentTarget.value)}
            />
          )}
        </Field>
        <Field label="Scope" error={errors.scopes}>
          {(ties) => (
            <select {...ties} name="scope" value={scope} onChange={({ currentTarget }) => setScope(currentTarget.value)}>
              {SCOPES.map(({ value, name: shown }) => (
                <option key={value} value={value}>
                  {shown}
                </option>
              ))}
            </select>
          )}
        </Field>
        <div class="pair">
          <Field label="Validity" error={errors.expiresAt}>
            {(ties) => (
              <select {...ties} name="validity" value={validity} onChange={({ currentTarget }) => setValidity(currentTarget.value)}>
                {PRESETS.map(({ value, name: shown }) => (
                  <option key={value} value={value}>
                    {shown}
                  </option>
                ))}
                <option value={UNTIL_DATE}>Until a date…</option>
                <option value={UNTIL_DELETED}>Until it is deleted</option>
              </select>
            )}
          </Field>
          {validity === UNTIL_DATE && (
            <Field label="Last day" error={errors.date}>
              {(ties) => (
                <input {...ties} name="date" type="date" min={dateOf(Date.now())} value={date} onInput={({ currentTarget }) => setDate(currentTarget.value)} />
              )}
            </Field>
          )}
        </div>
        <div class="buttons">
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" submit busy={busy}>
            {busy ? 'Creating…' : 'Create token'}
          </Button>
        </div>
      </Form>
    </Dialog>
  );
}
