import { useEffect, useState } from 'preact/hooks';
import { Button } from './button.tsx';

const SHOWN_MS = 4_000;

/** Copies a text and says whether it did. */
export function CopyButton({ text, onCopied }: { readonly text: string; readonly onCopied?: () => void }) {
  const [said, setSaid] = useState('');
  useEffect(() => {
    if (said === '') return;
    const timer = setTimeout(() => setSaid(''), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [said]);
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text);
      setSaid('Copied');
      onCopied?.();
    } catch {
      setSaid('Not copied: select the text and copy it by hand');
    }
  };
  return (
    <>
      <Button kind="primary" onClick={() => void copy()}>
        {said === 'Copied' ? 'Copied' : 'Copy'}
      </Button>
      <span role="status" class={said.startsWith('Not') ? 'error' : 'visually-hidden'}>
        {said}
      </span>
    </>
  );
}
