import test from 'ava';
import type { Config } from '../../../ops/config/index.ts';
import { ownPorts } from '../../../ops/node/own-ports.ts';

type Given = Parameters<typeof ownPorts>[0];
const given = (http: Partial<Config['http']>, url: string): Given => ({ http, nats: { url } }) as Given;

test('own ports are those of the settings and of the bus', (t) => {
  t.deepEqual(ownPorts(given({ port: 8443, httpPort: 8080 }, 'nats://user@host:4222'), () => [])(), [8443, 8080, 4222]);
});

test('a port that is any free one counts once it is known', (t) => {
  let listening: readonly (string | undefined)[] = [];
  const ports = ownPorts(given({ port: 0, httpPort: 'auto' }, 'nats://host:4222'), () => listening);
  t.deepEqual(ports(), [4222]);
  listening = ['https://127.0.0.1:9443', undefined];
  t.deepEqual(ports(), [4222, 9443]);
});
