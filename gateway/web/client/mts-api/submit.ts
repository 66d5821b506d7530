import { useState } from 'preact/hooks';
import { Problem, textOf } from '../parts/problem.ts';

export type Errors = Readonly<Record<string, string>>;

export interface Submit {
  readonly busy: boolean;
  readonly errors: Errors;
  /** What belongs to no field. */
  readonly trouble: string | undefined;
  /**
   * Shows what is wrong with the fields, or does it and shows why it was refused.
   * @param wrong what can be seen without asking; empty members are none
   */
  run(wrong: Readonly<Record<string, string | undefined>>, act: () => Promise<void>): Promise<void>;
}

/**
 * The state of a form that is sent.
 * @param fields that the form has: a refusal of any other is shown above it
 * @param ended told every error; true: it is dealt with
 */
export function useSubmit(fields: readonly string[], ended: (error: unknown) => boolean): Submit {
  const [busy, setBusy] = useState(false);
  const [errors, setErrors] = useState<Errors>({});
  const [trouble, setTrouble] = useState<string>();
  return {
    busy,
    errors,
    trouble,
    async run(wrong, act) {
      const seen = Object.fromEntries(Object.entries(wrong).flatMap(([field, text]) => (text ? [[field, text]] : [])));
      setErrors(seen);
      setTrouble(undefined);
      if (Object.keys(seen).length > 0) return;
      setBusy(true);
      try {
        await act();
      } catch (error) {
        if (ended(error)) return;
        const named = error instanceof Problem ? error.fields : {};
        setErrors(named);
        if (!fields.some((field) => named[field])) setTrouble(textOf(error));
      }
      setBusy(false);
    },
  };
}
