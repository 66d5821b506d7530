import test from 'ava';
import { helpOf, optionalInteger, readCall, UsageError } from '../../../ops/cli/command.ts';
import { commands } from '../../../ops/cli/commands/index.ts';
import { instant, printable, table } from '../../../ops/cli/output.ts';
import { wordsOf } from '../../../ops/cli/target.ts';

for (const spec of commands) {
  test(`${spec.name} --help is answered without words, and tells usage and purpose`, (t) => {
    t.true(readCall(spec, ['--help']).help);
    const help = helpOf(spec);
    t.true(help.startsWith(`usage: mw ${spec.name} `));
    t.true(help.includes(spec.about));
    for (const name of Object.keys(spec.options ?? {})) if (name !== 'help') t.true(help.includes(`--${name}`), `--${name} is in the help`);
  });

  test(`${spec.name} refuses an unknown flag and too many words`, (t) => {
    t.throws(() => readCall(spec, ['--no-such-flag']), { instanceOf: UsageError, message: /--no-such-flag/ });
    t.throws(
      () =>
        readCall(
          spec,
          Array.from({ length: spec.words[1] + 1 }, () => 'word'),
        ),
      { instanceOf: UsageError, message: /takes/ },
    );
  });
}

test('commands have names of their own', (t) => {
  t.is(new Set(commands.map((spec) => spec.name)).size, commands.length);
});

test('control, format and line characters of foreign text are escaped, letters of any script are not', (t) => {
  t.is(printable('a\u0000\u001b[2J\r\n\t\u007f\u0085\u202e\u2028z'), 'a\\u0000\\u001b[2J\\u000d\\u000a\\u0009\\u007f\\u0085\\u202e\\u2028z');
  t.is(printable('Ærøskøbing 株式会社 😀'), 'Ærøskøbing 株式会社 😀');
});

test('columns of a table are as wide as their widest cell, and nothing trails', (t) => {
  t.is(
    table(
      ['a', 'long head'],
      [
        ['wider', null],
        [1, 'x'],
      ],
    ),
    'a      long head\nwider\n1      x',
  );
});

test('instants are shown to the second, and an absent one as nothing', (t) => {
  t.is(instant(Date.UTC(2026, 2, 24, 10, 35, 0, 999)), '2026-03-24T10:35:00Z');
  t.is(instant(null), '');
});

test('a whole number outside its bounds is refused by name, bounds and value', (t) => {
  for (const text of ['0', '11', '1.5', 'ten', '']) {
    t.throws(() => optionalInteger({ flags: { parallel: text } }, 'parallel', 1, 10), { message: `--parallel: a whole number from 1 to 10, not ${text}` });
  }
  t.is(optionalInteger({ flags: { parallel: '10' } }, 'parallel', 1, 10), 10);
  t.is(optionalInteger({ flags: {} }, 'parallel', 1, 10), undefined);
});

test('the server’s words are found in each shape of error body', (t) => {
  const answer = (json: unknown, text = '') => ({ status: 400, headers: {}, text, json });
  t.is(wordsOf(answer({ detail: 'An active process exists' })), 'An active process exists');
  t.is(wordsOf(answer({ detail: [{ loc: ['body', 'effective_from'], msg: 'must be midnight' }] })), 'body.effective_from: must be midnight');
  t.is(wordsOf(answer({ title: 'Not found' })), 'Not found');
  t.is(wordsOf(answer(undefined, 'plain')), 'plain');
});
