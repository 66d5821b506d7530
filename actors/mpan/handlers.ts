/** Commands on MPAN records. */
import type { MpanFacts, MpanInput } from '../../machines/mpan/index.ts';
import type { Handler } from '../engine/definition.ts';
import { MPAN_KIND, mpanActorId } from './definition.ts';

/** Lines of an import that concern one meter point; the command's key is its MPAN. */
export interface MpanImport {
  readonly mpan: string;
  readonly lines: readonly { readonly mpid: string; readonly supplierDipId: string; readonly facts: MpanFacts }[];
}
export interface MpanImported {
  readonly created: number;
  readonly applied: number;
}

/** `mpan.import`: creates the records that are missing and gives each its facts. Repeating it changes nothing. */
export const importMpans: Handler = async (turn, payload): Promise<MpanImported> => {
  const { mpan, lines } = payload as MpanImport;
  let created = 0;
  for (const { mpid, supplierDipId, facts } of lines) {
    const input: MpanInput = { mpid, mpan, supplierDipId, at: turn.at };
    const made = await turn.create({ id: mpanActorId(mpid, mpan), kind: MPAN_KIND, input });
    if (made.kind === 'created') created++;
    await turn.apply(mpanActorId(mpid, mpan), { type: 'imported', facts });
  }
  return { created, applied: lines.length };
};

export const mpanHandlers: Readonly<Record<string, Handler>> = { 'mpan.import': importMpans };
