/** The demo as a new user starts it: the examples to try of the document that it serves work, and its events are the documented ones. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import test from 'ava';
import { Agent, request } from 'undici';
import { WebSocket } from 'ws';
import { asyncApiDocument, SEED_SERVED } from '../../../gateway/contract/asyncapi.ts';
import { cloudEventSchema, EVENT_DOMAINS, eventType } from '../../../gateway/contract/events.ts';
import { SERVER_FRAMES } from '../../../gateway/contract/frames.ts';
import { allOperations } from '../../../gateway/contract/operations.ts';
import { readEvents } from '../../support/process/events.ts';
import { BRISK, Installation, until } from '../../support/process/index.ts';
import { type Asked, ask, fault, undocumented } from './asking.ts';

const READY_MS = 60_000;

let demo: Installation;
let agent: Agent;
test.before(async () => {
  demo = await Installation.started(undefined, { settings: { ...BRISK, sim: { ...BRISK.sim, meters: true } }, seedMpans: 20, nodes: 1 });
  agent = new Agent({ connect: { ca: readFileSync(demo.program.connect.caFile ?? '') } });
});
test.after.always(async () => {
  await agent?.close();
  await demo?.remove();
});

/** Calls of the demo's supplier, or with one of its tokens. */
function asked(token: string): Asked {
  const { connect } = demo.program;
  return {
    key: connect.demo?.apiKey ?? '',
    token,
    async call(method, path, headers, body) {
      const answer = await request(`${connect.url}${path}`, { method: method as 'GET', headers, dispatcher: agent, ...(body === undefined ? {} : { body }) });
      const type = String(answer.headers['content-type'] ?? '').split(';')[0] ?? '';
      return { status: answer.statusCode, type, headers: answer.headers, text: await answer.body.text() };
    },
  };
}

interface Shown {
  readonly examples?: Readonly<Record<string, { readonly value: unknown }>>;
}
interface Documented {
  readonly parameters?: readonly (Shown & { readonly name: string })[];
  readonly requestBody?: { readonly content: Readonly<Record<string, Shown>> };
}

type Paths = Readonly<Record<string, Readonly<Record<string, Documented | undefined>>>>;

async function servedPaths(): Promise<Paths> {
  const { text } = await asked('').call('GET', '/openapi.json', {});
  return (JSON.parse(text) as { readonly paths: Paths }).paths;
}

test.serial('every example to try of the document that is served works', async (t) => {
  t.timeout(READY_MS);
  const { mtsToken = '', adminToken = '' } = demo.program.connect.demo ?? {};
  const inOrder = [...allOperations].filter(({ examples }) => examples?.try).sort((a, b) => Number(b.id === 'timeUpdate') - Number(a.id === 'timeUpdate'));
  let paths = await servedPaths();
  for (const operation of inOrder) {
    const shown = paths[operation.path.replaceAll(/:([^/]+)/g, '{$1}')]?.[operation.method.toLowerCase()];
    // A single engine has no cluster, and its document none of it.
    if (shown === undefined) continue;
    const parameters = Object.fromEntries(
      (shown.parameters ?? []).flatMap(({ name, examples }) => (examples?.try ? [[name, String(examples.try.value)]] : [])),
    );
    const body = Object.values(shown.requestBody?.content ?? {})[0]?.examples?.try?.value;
    const { guard } = operation;
    const caller = asked(guard.kind === 'token' && guard.scope === 'mts' ? mtsToken : adminToken);
    const told = await ask(caller, operation, { parameters, body: body === undefined ? undefined : JSON.stringify(body) });
    t.is(told.status, operation.examples?.try?.(SEED_SERVED).status ?? 0, `${operation.id}: ${told.text.slice(0, 300)}`);
    t.is(undocumented(operation, told), undefined, operation.id);
    // From now on there is a latest action.
    if (operation.id === 'timeUpdate') paths = await servedPaths();
  }
});

