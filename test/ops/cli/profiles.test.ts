import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import test from 'ava';

const root = new URL('../../../', import.meta.url).href;
const SCRIPT = `const { profiles } = await import('${root}ops/cli/commands/profiles.ts');
const { readCall } = await import('${root}ops/cli/command.ts');
process.exitCode = await profiles.run(readCall(profiles, process.argv.slice(1)));`;

async function mwProfiles(...words: readonly string[]): Promise<string> {
  const args = ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', SCRIPT, '--', ...words];
  return (await promisify(execFile)(process.execPath, args)).stdout;
}

test('without a type it lists all of them, a line each', async (t) => {
  const lines = (await mwProfiles()).trim().split('\n');
  t.is(lines.length, 11);
  t.regex(lines[1] ?? '', /^ELSTERA1700 +Elster A1700 +elster +yes +built-in /);
});

test('with a type it lists every value and what it rests on', async (t) => {
  const text = await mwProfiles('emlitecop10');
  t.regex(text, /^emlite\.sundayIs +0 +assumed$/m);
  t.regex(text, /^tcpPort +8080 +public$/m);
});

test('as JSON there is each value with its path', async (t) => {
  const { meterType, values } = JSON.parse(await mwProfiles('ELSTERAS230', '--json')) as { meterType: string; values: { path: string }[] };
  t.is(meterType, 'ELSTERAS230');
  t.deepEqual(
    values.find(({ path }) => path === 'elster.modeCharacter'),
    { path: 'elster.modeCharacter', value: '1', certainty: 'public' } as { path: string },
  );
});

test('a type that is not known is refused with those that are', async (t) => {
  const refused = (await t.throwsAsync(mwProfiles('NOSUCH'))) as Error & { stderr: string };
  t.regex(refused.stderr, /TYPE: must be one of ELSTERA1700, .*, not NOSUCH/);
});
