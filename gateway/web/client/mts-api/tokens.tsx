import type { Session } from '../parts/session.ts';
import type { Column } from '../parts/table.tsx';
import { When } from '../parts/when.tsx';
import { CreateToken } from './create-token.tsx';
import { deleteToken, listTokens, SCOPE_NAMES, type Token } from './records.ts';
import { Section } from './section.tsx';

const COLUMNS: readonly Column<Token>[] = [
  {
    name: 'Name',
    cell: ({ id, name }) => (
      <>
        {name}
        <span class="id">mwt_{id}_…</span>
      </>
    ),
  },
  { name: 'Owner', cell: ({ owner }) => owner },
  {
    name: 'Scope',
    cell: ({ scopes }) => (
      <span class="tags">
        {scopes.map((scope) => (
          <span key={scope} class="tag">
            {SCOPE_NAMES[scope]}
          </span>
        ))}
      </span>
    ),
  },
  { name: 'Made', cell: ({ createdAt }) => <When at={createdAt} as="day" /> },
  { name: 'Valid until', cell: ({ expiresAt }) => <ValidUntil expiresAt={expiresAt} /> },
  { name: 'Last use', cell: ({ lastUseAt }) => (lastUseAt === null ? <span class="muted">never</span> : <When at={lastUseAt} as="ago" />) },
];

function ValidUntil({ expiresAt }: { readonly expiresAt: number | null }) {
  if (expiresAt === null) return <span class="tag good">until deleted</span>;
  if (expiresAt <= Date.now()) {
    return (
      <>
        <span class="tag late">expired</span> <When at={expiresAt} as="day" />
      </>
    );
  }
  return <When at={expiresAt} />;
}

export interface CredentialsProps {
  readonly session: Session;
  readonly mayChange: boolean;
}

export function Tokens({ session, mayChange }: CredentialsProps) {
  return (
    <Section
      title="Tokens"
      text="For programs that call the MTS Actions API. A token opens what its scope names, until its validity ends or it is deleted."
      what="token"
      create="Create new token"
      session={session}
      mayChange={mayChange}
      columns={COLUMNS}
      list={listTokens}
      idOf={({ id }) => id}
      nameOf={({ id, name }) => name || `mwt_${id}_…`}
      remove={deleteToken}
      dialog={(dialog) => <CreateToken {...dialog} ended={session.ended} />}
    />
  );
}
