/** Commands about the installation: backup, config. */
import { resolve } from 'node:path';
import type { CommandSpec } from '../command.ts';
import { print, printJson, table } from '../output.ts';
import { REASON_OPTION, reasonOf } from '../reason.ts';
import { once } from '../upload.ts';

const backup: CommandSpec = {
  name: 'backup',
  about: 'Copies the store of a running engine into an empty folder, consistently.',
  usage: 'DIR [--reason TEXT]',
  options: REASON_OPTION,
  words: [1, 1],
  run: async (call) => {
    const directory = resolve(call.words[0] ?? '');
    for await (const line of call.target.upload('/ops/v1/backup', once(JSON.stringify({ directory, ...reasonOf(call) })), 'application/json')) {
      const answer = JSON.parse(line) as { done?: boolean; error?: string };
      if (answer.error !== undefined) throw new Error(answer.error);
    }
    print(`backup: ${directory}`);
    return 0;
  },
};

/** Shown for what the demo market brings along when it starts: its address, its certificate, the keys made for it. */
const MADE_AT_START = '(made at start)';

const config: CommandSpec = {
  name: 'config',
  about: 'Prints the settings in force, where each came from; secrets are masked.',
  usage: '[--config FILE]',
  options: { config: { type: 'string' } },
  words: [0, 0],
  run: async (call) => {
    // Only here: reading all schemas takes longer than most commands.
    const [{ loadConfig }, { demoLayer, DEMO_ORIGIN }] = await Promise.all([import('../../config/index.ts'), import('../../node/demo.ts')]);
    const flags = ['config', 'data'].flatMap((name) => (typeof call.flags[name] === 'string' ? [`--${name}`, call.flags[name]] : []));
    const effective = loadConfig({ flags, env: process.env, presets: demoLayer() })
      .effectiveConfig()
      .map((setting) => (setting.origin === DEMO_ORIGIN && PLACES.test(setting.path) ? { ...setting, value: MADE_AT_START } : setting));
    if (call.json) printJson(effective);
    else
      print(
        table(
          ['setting', 'value', 'from', 'environment'],
          effective.map((setting) => [setting.path, JSON.stringify(setting.value) ?? '', setting.origin, setting.env]),
        ),
      );
    return 0;
  },
};

/** Settings of the demo that differ from start to start. */
const PLACES = /^(dip\.(baseUrl|caFile|callbackBaseUrl|trustedCertificates|\w+(KeyFile|CertificateFile))|links\.tcp\.allow|lines\.modems)$/;

export const houseCommands: readonly CommandSpec[] = [backup, config];
