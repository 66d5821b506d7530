/** Everything that `npm run docs` writes: path within the project, and text. */
import { renderAlertsPage } from '../../actors/alert/index.ts';
import { renderErrorsPage } from '../../actors/errors/page.ts';
import { chartOf } from './chart.ts';
import { documentedMachines } from './machines.ts';
import { renderSvg } from './svg.ts';
import { renderTable } from './table.ts';

export interface Page {
  readonly path: string;
  readonly text: string;
}

function index(): string {
  const lines = documentedMachines().map(({ name, title, about }) => `- [${title}](${name}.md): ${about}`);
  return ['# Machines', '', 'Every statechart, generated from its source by `npm run docs`.', '', ...lines, ''].join('\n');
}

/** Pages of the machines. */
export function machinePages(): readonly Page[] {
  const pages = documentedMachines().flatMap((documented): Page[] => [
    { path: `docs/machines/${documented.name}.md`, text: renderTable(documented) },
    { path: `docs/machines/${documented.name}.svg`, text: renderSvg(chartOf(documented.machine), documented.title) },
  ]);
  return [{ path: 'docs/machines/README.md', text: index() }, ...pages];
}

export function allPages(): readonly Page[] {
  return [...machinePages(), { path: 'docs/alerts.md', text: renderAlertsPage() }, { path: 'docs/errors.md', text: renderErrorsPage() }];
}
