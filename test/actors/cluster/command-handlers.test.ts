import { isDeepStrictEqual } from 'node:util';
import test from 'ava';
import { Value } from 'typebox/value';
import { AgentDirectory } from '../../../actors/agent/index.ts';
import type { AppointPayload } from '../../../actors/appointment/index.ts';
import {
  answerAt,
  decodeAnswers,
  decodeBatch,
  encodeAnswers,
  encodeBatch,
  encodeCommand,
  encodeFailure,
  encodeReply,
} from '../../../actors/cluster/command-wire.ts';
import { builtinHandlers } from '../../../actors/engine/builtins.ts';
import type { Command } from '../../../actors/engine/definition.ts';
import { Engine, EngineOptionsSchema, Registry } from '../../../actors/engine/index.ts';
import { MeterwrightError } from '../../../actors/errors/error.ts';
import { openMemoryStore, type Store } from '../../../actors/store/index.ts';
import { answersTo } from '../../../ops/bench/world/messages.ts';
import { type Config, ConfigSchema } from '../../../ops/config/schema.ts';
import { defaultsOf } from '../../../ops/config/settings.ts';
import { domainRegistry } from '../../../ops/node/domains.ts';
import { SUPPLIER, seededMpan } from '../../../ops/sim/market/seed.ts';
import { START, TestChannel, testPorts } from '../../support/engine.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { toyDefinition } from '../../support/toy.ts';

/** Commands that never leave the owner of their key. */
const OF_THE_OWNER = ['engine.outcome', 'engine.event', 'engine.reminder', 'engine.late-tell', 'engine.drop'];

const MPAN = seededMpan(0);
const UNKNOWN_MPAN = seededMpan(1);
const REQUEST_ID = '0190f5a0-0000-7000-8000-000000000001';
const APPOINTMENT = `appointment:${REQUEST_ID}` as const;
const HASH = 'ab'.repeat(32);
const target = { meterType: 'ISKRA_MX37X', remoteAddress: '127.0.0.1:9', canonicalAddress: 'tcp:127.0.0.1:9', serialNumber: 'S1' };
const address = target.canonicalAddress;
const reading = { meterAt: START, serverAt: START + 500, offsetSeconds: -1 };
const counter = { clientSystemTitle: 'AB'.repeat(8), keyMark: 'cd'.repeat(16) };
const facts = { gsp_group_id: '_H', distributor_mpid: 'DNOX', distributor_dip_id: '2500000033', market_segment: 'S', connection_type_indicator: 'W' };
const agent = { dipId: '1200000015', mpid: 'MOPX', name: 'Metering Service X', role: 'MSS', effectiveFrom: '2020-04-01' };

