/**
 * `join.json` in the data folder of a demo that may become a cluster: the settings of its next nodes, for `npm start -- --config`. It
 * holds passwords, and is for this machine and user alone; an installation of one's own has a configuration of its own.
 */
import { join, resolve } from 'node:path';
import type { Config } from '../config/index.ts';
import { writeWhole } from '../process/index.ts';
import { secretsFolder } from './keep.ts';

const FILE = 'join.json';

/** @returns where it was written */
export function writeJoinFile(config: Config, dataDir: string): string {
  // What belongs to one process stays out: its folder, log and addresses, its simulators, its name.
  const {
    data,
    log: _log,
    http: _http,
    sim: _sim,
    cluster: { node: _node, ...cluster },
    ...shared
  } = config;
  const { dip, dtn, store, lines, actions } = shared;
  const own = ['signingKeyFile', 'signingCertificateFile', 'clientKeyFile', 'clientCertificateFile', 'caFile'] as const;
  const files = Object.fromEntries(own.flatMap((name) => (dip[name] === undefined ? [] : [[name, resolve(dip[name])]])));
  const settings = {
    ...shared,
    sim: { enabled: false },
    data: { secretsDir: resolve(secretsFolder(dataDir, data.secretsDir)) },
    cluster,
    store: { kind: store.kind, mongodb: store.mongodb },
    actions: { ...actions, keyFile: actions.keyFile === null ? null : resolve(actions.keyFile) },
    dip: { ...dip, ...files },
    dtn: {
      ...dtn,
      outDirectory: resolve(dtn.outDirectory),
      stagingDirectory: resolve(dtn.stagingDirectory),
      receiptsDirectory: resolve(dtn.receiptsDirectory),
    },
    // The lines belong to the node that has them; its sessions are reached through it.
    lines: { ...lines, modems: [] },
  };
  const file = join(dataDir, FILE);
  writeWhole(file, `${JSON.stringify(settings, null, 2)}\n`);
  return file;
}
