import { useState } from 'preact/hooks';
import { Button } from './button.tsx';
import { Field, Form } from './field.tsx';
import { Problem, textOf } from './problem.ts';

export interface SignInProps {
  readonly notice: string | undefined;
  readonly onSignIn: (name: string, password: string) => Promise<void>;
}

/** Name and password; how to get in without is said below. */
export function SignIn({ notice, onSignIn }: SignInProps) {
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [errors, setErrors] = useState<Readonly<Record<string, string>>>({});
  const [trouble, setTrouble] = useState(notice);
  const [busy, setBusy] = useState(false);

  const submit = async (): Promise<void> => {
    const missing = { ...(name === '' && { name: 'Give your name' }), ...(password === '' && { password: 'Give your password' }) };
    setErrors(missing);
    setTrouble(undefined);
    if (Object.keys(missing).length > 0) return;
    setBusy(true);
    try {
      await onSignIn(name, password);
    } catch (error) {
      setBusy(false);
      setErrors(error instanceof Problem ? error.fields : {});
      setTrouble(error instanceof Problem && error.status === 401 ? 'Name or password is wrong.' : textOf(error));
    }
  };

  return (
    <section class="sign-in card">
      <h1>Sign in</h1>
      <div role="alert">{trouble !== undefined && <p class="note trouble">{trouble}</p>}</div>
      <Form errors={errors} onSubmit={() => void submit()}>
        <Field label="Name" error={errors.name}>
          {(ties) => (
            <input
              {...ties}
              name="name"
              autoComplete="username"
              autoCapitalize="none"
              spellcheck={false}
              value={name}
              onInput={({ currentTarget }) => setName(currentTarget.value.trim())}
            />
          )}
        </Field>
        <Field label="Password" error={errors.password}>
          {(ties) => (
            <input
              {...ties}
              name="password"
              type="password"
              autoComplete="current-password"
              value={password}
              onInput={({ currentTarget }) => setPassword(currentTarget.value)}
            />
          )}
        </Field>
        <div class="buttons">
          <Button kind="primary" submit busy={busy}>
            {busy ? 'Signing in…' : 'Sign in'}
          </Button>
        </div>
      </Form>
      <p class="lead">
        Or open the link that <code>npm start</code> printed. For another one, on the machine of the engine: <code>npm run -s mw -- login-link</code>
      </p>
    </section>
  );
}
