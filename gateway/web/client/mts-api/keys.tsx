import type { Column } from '../parts/table.tsx';
import { When } from '../parts/when.tsx';
import { CreateKey } from './create-key.tsx';
import { type ApiKey, deleteKey, listKeys } from './records.ts';
import { Section } from './section.tsx';
import type { CredentialsProps } from './tokens.tsx';

const COLUMNS: readonly Column<ApiKey>[] = [
  {
    name: 'Label',
    cell: ({ id, label }) => (
      <>
        {label}
        <span class="id">{id}</span>
      </>
    ),
  },
  { name: 'MPIDs', cell: ({ mpids }) => mpids.join(', ') },
  { name: 'Rate', cell: ({ rate }) => (rate === null ? <span class="muted">as configured</span> : `${rate.perSecond.toLocaleString('en-GB')} a second`) },
  { name: 'Made', cell: ({ createdAt }) => <When at={createdAt} as="day" /> },
  { name: 'Last use', cell: ({ lastUseAt }) => (lastUseAt === null ? <span class="muted">never</span> : <When at={lastUseAt} as="ago" />) },
];

export function Keys({ session, mayChange }: CredentialsProps) {
  return (
    <Section
      title="Supplier API keys"
      text="For a supplier's own systems. A key opens the records of its MPIDs, and is good until it is deleted."
      what="key"
      create="Create new key"
      session={session}
      mayChange={mayChange}
      columns={COLUMNS}
      list={listKeys}
      idOf={({ id }) => id}
      nameOf={({ id, label }) => label || id}
      remove={deleteKey}
      dialog={(dialog) => <CreateKey {...dialog} ended={session.ended} />}
    />
  );
}
