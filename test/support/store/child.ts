/**
 * A process with a store, told what to do line by line on stdin, answering line by line on stdout. It can be killed, or run
 * under the preload shim.
 *
 *   commit N        →  committed N KIND | rejected N CODE
 *   get N           →  got N true|false
 *   health          →  health TEXT
 *   load            →  committed N … without end
 */
import { createInterface } from 'node:readline';
import { openStore } from '../../../actors/store/open.ts';
import { appointmentId, commitOne, create, doc, effect } from './documents.ts';
import { LMDB_OPTIONS } from './lmdb.ts';

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : String(error));

process.on('unhandledRejection', (error) => say(`unhandled ${codeOf(error)} ${String(error)}`));

const [directory = ''] = process.argv.slice(2);
try {
  const store = await openStore(LMDB_OPTIONS, { directory });
  const commit = async (n: number): Promise<void> => {
    const made = doc(n, { snapshot: { pad: 'x'.repeat(3_000) }, indexes: { mpid: ['M'] } });
    try {
      say(`committed ${n} ${(await commitOne(store, create(made, { effects: [effect(made, 0)] }))).kind}`);
    } catch (error) {
      say(`rejected ${n} ${codeOf(error)}`);
    }
  };
  const load = async (lane: number): Promise<void> => {
    for (let n = lane; ; n += 4) await commit(n);
  };
  createInterface({ input: process.stdin }).on('line', async (line) => {
    const [verb, argument] = line.split(' ');
    const n = Number(argument);
    if (verb === 'commit') await commit(n);
    else if (verb === 'get') say(`got ${n} ${(await store.get([appointmentId(n)]))[0] !== undefined}`);
    else if (verb === 'health') say(`health ${(await store.health()).text}`);
    else if (verb === 'load') await Promise.all([0, 1, 2, 3].map(load));
  });
  say('open');
} catch (error) {
  say(`refused ${codeOf(error)}`);
  process.exit(0);
}
