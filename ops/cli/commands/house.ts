/** Commands about the installation: backup, config. */
import { resolve } from 'node:path';
import { loadConfig } from '../../config/index.ts';
import type { CommandSpec } from '../command.ts';
import { print, printable, printJson, table } from '../output.ts';

const backup: CommandSpec = {
  name: 'backup',
  about: 'Copies the store of a running engine into an empty folder, consistently.',
  usage: 'DIR',
  words: [1, 1],
  run: async (call) => {
    const directory = resolve(call.words[0] ?? '');
    for await (const line of call.target.upload('/ops/v1/backup', once(JSON.stringify({ directory })), 'application/json')) {
      const answer = JSON.parse(line) as { done?: boolean; error?: string };
      if (answer.error !== undefined) throw new Error(answer.error);
    }
    print(`backup: ${directory}`);
    return 0;
  },
};

async function* once(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

const config: CommandSpec = {
  name: 'config',
  about: 'Prints the settings in force, where each came from; secrets are masked.',
  usage: '[--config FILE]',
  options: { config: { type: 'string' } },
  words: [0, 0],
  run: async (call) => {
    const file = call.flags.config;
    const effective = loadConfig({ flags: typeof file === 'string' ? ['--config', file] : [], env: process.env }).effectiveConfig();
    if (call.json) printJson(effective);
    else
      print(
        table(
          ['setting', 'value', 'from', 'environment'],
          effective.map((setting) => [setting.path, printable(JSON.stringify(setting.value) ?? ''), setting.origin, setting.env]),
        ),
      );
    return 0;
  },
};

export const houseCommands: readonly CommandSpec[] = [backup, config];
