/** `docs/errors.md`, generated from the list of codes. */
import { DETAIL_TYPES, ERROR_GROUPS } from './codes.ts';

/** The whole page as Markdown. */
export function renderErrorsPage(): string {
  const head = [
    '# Errors',
    '',
    'Generated from `actors/errors/codes.ts`; edit there.',
    '',
    "The supplier API answers a refusal with `detail`: a text, or for 422 a list of `{loc, msg, type}`. The operator's API answers",
    'with an RFC 9457 problem whose `code` is one of those below; the command line and the log show the same codes. A refused',
    'request changes nothing. 503 always carries `Retry-After`. Errors of the codecs are values, `{code, offset, rule, got}`, and are',
    'printed by `mw decode`; see [codecs](codecs.md).',
    '',
    '## Types of `detail` entries',
    '',
    '| type | what it means |',
    '|---|---|',
    ...DETAIL_TYPES.map(({ type, text }) => `| \`${type}\` | ${cell(text)} |`),
  ];
  const groups = ERROR_GROUPS.flatMap(({ title, codes }) => [
    '',
    `## ${title}`,
    '',
    '| code | HTTP | what it means | what to do |',
    '|---|---|---|---|',
    ...codes.map(({ code, status, text, remedy }) => `| \`${code}\` | ${status ?? ''} | ${cell(text)} | ${cell(remedy)} |`),
  ]);
  return `${[...head, ...groups].join('\n')}\n`;
}

const cell = (text: string): string => text.replaceAll('|', '\\|');