const appoint: AppointPayload = {
  requestId: REQUEST_ID,
  mpid: SUPPLIER.mpid,
  supplierDipId: SUPPLIER.dipId,
  mpan: MPAN,
  meteringServiceMpid: 'MOPX',
  effectiveFrom: '2026-03-25',
  effectiveFromText: '2026-03-25T00:00:00+00:00',
  contractReference: null,
  scenario: 'CSP',
  test: false,
  idempotency: { slotName: 'idem:1', bodyHash: 'h' },
};
const [initial] = answersTo(1, MPAN, 'SUR-1', 'C-1', '2026-03-25', START);
const action = {
  requestId: 1,
  immediate: true,
  task: 'time-update',
  target,
  sealedPassword: 'x',
  passwordMark: 'm',
  tokenId: 't',
  owner: 'o',
  requestedAt: START,
  trace: true,
};
const key = { id: 'ab'.repeat(6), hash: HASH, mpids: ['SUPX'], label: 'l', rate: null, createdBy: 'op' };
const token = { id: 'ab'.repeat(8), hash: HASH, scopes: ['mts'], owner: 'o', expiresAt: null, createdBy: 'op' };
const meterKeys = {
  meter: 'serial:1',
  suite: 0,
  sealedKeys: 'abc',
  clientSystemTitle: counter.clientSystemTitle,
  serverSystemTitle: null,
  form: null,
  dedicated: false,
  keyMark: counter.keyMark,
  importedBy: 'op',
};
const tell = {
  key: 'toy:x/1/tell-0',
  actor: 'toy:x',
  routingKey: 'x',
  shard: 0,
  version: 1,
  n: 0,
  channel: 'tell',
  name: 'add',
  createdAt: START,
  data: { to: 'toy:y', key: 'y', event: { type: 'add', amount: 2 } },
};
const password = `scrypt$15$8$3$${'A'.repeat(22)}$${'A'.repeat(43)}`;
const person = { name: 'alex', role: 'operator', password, createdBy: 'op' };
const session = { id: 'ab'.repeat(8), hash: HASH, source: '::1', endsAt: START + 1_000, most: 5 };
const link = { id: 'cd'.repeat(8), hash: 'cd'.repeat(32), operator: 'alex', createdBy: 'op', endsAt: START + 1_000 };
const act = { id: REQUEST_ID, who: 'operator:alex', by: { kind: 'session', id: 'x' }, what: 'POST /ops/v1/keys', subject: null, why: 'because', from: '::1' };
const webhook = { mpid: 'SUPX', by: 'op', url: 'https://hooks.example/a', sealed: 's', rotate: false, rotationMs: 1_000 };
const operator = { actor: APPOINTMENT, by: 'op', reason: 'because' };
const outcome = { about: 'node', code: 'supervisor_escalated', text: 'words' };

