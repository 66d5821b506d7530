import { useCallback, useEffect, useRef, useState } from 'preact/hooks';

const EVERY_MS = 5_000;
/** Asking keeps a session alive, and a page that nobody looks at must not. */
const ATTENDED_MS = 5 * 60_000;

export interface Fresh<T> {
  /** Undefined until it has come the first time. */
  readonly value: T | undefined;
  readonly error: unknown;
  /** Asks now. */
  refresh(): Promise<void>;
}

/** A value that is asked for again every few seconds while somebody attends to the page. @param load is the same function at each render */
export function useFresh<T>(load: () => Promise<T>): Fresh<T> {
  const [value, setValue] = useState<T>();
  const [error, setError] = useState<unknown>();
  /** An answer that a later question has overtaken is not shown. */
  const asked = useRef(0);

  const refresh = useCallback(async (): Promise<void> => {
    asked.current += 1;
    const mine = asked.current;
    try {
      const got = await load();
      if (mine !== asked.current) return;
      setValue(() => got);
      setError(undefined);
    } catch (caught) {
      if (mine === asked.current) setError(caught);
    }
  }, [load]);

  useEffect(() => {
    let attendedAt = performance.now();
    const attend = (): void => {
      attendedAt = performance.now();
    };
    const onShow = (): void => {
      if (document.hidden) return;
      attend();
      void refresh();
    };
    const timer = setInterval(() => {
      if (!document.hidden && performance.now() - attendedAt < ATTENDED_MS) void refresh();
    }, EVERY_MS);
    const signs = ['pointermove', 'pointerdown', 'keydown', 'wheel', 'touchstart'] as const;
    for (const sign of signs) addEventListener(sign, attend, { passive: true });
    document.addEventListener('visibilitychange', onShow);
    void refresh();
    return () => {
      asked.current += 1;
      clearInterval(timer);
      for (const sign of signs) removeEventListener(sign, attend);
      document.removeEventListener('visibilitychange', onShow);
    };
  }, [refresh]);

  return { value, error, refresh };
}
