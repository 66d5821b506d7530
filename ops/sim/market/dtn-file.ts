/** The gateway's own reading of a user file (appointments 9.1, 9.2): what it refuses, it says by line and rule. */

/** One D0151 line pair, or the first group of another flow. */
export interface DtnLine {
  readonly fileId: string;
  readonly sender: string;
  readonly recipient: string;
  readonly mpan: string;
  readonly reason: string;
  readonly effectiveTo: string;
}

export type DtnFile =
  | {
      readonly ok: true;
      readonly fileId: string;
      readonly flow: string;
      readonly sender: string;
      readonly recipient: string;
      readonly test: boolean;
      readonly lines: readonly DtnLine[];
    }
  | { readonly ok: false; readonly fileId: string | null; readonly rule: string };

const NAME = /^(D\d{4})_([A-Z0-9]{4})_(\d{10})\.usr$/;
const STAMP = /^\d{14}$/;
const DAY = /^\d{8}$/;

/** Flow, recipient and file id of a file's name, null when it has another form. */
export function parseDtnName(name: string): { readonly flow: string; readonly recipient: string; readonly fileId: string } | null {
  const [, flow, recipient, fileId] = NAME.exec(name) ?? [];
  return flow === undefined || recipient === undefined || fileId === undefined ? null : { flow, recipient, fileId };
}

function checkText(text: string): string | null {
  if (text === '') return 'file is empty';
  if (!text.endsWith('\n')) return 'last line has no line end';
  for (const [index, line] of text.slice(0, -1).split('\n').entries()) {
    const bare = line.endsWith('\r') ? line.slice(0, -1) : line;
    if (!/^[\x20-\x7e]*$/.test(bare)) return `line ${index + 1}: only printable ASCII is allowed`;
    if (bare.length > 255) return `line ${index + 1}: longer than 255 characters`;
    if (!bare.endsWith('|')) return `line ${index + 1}: must end with |`;
  }
  return null;
}

/** Reads a whole file. `name` is the file's name without its folder. */
export function parseDtnFile(name: string, text: string): DtnFile {
  const named = parseDtnName(name);
  if (named === null) return { ok: false, fileId: null, rule: `name: ${name} is not D0000_XXXX_0000000000.usr` };
  const refuse = (rule: string): DtnFile => ({ ok: false, fileId: named.fileId, rule });
  const bad = checkText(text);
  if (bad !== null) return refuse(bad);
  const rows = text
    .slice(0, -1)
    .split('\n')
    .map((line) => line.replace(/\r$/, '').slice(0, -1).split('|'));
  const header = rows[0] as string[];
  const trailer = rows.at(-1) as string[];
  const groups = rows.slice(1, -1);
  if (header[0] !== 'ZHV' || header.length !== 12) return refuse('line 1: must be ZHV with 11 fields');
  if (rows.length < 2 || trailer[0] !== 'ZPT' || trailer.length !== 6) return refuse(`line ${rows.length}: must be ZPT with 5 fields`);
  const [, fileId = '', flow = '', fromRole = '', sender = '', toRole = '', recipient = '', created = '', , , , flag = ''] = header;
  if (fileId !== named.fileId) return refuse('ZHV file id: is not the one in the name');
  if (trailer[1] !== fileId) return refuse('ZPT file id: is not the one of ZHV');
  if (recipient !== named.recipient) return refuse('ZHV to MPID: is not the one in the name');
  if (!/^D\d{4}\d{3}$/.test(flow) || flow.slice(0, 5) !== named.flow) return refuse('ZHV flow: must be the flow of the name and a version');
  if (!/^[A-Z]$/.test(fromRole) || !/^[A-Z]$/.test(toRole)) return refuse('ZHV roles: must be one letter');
  if (!/^[A-Z0-9]{4}$/.test(sender)) return refuse('ZHV from MPID: must be 4 characters');
  if (!STAMP.test(created) || !STAMP.test(trailer[5] ?? '')) return refuse('times: must be YYYYMMDDHHMMSS');
  if (flag !== 'OPER' && flag !== 'TR01') return refuse('ZHV test flag: must be OPER or TR01');
  if (Number(trailer[2]) !== groups.length) return refuse(`ZPT count: says ${trailer[2]}, there are ${groups.length} lines`);
  const lines = flow.startsWith('D0151') ? readD0151(groups, fileId, sender, recipient, toRole) : readOther(groups, fileId, sender, recipient);
  if (typeof lines === 'string') return refuse(lines);
  if (Number(trailer[4]) !== lines.length) return refuse(`ZPT flow count: says ${trailer[4]}, there are ${lines.length} flows`);
  return { ok: true, fileId, flow: named.flow, sender, recipient, test: flag === 'TR01', lines };
}

function readD0151(groups: readonly string[][], fileId: string, sender: string, recipient: string, toRole: string): DtnLine[] | string {
  const lines: DtnLine[] = [];
  let index = 0;
  while (index < groups.length) {
    const [group, mpan = '', registered = '', reason = '', ...rest] = groups[index] as string[];
    const at = `line ${index + 2}`;
    if (group !== '297') return `${at}: must be group 297`;
    if (!/^\d{13}$/.test(mpan)) return `${at}: MPAN core must be 13 digits`;
    if (!DAY.test(registered)) return `${at}: registration date must be YYYYMMDD`;
    if (reason !== 'CA' && reason !== 'LC') return `${at}: reason must be CA or LC`;
    if (rest.length !== 1) return `${at}: group 297 has 4 fields`;
    const end = groups[index + 1];
    const expected = toRole === 'M' ? '298' : undefined;
    if (end === undefined || !['298', '299', '300'].includes(end[0] ?? '') || (expected !== undefined && end[0] !== expected))
      return `line ${index + 3}: must be group ${expected ?? '299 or 300'}`;
    if (end.length !== 2 || !DAY.test(end[1] ?? '')) return `line ${index + 3}: effective-to date must be YYYYMMDD`;
    lines.push({ fileId, sender, recipient, mpan, reason, effectiveTo: end[1] ?? '' });
    index += 2;
    if (groups[index]?.[0] === '99H') index += 1;
  }
  return lines.length === 0 ? 'ZPT count: a file without lines' : lines;
}

/** Other flows are only counted: one flow per MPAN group that a D0155 starts with. */
function readOther(groups: readonly string[][], fileId: string, sender: string, recipient: string): DtnLine[] {
  return groups.filter((group) => group[0] === '315').map((group) => ({ fileId, sender, recipient, mpan: group[1] ?? '', reason: 'D0155', effectiveTo: '' }));
}