/** `[type, key, payload]`, in an order in which most of them find what they speak of. */
const SAMPLES: readonly (readonly [type: string, key: string, payload: unknown])[] = [
  ['agent.import', 'directory', { entries: [agent] }],
  ['agent.import', 'directory', { entries: [agent], published: { sentAt: START, ids: ['T1'] } }],
  ['mpan.import', MPAN, { mpan: MPAN, lines: [{ mpid: SUPPLIER.mpid, supplierDipId: SUPPLIER.dipId, facts }] }],
  ['appoint', MPAN, { ...appoint, meteringServiceMpid: 'NONE' }],
  ['appoint', MPAN, appoint],
  ['appoint', MPAN, appoint],
  ['appoint', MPAN, { ...appoint, requestId: REQUEST_ID.replace(/1$/, '2'), idempotency: null }],
  ['operator.resend', MPAN, operator],
  ['market.inbound', MPAN, { ...initial, suppliers: [SUPPLIER], known: true }],
  ['market.inbound', UNKNOWN_MPAN, { message: { ...initial?.message, mpan: null }, raw: initial?.raw, suppliers: [SUPPLIER], known: true }],
  ['market.status', MPAN, { sur: 'none', code: '1001', text: 'no', transactionId: null }],
  ['operator.cancel', MPAN, operator],
  ['operator.cancel', MPAN, operator],
  ['dtn.flush', 'SUPX', { mpid: 'SUPX' }],
  ['dtn.receipt', 'SUPX', { fileId: '1', outcome: 'acknowledged', text: '' }],
  ['access.createKey', 'directory', key],
  ['access.createKey', 'directory', { ...key, hash: 'no' }],
  ['access.createToken', 'directory', token],
  ['access.touch', 'directory', { at: START, keys: [HASH], tokens: [HASH] }],
  ['access.revokeKey', 'directory', { hash: HASH }],
  ['access.revokeToken', 'directory', { hash: HASH }],
  ['access.revokeToken', 'directory', { hash: 'cd'.repeat(32) }],
  ['identity.addOperator', 'directory', person],
  ['identity.addOperator', 'directory', person],
  ['identity.changeOperator', 'directory', { name: 'alex', role: 'viewer' }],
  ['identity.openSession', 'directory', { ...session, proof: { kind: 'password', operator: 'alex', password } }],
  ['identity.createLink', 'directory', link],
  ['identity.openSession', 'directory', { ...session, hash: 'ef'.repeat(32), proof: { kind: 'link', hash: link.hash } }],
  ['identity.seen', 'directory', { seen: [[HASH, START + 10]] }],
  ['identity.endSessions', 'directory', { hashes: [HASH] }],
  ['identity.removeOperator', 'directory', { name: 'alex' }],
  ['audit.begin', 'directory', act],
  ['audit.end', 'directory', { id: REQUEST_ID, outcome: 'done', status: 201 }],
  ['webhook.set', 'directory', webhook],
  ['webhook.found', 'directory', { mpid: 'SUPX', since: START, failure: { at: START, text: 'no' } }],
  ['webhook.off', 'directory', { mpid: 'SUPX', by: 'op' }],
  ['webhook.off', 'directory', { mpid: 'SUPY', by: 'op' }],
  ['engine.reindex', MPAN, { actor: APPOINTMENT }],
  ['meterKeys.import', 'directory', { entries: [meterKeys] }],
  ['meterKeys.remove', 'directory', { meter: 'serial:1' }],
  ['meterKeys.remove', 'directory', { meter: 'serial:1' }],
  ['meterKeys.reserve', 'counter', { ...counter, count: 10 }],
  ['meterKeys.reserve', 'counter', { ...counter, count: 10, floor: 5_000_000 }],
  ['meterKeys.advance', 'counter', { ...counter, next: 100 }],
  ['action.reserve-ids', 'directory', { count: 10 }],
  ['action.submit', address, action],
  ['action.submit', address, action],
  ['action.submit', address, { ...action, requestId: 2, immediate: false }],
  ['action.window-missed', address, { requestId: 2, window: '2026-03-24' }],
  ['action.release', address, { requestId: 2 }],
  ['action.attempt', address, { requestId: 1, node: 'a' }],
  ['action.progress', address, { requestId: 1, attempt: 1, stage: 'connecting', connectionStartAt: START, before: reading }],
  ['action.intend', address, { requestId: 1, attempt: 1, before: reading }],
  ['action.intend', address, { requestId: 1, attempt: 9, before: reading }],
  ['action.trace', address, { requestId: 1, attempt: 1, text: '> 7E' }],
  ['action.hung-up', address, { target, passwordMark: 'm', session: 's1', most: 2, until: START + 1_000 }],
  ['action.password-taken', address, { target, passwordMark: 'm' }],
  ['action.password-refused', address, { target, passwordMark: 'm', until: START + 1_000 }],
  ['action.cancel', address, { requestId: 1, by: 'op' }],
  ['action.cancel', address, { requestId: 99, by: 'op' }],
  ['action.stop-switch', 'directory', { on: true, by: 'op', reason: 'storm' }],
  ['action.window-swept', 'directory', { window: '2026-03-24' }],
  ['engine.tell', 'y', { effect: tell }],
  ['engine.park', MPAN, operator],
  ['engine.unpark', MPAN, operator],
  ['engine.nudge', MPAN, operator],
  ['engine.redrive', 'y', { id: 'quarantine:none', by: 'op' }],
  ['alert.raise', 'directory', outcome],
  ['alert.acknowledge', 'directory', { id: 'alert:supervisor_escalated:node', by: 'op', note: 'seen' }],
  ['alert.acknowledge', 'directory', { id: 'alert:none', by: 'op', note: 'seen' }],
  ['alert.clear', 'directory', outcome],
];

/** The real domains, and toys to tell things to; with the names of all that they handle. */
function realDomains(store: Store): { readonly registry: Registry; readonly directory: AgentDirectory; readonly types: readonly string[] } {
  const types: string[] = [...builtinHandlers({ reminderRetryMs: 1, handler: () => undefined }).keys()];
  const { handle } = Registry.prototype;
  Registry.prototype.handle = function (type, handler) {
    types.push(type);
    return handle.call(this, type, handler) as Registry;
  };
  try {
    const defaults = defaultsOf(ConfigSchema) as unknown as Config;
    const config = { ...defaults, dip: { environmentTag: 'DEV' as const } };
    const directory = new AgentDirectory(store, { maxAgents: 1_000, pageSize: 500 });
    return { registry: domainRegistry(config, directory).define(toyDefinition()), directory, types };
  } finally {
    Registry.prototype.handle = handle;
  }
}

