/** Agents from a file, as an alternative to industry standing data. */
import type { AgentEntry } from '../../machines/agent/index.ts';
import { date, dipId, line, matching, mpid } from './fields.ts';
import { type ImportFormat, type Parsed, type RawRecord, readRecords, refusal } from './records.ts';

export const AGENT_COLUMNS: readonly string[] = ['dip_id', 'mpid', 'role', 'effective_from', 'effective_to', 'name'];

const role = matching(/^[A-Z]{3,5}$/, 'role');
const name = line(200);

/** Streams the lines of a file. A bad line is named with the first rule it breaks, and the rest goes on. */
export async function* parseAgents(
  stream: AsyncIterable<Uint8Array>,
  format: ImportFormat,
  options: { readonly maxLineBytes?: number } = {},
): AsyncGenerator<Parsed<AgentEntry>> {
  const required = ['dip_id', 'mpid', 'role', 'effective_from'];
  for await (const read of readRecords(stream, { format, columns: new Set(AGENT_COLUMNS), required, ...options })) {
    yield 'refused' in read ? read : toEntry(read.line, read.value);
  }
}

function toEntry(number: number, record: RawRecord): Parsed<AgentEntry> {
  const dip = dipId(record.dip_id);
  if ('rule' in dip) return { line: number, refused: refusal('dip_id', dip.rule, record.dip_id ?? '') };
  const participant = mpid(record.mpid);
  if ('rule' in participant) return { line: number, refused: refusal('mpid', participant.rule, record.mpid ?? '') };
  const inRole = role(record.role);
  if ('rule' in inRole) return { line: number, refused: refusal('role', inRole.rule, record.role ?? '') };
  const from = date(record.effective_from);
  if ('rule' in from) return { line: number, refused: refusal('effective_from', from.rule, record.effective_from ?? '') };
  const to = record.effective_to === undefined || record.effective_to === null ? { ok: null } : date(record.effective_to);
  if ('rule' in to) return { line: number, refused: refusal('effective_to', to.rule, record.effective_to) };
  const named = record.name === undefined || record.name === null ? { ok: null } : name(record.name);
  if ('rule' in named) return { line: number, refused: refusal('name', named.rule, record.name) };
  return { line: number, value: { dipId: dip.ok, mpid: participant.ok, role: inRole.ok, effectiveFrom: from.ok, effectiveTo: to.ok, name: named.ok } };
}
