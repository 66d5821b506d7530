/** `mw profiles`: the meter types and what each of their values rests on. */
import { type CatalogueEntry, createProfileCatalogue, type ProfilesOptions } from '../../../actors/profile/index.ts';
import { type CommandCall, type CommandSpec, UsageError } from '../command.ts';
import { print, printJson, table } from '../output.ts';

export const profiles: CommandSpec = {
  name: 'profiles',
  about: 'Lists the meter types; of one of them every value, with what it rests on.',
  usage: '[TYPE] [--config FILE]',
  help: `TYPE: a meter type, such as ELSTERA1700.
What a value rests on: seed (the API's own document), public (published sources), standard, assumed, ours (a decision
of this project), configured (section profiles of the configuration).`,
  options: { config: { type: 'string' } },
  words: [0, 1],
  run: async (call) => {
    const { entries } = createProfileCatalogue(await configured(call));
    const [meterType] = call.words;
    if (meterType === undefined) listTypes(entries, call.json);
    else listValues(entries, meterType, call.json);
    return 0;
  },
};

/** The section of the configuration; without a file the environment alone. */
async function configured(call: CommandCall): Promise<ProfilesOptions | undefined> {
  // Only here: reading all schemas takes longer than most commands.
  const { loadConfig } = await import('../../config/index.ts');
  const { demoLayer } = await import('../../node/demo.ts');
  const flags = ['config', 'data'].flatMap((name) => (typeof call.flags[name] === 'string' ? [`--${name}`, call.flags[name]] : []));
  const { config } = loadConfig({ flags, env: process.env, presets: demoLayer() });
  return (config as { readonly profiles?: ProfilesOptions }).profiles;
}

function listTypes(entries: readonly CatalogueEntry[], json: boolean): void {
  if (json) {
    printJson(entries.map(({ profile, origin }) => ({ ...profile, origin })));
    return;
  }
  const head = ['type', 'meter', 'dialogue', 'time-update', 'origin', 'assumed values'];
  const rows = entries.map(({ profile, origin, values }) => {
    const assumed = values.filter(({ certainty }) => certainty === 'assumed').length;
    return [profile.meterType, profile.title, profile.dialogue, profile.timeUpdate ? 'yes' : 'no', origin, `${assumed} of ${values.length}`];
  });
  print(table(head, rows));
}

function listValues(entries: readonly CatalogueEntry[], meterType: string, json: boolean): void {
  const entry = entries.find(({ profile }) => profile.meterType === meterType.toUpperCase());
  if (entry === undefined) throw new UsageError(`TYPE: must be one of ${entries.map(({ profile }) => profile.meterType).join(', ')}, not ${meterType}`);
  if (json) {
    printJson({ meterType: entry.profile.meterType, origin: entry.origin, values: entry.values });
    return;
  }
  print(
    table(
      ['value of', 'value', 'rests on'],
      entry.values.map(({ path, value, certainty }) => [path, JSON.stringify(value), certainty]),
    ),
  );
}
