/** `docs/alerts.md`, generated from the list of codes. */
import { ALERT_GROUPS } from './codes.ts';

/** The whole page as Markdown. */
export function renderAlertsPage(): string {
  const head = [
    '# Alerts',
    '',
    'Generated from `actors/alert/codes.ts`; edit there.',
    '',
    'An alert is one condition of one subject (an actor, or the installation). It is raised once however often the condition is',
    'seen (it counts), may be acknowledged by someone with a note, and is cleared when the condition is gone. Raised again, it',
    'asks for a new acknowledgement. Events leave as `mw.evt.alert.<code>.raised`, `.acknowledged` and `.cleared`.',
    '',
    'Severity: **info** nothing to do; **warning** look at it today; **error** something failed and needs a person;',
    '**critical** the installation itself is in danger.',
  ];
  const groups = ALERT_GROUPS.flatMap(({ title, codes }) => [
    '',
    `## ${title}`,
    '',
    '| code | severity | what it means | what to do |',
    '|---|---|---|---|',
    ...codes.map(({ code, severity, text, remedy }) => `| \`${code}\` | ${severity} | ${cell(text)} | ${cell(remedy)} |`),
  ]);
  return `${[...head, ...groups].join('\n')}\n`;
}

const cell = (text: string): string => text.replaceAll('|', '\\|');
