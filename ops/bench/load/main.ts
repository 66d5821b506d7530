/** The load generator as a process: told over the pipe of its parent what to do, and gone with it. */
import { londonDate } from '../../../machines/calendar/index.ts';
import { Connection } from './connection.ts';
import { Generator } from './generator.ts';
import type { FromLoad, ToLoad } from './job.ts';

const tell = (message: FromLoad): void => {
  process.send?.(message);
};

let generator: Generator | undefined;
let connections: Connection[] = [];

async function take(message: ToLoad): Promise<void> {
  switch (message.type) {
    case 'job': {
      const { job } = message;
      connections = await Promise.all(Array.from({ length: job.connections }, () => Connection.open(job.port)));
      generator = new Generator(job, londonDate(Date.now()));
      return tell({ type: 'ready' });
    }
    case 'allow':
      return generator?.allow(message.count);
    case 'start': {
      if (!generator) return;
      const result = await generator.run(connections);
      for (const connection of connections) connection.close();
      tell({ type: 'result', result });
      process.disconnect();
    }
  }
}

process.on('disconnect', () => process.exit(0));
process.on('message', (message: ToLoad) => {
  take(message).catch((error: unknown) => {
    process.stderr.write(`load generator: ${String(error)}\n`);
    process.exit(1);
  });
});
