/**
 * `npm run -s example`: what happens in the demo, as it happens, by the client module for live sockets. Stop the engine and start it
 * again: it goes on where it was, and would say what it missed.
 */
import { readFileSync } from 'node:fs';
import { LiveClient, watch } from '../../gateway/live/client/index.ts';

const { httpUrl, demo } = JSON.parse(readFileSync(`${process.argv[2] ?? 'data'}/connect.json`, 'utf8'));
const client = new LiveClient({ url: `${httpUrl.replace('http', 'ws')}/live/v1`, token: demo.adminToken, reconnectMaxMs: 2_000 });

for await (const message of watch(client, { all: true })) {
  if (message.kind === 'snapshot' && !message.more) console.log(`what is until ${message.seq} is known; now what happens`);
  if (message.kind === 'event') console.log(message.seq, message.actor, message.type, message.data.status ?? message.data.state ?? '');
  if (message.kind === 'progress') console.log('  ', message.actor, message.stage, `${message.percent} %`);
  if (message.kind === 'gap') console.log(`missed ${message.from} to ${message.to}; what is now follows`);
}
