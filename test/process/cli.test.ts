/** The command line against the real engine: what it prints, and its exit codes. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { seededMpan } from '../../ops/sim/market/seed.ts';
import { BRISK, day, type Ended, Installation, onOneEngine, run, until } from '../support/process/index.ts';

let installation: Installation;
let folder: string;
test.before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mw-cli-'));
  // A silent market: what is to be looked at stays Pending.
  const silent = { match: { scenario: 'SEG' }, initial: 'silent' };
  installation = await Installation.started(undefined, { settings: { ...BRISK, sim: { ...BRISK.sim, rules: [silent] } } });
});
test.after.always(async () => {
  await installation.remove();
  rmSync(folder, { recursive: true, force: true });
});

const mw = (...args: readonly string[]): Promise<Ended> => installation.mw(...args);

async function good(t: ExecutionContext, ...args: readonly string[]): Promise<string> {
  const ended = await mw(...args);
  t.is(ended.code, 0, `mw ${args.join(' ')}: ${ended.stderr}`);
  return ended.stdout;
}

const one = (mpan: string, scenario = 'CSP'): string[] => ['appoint', '--mpan', mpan, '--service', 'MOPX', '--from', day(7), '--scenario', scenario];
const file = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

test('appoint prints the request id; requests and why tell what became of it', async (t) => {
  const mpan = seededMpan(0);
  const id = (await good(t, ...one(mpan))).trim();
  t.regex(id, /^[0-9a-f-]{36}$/);
  t.is((await installation.supplier.ended(id)).metadata.request_status, 'Success');
  t.regex(await good(t, 'requests', '--mpan', mpan), new RegExp(`${id}.*${mpan}.*Success`));
  const listed = JSON.parse(await good(t, 'requests', '--request', id, '--json')) as { metadata: { request_id: string } }[];
  t.deepEqual(
    listed.map((entry) => entry.metadata.request_id),
    [id],
  );
  const why = await good(t, 'why', id);
  t.regex(why, new RegExp(`appointment:${id} +SUCCESS`));
  t.regex(why, /owed to the outside\n {2}nothing/);
  t.regex(why, /market\.if036/);
  const json = JSON.parse(await good(t, 'why', `mpan:SUPX:${mpan}`, '--json')) as { actor: string };
  t.is(json.actor, `mpan:SUPX:${mpan}`);
});

test('appoint refuses with the server’s words and exit 1', async (t) => {
  const far = await mw('appoint', '--mpan', seededMpan(1), '--service', 'MOPX', '--from', day(28), '--scenario', 'CSP');
  t.is(far.code, 1);
  t.regex(far.stderr, /422 .*effective_from/);
  t.is(far.stdout, '');
});

test('appoint --file sends every line once, names the unreadable one, and may be sent again', async (t) => {
  const line = (index: number): string =>
    JSON.stringify({
      mpan_core: Number(seededMpan(index)),
      metering_service_mpid: 'MOPX',
      effective_from: `${day(7)}T00:00:00+00:00`,
      appointment_scenario: 'CSP',
    });
  const path = file('many.jsonl', `${line(10)}\nnot json\n${line(11)}\n${line(12)}\n`);
  const refused = join(folder, 'refused.jsonl');
  const first = await mw('appoint', '--file', path, '--json', '--refused', refused);
  t.is(first.code, 1, 'a line could not be read');
  t.like(JSON.parse(first.stdout), { accepted: 3, refused: {}, notSent: 0 });
  t.like(JSON.parse(readFileSync(refused, 'utf8')), { line: 2 });
  const good3 = file('many-good.jsonl', `${line(10)}\n${line(11)}\n${line(12)}\n`);
  t.like(JSON.parse(await good(t, 'appoint', '--file', good3, '--json')), { accepted: 3 });
  for (const index of [10, 11, 12]) t.is((await installation.supplier.requests({ mpan_id: seededMpan(index) })).length, 1);
});

test('appoint --file reads CSV, and --refused says which line the engine refused and why', async (t) => {
  const path = file(
    'many.csv',
    `mpan_core,metering_service_mpid,effective_from,contract_reference,appointment_scenario\n${seededMpan(13)},MOPX,${day(7)}T00:00:00+00:00,,CSP\n${seededMpan(14)},NOPE,${day(7)}T00:00:00+00:00,,CSP\n`,
  );
  const refused = join(folder, 'refused-csv.jsonl');
  const ended = await mw('appoint', '--file', path, '--refused', refused);
  t.is(ended.code, 1);
  t.regex(ended.stdout, /accepted +1\n422 +1/);
  t.like(JSON.parse(readFileSync(refused, 'utf8')), { line: 3, status: 422 });
});

test('a process is nudged, parked, unparked and cancelled, each with a reason', async (t) => {
  const { supplier, operator } = installation;
  const id = (await good(t, ...one(seededMpan(20), 'SEG'))).trim();
  await until('the market took it', async () => (await operator.why(id)).state === 'AWAIT_INITIAL');
  t.regex(await good(t, 'nudge', id, '--reason', 'the line is mended'), /nudge: done/);
  t.is((await mw('park', id)).code, 2, 'a reason must be given');
  t.regex(await good(t, 'park', id, '--reason', 'to look at it'), /park: done/);
  t.regex(await good(t, 'why', id), /PARKED since .* by local: to look at it/);
  t.regex((await mw('nudge', id, '--reason', 'in vain')).stderr, /parked/);
  t.regex(await good(t, 'unpark', id, '--reason', 'seen enough'), /unpark: done/);
  t.notRegex(await good(t, 'why', id), /PARKED/);
  t.regex(await good(t, 'cancel', id, '--reason', 'not wanted'), /cancel: done/);
  t.is((await supplier.ended(id)).metadata.request_status, 'Failed');
  t.is((await operator.why(id)).reason, 'operator_cancelled');
});

test('a key is made, works, is listed without its secret, and no longer works once revoked', async (t) => {
  const key = (await good(t, 'key', 'add', 'SUPX', '--label', 'night shift', '--rate', '1000')).trim();
  t.is((await mw('requests', '--key', key)).code, 0);
  const items = JSON.parse(await good(t, 'key', 'list', '--json')) as { id: string; label: string }[];
  const item = items.find(({ label }) => label === 'night shift');
  t.truthy(item);
  const listed = await good(t, 'key', 'list');
  t.regex(listed, /night shift/);
  t.false(listed.includes(key));
  t.regex(await good(t, 'key', 'revoke', item?.id ?? ''), /revoked/);
  const refused = await mw('requests', '--key', key);
  t.is(refused.code, 1);
  t.regex(refused.stderr, /401/);
});

test('mpans import applies the good lines and names the bad one by number and rule', async (t) => {
  const mpan = seededMpan(5_000);
  const facts = { gsp_group_id: '_H', distributor_mpid: 'DNOX', distributor_dip_id: '2500000033' };
  const path = file('mpans.jsonl', `${JSON.stringify({ mpan_core: Number(mpan), ...facts })}\n${JSON.stringify({ mpan_core: 12, ...facts })}\n{"broken\n`);
  const ended = await mw('mpans', 'import', path);
  t.is(ended.code, 1);
  t.regex(ended.stdout, /imported 1, refused 2/);
  t.regex(ended.stderr, /line 2: mpan_core: /);
  t.regex(ended.stderr, /line 3: /);
  t.is((await installation.supplier.mpan(mpan)).gsp_group_id, '_H');
  const json = await mw('mpans', 'import', path, '--json');
  t.is((JSON.parse(json.stdout) as { refused: { line: number }[] }).refused.length, 2);
});

test('agents import takes CSV', async (t) => {
  const path = file('agents.csv', 'dip_id,mpid,name,role,effective_from\n1200000099,MOPW,Metering Service W,MSS,2020-04-01\n');
  t.regex(await good(t, 'agents', 'import', path, '--reason', 'a new agent'), /imported 1, refused 0/);
  const { json: audit } = await installation.operator.get<{ items: readonly { what: string; why: string | null }[] }>('/ops/v1/audit?limit=500');
  t.deepEqual(
    audit.items.filter(({ why }) => why === 'a new agent').map(({ what }) => what),
    ['POST /ops/v1/imports/agents'],
  );
  const found = await installation.supplier.get<readonly { mpid: string }[]>('/agents/v1', { dip_id: '1200000099' });
  t.is(found.json[0]?.mpid, 'MOPW');
});

test('alerts lists what is raised, and takes note of one', async (t) => {
  const { supplier, market } = installation;
  const mpan = seededMpan(30);
  await market.rules([{ match: { mpan }, sequential: true, outcome: [{ code: 'W', text: 'look \u001b[2J\u202e here' }, { code: 'A' }] }]);
  const id = await supplier.appoint(mpan);
  await supplier.ended(id);
  type Alert = { alert: string; code: string; about: string };
  const mine = async (): Promise<Alert | undefined> =>
    (JSON.parse(await good(t, 'alerts', '--json', '--about', `appointment:${id}`)) as Alert[]).find((alert) => alert.code === 'outcome_unclear');
  const alert = await until('the alert is raised', mine);
  t.regex(await good(t, 'alerts'), new RegExp(alert.alert));
  t.regex(await good(t, 'alerts', alert.alert, '--acknowledge', '--note', 'seen'), /acknowledged/);
  t.regex(await good(t, 'alerts', '--state', 'acknowledged'), new RegExp(alert.alert));
});

test('quarantine is empty, and redriving what is not there fails', async (t) => {
  t.deepEqual(JSON.parse(await good(t, 'quarantine', '--json')), []);
  const ended = await mw('redrive', 'quarantine:none', '--reason', 'try');
  t.is(ended.code, 1);
  t.regex(ended.stderr, /404/);
});

test('config prints every setting with its origin, and no secret', async (t) => {
  const path = file('some.json', JSON.stringify({ nats: { password: 'hidden-word' }, dip: { apiKey: 'hidden-too' } }));
  const text = await good(t, 'config', '--config', path);
  t.regex(text, /http\.port +8443 +default +MW_HTTP_PORT/);
  t.false(text.includes('hidden'));
  t.regex(text, /dip\.baseUrl +"\(made at start\)" +the demo market/);
  const items = JSON.parse(await good(t, 'config', '--json')) as { path: string }[];
  t.true(items.some((item) => item.path === 'appointment.timers.sendFailMs'));
});

test('control characters of foreign text are printed escaped', async (t) => {
  const { supplier, market } = installation;
  const mpan = seededMpan(31);
  await market.rules([{ match: { mpan }, initial: { code: 'R', messages: ['REG1021 - \u001b[31mred\u0007'] } }]);
  const id = await supplier.appoint(mpan);
  t.is((await supplier.ended(id)).metadata.request_status, 'Failed');
  const refused = await mw('no\u001b[31msuch');
  t.is(refused.code, 2);
  for (const text of [await good(t, 'why', id), await good(t, 'alerts'), await good(t, 'requests', '--mpan', mpan), refused.stderr])
    t.notRegex(text, /(?!\n)\p{Cc}|\u202e/u);
  t.true(refused.stderr.includes('no\\u001b[31msuch'));
});

test('wrong usage is exit 2 and says what is wrong; --help is exit 0', async (t) => {
  const wrong: [string[], RegExp][] = [
    [['nonsense'], /nonsense: no such command/],
    [['appoint'], /--mpan: must be given/],
    [['key', 'add', 'SUPX', '--rate', 'fast'], /--rate/],
    [['appoint', '--file', 'x', '--parallel', '0'], /--parallel/],
  ];
  for (const [args, words] of wrong) {
    const ended = await mw(...args);
    t.is(ended.code, 2, args.join(' '));
    t.regex(ended.stderr, words);
  }
  const help = await run('ops/cli/main.ts', ['why', '--help']).ended;
  t.is(help.code, 0);
  t.regex(help.stdout, /^usage: mw why ACTOR/);
  t.is((await run('ops/cli/main.ts', []).ended).code, 2);
});

onOneEngine(test, 'a shared store is backed up with tools of its own')(
  'a backup made while the engine runs is a data folder that an engine starts from, with its keys',
  async (t) => {
    const { supplier } = installation;
    const id = await supplier.appoint(seededMpan(40));
    await supplier.ended(id);
    const copy = new Installation();
    t.teardown(() => copy.remove());
    const target = join(folder, 'backup');
    t.regex(await good(t, 'backup', target), /backup: /);
    cpSync(target, copy.dataDir, { recursive: true });
    await copy.start();
    const key = installation.program.connect.demo?.apiKey ?? '';
    t.is(copy.program.connect.demo?.apiKey, key);
    const why = await copy.operator.why(id);
    t.is(why.state, 'SUCCESS');
    const again = await mw('backup', target);
    t.is(again.code, 1, 'a folder that is not empty is refused');
  },
);

test('without an engine every command says so with exit 1', async (t) => {
  const ended = await run('ops/cli/main.ts', ['requests', '--data', folder]).ended;
  t.is(ended.code, 1);
  t.regex(ended.stderr, /connect\.json: no engine is running/);
});