interface End {
  readonly reply?: unknown;
  readonly error?: object;
}

const failed = (error: unknown): End => {
  if (!(error instanceof MeterwrightError)) throw error;
  const { name, code, message, retry, details } = error;
  return { error: { name, code, message, retry, details } };
};

/** Runs the samples one after the other in a world of its own. */
async function run(through: (engine: Engine, command: Command) => Promise<unknown>): Promise<{ ends: readonly End[]; types: readonly string[] }> {
  const store = openMemoryStore();
  const { registry, directory, types } = realDomains(store);
  const options = Value.Create(EngineOptionsSchema);
  const engine = new Engine({ options, ports: testPorts(new FakeClock(START)), store, registry, channels: [new TestChannel('none')] });
  const ends: End[] = [];
  for (const [index, [type, routingKey, payload]] of SAMPLES.entries()) {
    const command: Command = { key: routingKey, type, payload, origin: 'caller', id: `s${index}` };
    ends.push(await through(engine, command).then((reply) => ({ reply }), failed));
    if (type === 'agent.import') await directory.refresh([agent.dipId]);
  }
  await engine.stop();
  return { ends, types };
}

const direct = (engine: Engine, command: Command): Promise<unknown> => engine.command(command);

async function byWire(engine: Engine, command: Command): Promise<unknown> {
  const batch = decodeBatch(encodeBatch({ from: 'a', shard: 0, shards: 1 }, [encodeCommand(command, false)]));
  if (batch.kind === 'error') throw batch.error;
  const [arrived] = batch.value.commands as [Command];
  const answer = await engine.command(arrived).then(encodeReply, encodeFailure);
  const answers = decodeAnswers(encodeAnswers([answerAt(0, answer)]));
  if (answers.kind === 'refused') throw answers.error;
  const [only] = answers.answers;
  if (only?.error) throw only.error;
  return only?.reply;
}

/** What JSON would not leave as it is. */
function notJson(value: unknown, path: string): string[] {
  if (value === undefined) return [];
  return isDeepStrictEqual(JSON.parse(JSON.stringify(value)), value) ? [] : [path];
}

test('every command of the house has a sample here, unless it never leaves the owner of its key', async (t) => {
  const { types } = await run(direct);
  const sampled = new Set(SAMPLES.map(([type]) => type));
  t.deepEqual(
    types.filter((type) => !sampled.has(type) && !OF_THE_OWNER.includes(type)),
    [],
  );
});

test('payloads and replies of all commands are plain JSON', async (t) => {
  const { ends } = await run(direct);
  const bad = SAMPLES.flatMap(([type, , payload], index) => [...notJson(payload, `${type}: payload`), ...notJson(ends[index]?.reply, `${type}: reply`)]);
  t.deepEqual(bad, []);
});

test('every command ends on another node as it ends here', async (t) => {
  const [here, there] = [await run(direct), await run(byWire)];
  for (const [index, [type]] of SAMPLES.entries()) t.deepEqual(there.ends[index], here.ends[index], type);
});

/** Does something only where something went wrong before. */
const NEVER_WELL = ['engine.redrive'];

test('of every command a sample ends well', async (t) => {
  const { ends } = await run(direct);
  const well = new Set(SAMPLES.flatMap(([type], index) => (ends[index]?.error === undefined ? [type] : [])));
  t.deepEqual(
    SAMPLES.flatMap(([type]) => (well.has(type) || NEVER_WELL.includes(type) ? [] : [type])),
    [],
  );
});
