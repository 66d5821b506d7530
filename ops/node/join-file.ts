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
  const { dip, dtn, nats, store, links, lines, session } = config;
  const own = ['signingKeyFile', 'signingCertificateFile', 'clientKeyFile', 'clientCertificateFile', 'caFile'] as const;
  const files = Object.fromEntries(own.flatMap((name) => (dip[name] === undefined ? [] : [[name, resolve(dip[name])]])));
  const settings = {
    sim: { enabled: false },
    data: { secretsDir: resolve(secretsFolder(dataDir, config.data.secretsDir)) },
    cluster: { mode: config.cluster.mode, leaseMs: config.cluster.leaseMs },
    store: { kind: store.kind, mongodb: store.mongodb },
    nats,
    dip: { ...dip, ...files },
    dtn: {
      ...dtn,
      outDirectory: resolve(dtn.outDirectory),
      stagingDirectory: resolve(dtn.stagingDirectory),
      receiptsDirectory: resolve(dtn.receiptsDirectory),
    },
    // The lines belong to the node that has them; its sessions are reached through it.
    links,
    lines: { ...lines, modems: [] },
    session,
  };
  const file = join(dataDir, FILE);
  writeWhole(file, `${JSON.stringify(settings, null, 2)}\n`);
  return file;
}
