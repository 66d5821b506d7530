/** A machine's page in Markdown. */
import { allStates, type ChartState, chartOf } from './chart.ts';
import type { DocumentedMachine } from './machines.ts';

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
const code = (names: readonly string[]): string => names.map((name) => `\`${cell(name)}\``).join(' ');
const line = (...cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

const shown = (state: ChartState): string => (state.path === '' ? '(machine)' : state.path);

export function renderTable(documented: DocumentedMachine): string {
  const root = chartOf(documented.machine);
  const states = allStates(root);
  const inner = states.filter((state) => state.path !== '' || state.entry.length > 0 || state.exit.length > 0);
  const rows = states.flatMap((state) => state.rows.map((row) => ({ state, row })));
  return [
    `# ${documented.title}`,
    '',
    `Generated from \`${documented.source}\` by \`npm run docs\`; edit there.`,
    '',
    documented.about,
    '',
    `![States and transitions](${documented.name}.svg)`,
    '',
    '## States',
    '',
    line('State', 'Kind', 'On entry', 'On exit'),
    line('---', '---', '---', '---'),
    ...inner.map((state) => line(`\`${shown(state)}\``, kindText(state), code(state.entry), code(state.exit))),
    '',
    '## Transitions',
    '',
    'Rows of one state and event are tried from top to bottom; a state without a row for an event leaves it to the state around it.',
    '',
    line('State', 'Event', 'Guard', 'Actions', 'Next', 'Source'),
    line('---', '---', '---', '---', '---', '---'),
    ...rows.map(({ state, row }) =>
      line(
        `\`${shown(state)}\``,
        code([row.event]),
        row.guard === '' ? '' : code([row.guard]),
        code(row.actions),
        row.to === null ? 'unchanged' : `\`${row.to}\``,
        cell(row.note),
      ),
    ),
    '',
  ].join('\n');
}

function kindText(state: ChartState): string {
  const kind = state.initial === null ? state.kind : `${state.kind}, starts in \`${state.initial}\``;
  return state.tags.length > 0 ? `${kind}; ${state.tags.join(', ')}` : kind;
}
