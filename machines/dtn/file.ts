/** The bytes of a user file (appointments 9.1 to 9.3). */
import type { EpochMs } from '../common/effects.ts';
import type { D0151Line, D0155Line, Flow, KeptLine } from './events.ts';
import type { DtnSettings } from './settings.ts';
import { compactDate, groupLine, londonStamp } from './text.ts';

export interface FileFacts {
  readonly fileId: string;
  readonly flow: Flow;
  readonly mpid: string;
  readonly recipient: string;
  readonly test: boolean;
  readonly at: EpochMs;
}

const VERSION: Readonly<Record<Flow, string>> = { D0151: 'D0151001', D0155: 'D0155001' };
const ADDRESS_LINES = 9;

/** Group of the appointment's end by role of the recipient: meter operator, collectors, aggregators. */
const END_GROUP: Readonly<Record<string, string>> = { M: '298', C: '299', D: '299', A: '300', B: '300' };

function d0151Groups(line: D0151Line, toRole: string): string[] {
  const groups = [
    groupLine(['297', line.mpan, compactDate(line.registrationEffectiveFrom), line.reason, line.additionalInformation], [4]),
    groupLine([END_GROUP[toRole] ?? '298', compactDate(line.effectiveTo)]),
  ];
  if (line.reason === 'LC' && toRole === 'M' && line.newSupplier) groups.push(groupLine(['99H', line.newSupplier]));
  return groups;
}

function d0155Groups(line: D0155Line, toRole: string): string[] {
  const address = Array.from({ length: ADDRESS_LINES }, (_, index) => line.addressLines[index] ?? null);
  const shrinkable = address.map((_, index) => index + 3);
  return [
    groupLine(
      ['315', line.mpan, compactDate(line.registrationEffectiveFrom), ...address, line.postcode, line.contractReference, null, line.gspGroupId],
      shrinkable,
    ),
    groupLine([toRole === 'M' ? '317' : '316', compactDate(line.appointedFrom)]),
  ];
}

/** Name of the file in the gateway's folder. */
export function fileNameOf(flow: Flow, recipient: string, fileId: string): string {
  return `${flow}_${recipient}_${fileId}.usr`;
}

/** The complete file: ZHV, the groups of each line, ZPT with the counts. Line end LF. */
export function buildFile(facts: FileFacts, lines: readonly KeptLine[], settings: DtnSettings): string {
  const stamp = londonStamp(facts.at);
  const groups = lines.flatMap(({ line }) =>
    facts.flow === 'D0151' ? d0151Groups(line as D0151Line, settings.toRole) : d0155Groups(line as D0155Line, settings.toRole),
  );
  const header = groupLine([
    'ZHV',
    facts.fileId,
    VERSION[facts.flow],
    settings.fromRole,
    facts.mpid,
    settings.toRole,
    facts.recipient,
    stamp,
    settings.sendingApplication,
    null,
    null,
    facts.test ? 'TR01' : 'OPER',
  ]);
  const trailer = groupLine(['ZPT', facts.fileId, String(groups.length), null, String(lines.length), stamp]);
  return `${[header, ...groups, trailer].join('\n')}\n`;
}

/** What we can put right ourselves in a line that was refused: the free text goes. */
export function corrected(kept: KeptLine): KeptLine {
  const { line } = kept;
  return { ...kept, line: 'additionalInformation' in line ? { ...line, additionalInformation: null } : { ...line, contractReference: null } };
}
