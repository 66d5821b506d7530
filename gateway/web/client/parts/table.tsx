import type { ComponentChildren } from 'preact';

export interface Column<T> {
  readonly name: string;
  readonly cell: (row: T) => ComponentChildren;
}

export interface TableProps<T> {
  /** For screen readers; the eye has the heading above. */
  readonly caption: string;
  /** The first one names the row. */
  readonly columns: readonly Column<T>[];
  readonly rows: readonly T[];
  readonly idOf: (row: T) => string;
  /** A button of each row; absent: none. */
  readonly act?: ((row: T) => ComponentChildren) | undefined;
}

/** A table that becomes a list of cards where there is no room for columns. */
export function Table<T>({ caption, columns, rows, idOf, act }: TableProps<T>) {
  const [first, ...others] = columns;
  return (
    <table class="table">
      <caption class="visually-hidden">{caption}</caption>
      <thead>
        <tr>
          {columns.map(({ name }) => (
            <th key={name} scope="col">
              {name}
            </th>
          ))}
          {act && (
            <th scope="col">
              <span class="visually-hidden">Act</span>
            </th>
          )}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={idOf(row)}>
            <th scope="row">{first?.cell(row)}</th>
            {others.map(({ name, cell }) => (
              <td key={name} data-label={name}>
                <span>{cell(row)}</span>
              </td>
            ))}
            {act && <td class="act">{act(row)}</td>}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
