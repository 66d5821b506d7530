/** `mw appoint`: one appointment, or a file of many. */
import { createHash } from 'node:crypto';
import { appointAll, type Line } from '../appoint-all.ts';
import { appointmentLines } from '../appoint-file.ts';
import { type CommandCall, type CommandSpec, needed, optionalInteger, optionalText, UsageError } from '../command.ts';
import { print, printable, printJson } from '../output.ts';
import { wordsOf } from '../target.ts';

const DEFAULT_PARALLEL = 32;
const DEFAULT_PATIENCE_S = 900;

export const appoint: CommandSpec = {
  name: 'appoint',
  about: 'Appoints a metering service for one MPAN, or for each line of a file.',
  usage: '--mpan MPAN --service MPID --from DATE --scenario S | --file FILE',
  help: `One
  --mpan MPAN --service MPID --from YYYY-MM-DD --scenario COS|CSP|USP|SEG|MCA|MCS
  [--contract REFERENCE] [--idempotency-key KEY] [--test]
Many
  --file FILE    CSV (with a header line) or JSON lines (.jsonl), members as in the request body, and
                 optionally idempotency_key; a line without one gets a key made of its text, so the same
                 file may be sent again after an interruption and nothing is appointed twice
  --parallel N   requests under way at once (default ${DEFAULT_PARALLEL})
  --patience S   seconds to keep trying while the engine cannot be reached or is busy (default ${DEFAULT_PATIENCE_S})
  --refused FILE writes refused lines, with the reason, as JSON lines
Exit code 1 when a line was refused or could not be sent.`,
  options: {
    mpan: { type: 'string' },
    service: { type: 'string' },
    from: { type: 'string' },
    scenario: { type: 'string' },
    contract: { type: 'string' },
    'idempotency-key': { type: 'string' },
    test: { type: 'boolean' },
    file: { type: 'string' },
    parallel: { type: 'string' },
    patience: { type: 'string' },
    refused: { type: 'string' },
  },
  words: [0, 0],
  run: (call) => (optionalText(call, 'file') === undefined ? one(call) : many(call)),
};

async function one(call: CommandCall): Promise<number> {
  const [mpan, service, from] = [needed(call, 'mpan'), needed(call, 'service'), needed(call, 'from')];
  const body = {
    mpan_core: Number(mpan),
    metering_service_mpid: service,
    effective_from: /^\d{4}-\d{2}-\d{2}$/.test(from) ? `${from}T00:00:00+00:00` : from,
    contract_reference: optionalText(call, 'contract') ?? null,
    appointment_scenario: needed(call, 'scenario'),
  };
  const key =
    optionalText(call, 'idempotency-key') ??
    createHash('sha256')
      .update(`${JSON.stringify(body)}${Date.now()}${process.pid}`)
      .digest('hex')
      .slice(0, 32);
  const answer = await call.target.call(`/metering-services/v1/${call.target.mpid}/appoint`, {
    method: 'POST',
    headers: { 'x-idempotency-key': key, ...(call.flags.test === true ? { 'x-test-mode': 'true' } : {}) },
    body,
    as: 'supplier',
  });
  if (answer.status !== 202) {
    process.stderr.write(`appoint: ${answer.status} ${printable(wordsOf(answer))}\n`);
    return 1;
  }
  if (call.json) printJson(answer.json);
  else print(String((answer.json as { request_id?: string }).request_id));
  return 0;
}

async function many(call: CommandCall): Promise<number> {
  const file = needed(call, 'file');
  const parallel = optionalInteger(call, 'parallel', 1, 1_000) ?? DEFAULT_PARALLEL;
  const patienceMs = (optionalInteger(call, 'patience', 0, 604_800) ?? DEFAULT_PATIENCE_S) * 1_000;
  const lines: Line[] = [];
  const broken: { line: number; reason: string }[] = [];
  for await (const entry of appointmentLines(file)) {
    if ('refused' in entry) broken.push({ line: entry.line, reason: entry.refused });
    else lines.push(entry);
  }
  if (lines.length === 0 && broken.length === 0) throw new UsageError(`--file: has no lines: ${file}`);
  const summary = await appointAll(call.target, lines, {
    parallel,
    patienceMs,
    test: call.flags.test === true,
    refusedFile: optionalText(call, 'refused'),
    broken,
  });
  if (call.json) printJson(summary);
  else {
    print(`accepted  ${summary.accepted}`);
    for (const [status, count] of Object.entries(summary.refused)) print(`${status.padEnd(9)} ${count}`);
    print(`not sent  ${summary.notSent}`);
    print(`unreadable lines  ${broken.length}`);
    print(`${summary.seconds.toFixed(1)} s`);
  }
  return Object.keys(summary.refused).length === 0 && summary.notSent === 0 && broken.length === 0 ? 0 : 1;
}
