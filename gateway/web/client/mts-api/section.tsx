import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { Button } from '../parts/button.tsx';
import { useFresh } from '../parts/fresh.ts';
import { textOf } from '../parts/problem.ts';
import type { Session } from '../parts/session.ts';
import { type Status, StatusLine } from '../parts/status-line.tsx';
import { type Column, Table } from '../parts/table.tsx';
import { ConfirmDelete } from './confirm-delete.tsx';

export interface SectionProps<T> {
  readonly title: string;
  readonly text: string;
  /** What one of the list is: `token`. */
  readonly what: string;
  readonly create: string;
  readonly session: Session;
  readonly mayChange: boolean;
  readonly columns: readonly Column<T>[];
  readonly list: () => Promise<readonly T[]>;
  readonly idOf: (row: T) => string;
  readonly nameOf: (row: T) => string;
  readonly remove: (id: string) => Promise<unknown>;
  readonly dialog: (dialog: { readonly onMade: () => void; readonly onClose: () => void }) => ComponentChildren;
}

type Open<T> = { readonly kind: 'create' } | { readonly kind: 'delete'; readonly row: T };

/** One kind of credential: its list, kept fresh, a button that makes one, and in each row one that deletes it. */
export function Section<T>(props: SectionProps<T>) {
  const { title, text, what, create, session, mayChange, columns, idOf, nameOf, remove } = props;
  const [open, setOpen] = useState<Open<T>>();
  const [status, setStatus] = useState<Status>();
  const { value, error, refresh } = useFresh(props.list);
  /** What was deleted here is shown no more, whatever list is still on its way. */
  const [gone, setGone] = useState<ReadonlySet<string>>(new Set());
  const rows = value?.filter((row) => !gone.has(idOf(row)));
  const heading = useRef<HTMLHeadingElement>(null);
  const id = useId();

  useEffect(() => {
    if (error !== undefined) session.ended(error);
  }, [error, session.ended]);

  const close = (): void => setOpen(undefined);
  const removed = async (row: T): Promise<void> => {
    await remove(idOf(row));
    setGone((before) => new Set([...before, idOf(row)]));
    close();
    setStatus({ kind: 'done', text: `Deleted: ${nameOf(row)}` });
    await refresh();
    // The button that had the focus is gone with its row.
    heading.current?.focus();
  };
  const shown: Status | undefined = error === undefined ? status : { kind: 'trouble', text: `${textOf(error)} What is shown may be old; trying again.` };

  return (
    <section class="section" aria-labelledby={id}>
      <div class="section-head">
        <div>
          <h2 id={id} ref={heading} tabIndex={-1}>
            {title}
          </h2>
          <p>{text}</p>
        </div>
        {mayChange && (
          <Button kind="primary" onClick={() => setOpen({ kind: 'create' })}>
            {create}
          </Button>
        )}
      </div>
      <StatusLine status={shown} />
      {rows === undefined && error === undefined && <p class="empty">Loading…</p>}
      {rows?.length === 0 && <p class="empty">There is no {what} yet.</p>}
      {rows !== undefined && rows.length > 0 && (
        <Table
          caption={title}
          columns={columns}
          rows={rows}
          idOf={idOf}
          act={
            mayChange
              ? (row) => (
                  <Button kind="quiet danger" label={`Delete ${nameOf(row)}`} onClick={() => setOpen({ kind: 'delete', row })}>
                    Delete
                  </Button>
                )
              : undefined
          }
        />
      )}
      {open?.kind === 'create' &&
        props.dialog({
          onMade: () => {
            setStatus({ kind: 'done', text: `A new ${what} was created` });
            void refresh();
          },
          onClose: close,
        })}
      {open?.kind === 'delete' && (
        <ConfirmDelete what={what} name={nameOf(open.row)} onDelete={() => removed(open.row)} onClose={close} ended={session.ended} />
      )}
    </section>
  );
}