interface Spoken {
  readonly name: string;
  readonly examples: readonly { readonly name: string; readonly payload: Readonly<Record<string, unknown>> }[];
}

test.serial('the frames to try of the document that is served are understood, and what is heard is documented', async (t) => {
  t.timeout(READY_MS);
  const { connect } = demo.program;
  const { text } = await asked('').call('GET', '/asyncapi.json', {});
  const { messages } = (JSON.parse(text) as { readonly components: { readonly messages: Readonly<Record<string, Spoken>> } }).components;
  const socket = new WebSocket(`${connect.url.replace('https:', 'wss:')}/live/v1`, { ca: readFileSync(connect.caFile ?? '') });
  t.teardown(() => socket.terminate());
  const heard: { readonly kind: string }[] = [];
  const closed: number[] = [];
  socket.on('message', (data) => heard.push(JSON.parse(String(data))));
  socket.on('close', (code) => closed.push(code));
  await once(socket, 'open');
  for (const name of ['seed', 'try']) {
    for (const [kind, answer] of [
      ['auth', 'ready'],
      ['subscribe', 'snapshot'],
      ['ping', 'pong'],
      ['unsubscribe', undefined],
    ] as const) {
      if (kind === 'auth' && name === 'try') continue;
      const payload = messages[`live.client.${kind}`]?.examples.find((example) => example.name === name)?.payload;
      const before = heard.length;
      socket.send(JSON.stringify(kind === 'auth' ? { ...payload, key: connect.demo?.apiKey } : payload));
      if (answer) await until(`${kind} is answered`, () => heard.slice(before).some((frame) => frame.kind === answer), READY_MS);
    }
  }
  t.deepEqual(closed, []);
  for (const frame of heard) {
    const schema = SERVER_FRAMES.find(({ kind }) => kind === frame.kind)?.schema;
    t.is(schema && fault(schema, frame), undefined, JSON.stringify(frame));
    t.not(frame.kind, 'error', JSON.stringify(frame));
    t.truthy(schema, frame.kind);
  }
});

test.serial('events of the demo are the documented ones, under the documented subjects', async (t) => {
  t.timeout(READY_MS);
  const known = new Map(EVENT_DOMAINS.flatMap((domain) => domain.messages.map((message) => [eventType(domain, message), { domain, message }] as const)));
  const { channels } = asyncApiDocument({ version: '0', prefix: 'mw', served: SEED_SERVED }) as { channels: Record<string, { address: string }> };
  const { natsUrl = '' } = demo.program.connect;
  const events = await until(
    'an appointment and a meter action have ended',
    async () => {
      const seen = await readEvents(natsUrl, demo.dataDir);
      const types = new Set(seen.map(({ type }) => type));
      return types.has('meterwright.appointment.succeeded.v1') && [...types].some((type) => /meter-action\.(succeeded|cancelled)/.test(type))
        ? seen
        : undefined;
    },
    READY_MS,
  );
  for (const { natsSubject, seq: _seq, ...event } of events) {
    const found = known.get(event.type);
    t.truthy(found, event.type);
    if (!found) continue;
    t.is(fault(cloudEventSchema(found.domain, found.message), event), undefined, JSON.stringify(event));
    const address = channels[found.domain.name]?.address ?? '';
    t.regex(
      natsSubject,
      new RegExp(
        `^${address
          .replaceAll('.', '\\.')
          .replace('{what}', found.message.what)
          .replaceAll(/\{[^}]+\}/g, '[^.]+')}$`,
      ),
    );
  }
  const types = new Set(events.map(({ type }) => type.split('.').slice(1, 3).join('.')));
  // A market as brisk as this one's may send an answer before the one that it follows.
  for (const type of ['created', 'submitted', 'succeeded']) t.true(types.has(`appointment.${type}`), type);
  for (const type of ['mpan.updated', 'meter-action.queued']) t.true(types.has(type), type);
});
