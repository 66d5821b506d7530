/** The other node of the bench `route`: serves all shards. `owner.ts URL MPANS`; says `ready` and goes on until its input ends. */
import { connect } from 'nats';
import { routedEngine, serveAll } from './engine.ts';

const [url = '', mpans = '0'] = process.argv.slice(2);
const engine = await routedEngine(Number(mpans));
const connection = await connect({ servers: url });
serveAll(engine, { connection, onChange: () => () => {} });
await connection.flush();
process.stdout.write('ready\n');
process.stdin.resume().once('end', () => process.exit(0));
