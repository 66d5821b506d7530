/** One run of one edge, with identities of its own so that thousands run side by side in one store. */
import type { ActorId, Json } from '../../../machines/common/effects.ts';
import type { Edge, Sample } from './explore.ts';

export interface Subject {
  /** Texts in inputs and events that name the one meter point, process and supplier of the samples. */
  readonly names: { readonly mpan: string; readonly mpid: string; readonly requestId: string };
  /** For people. */
  readonly title: string;
  readonly kind: string;
  /** Its actor, given the names. */
  readonly actor: (names: Subject['names']) => ActorId;
  /** Its routing key; the MPAN unless given. */
  readonly key?: (names: Subject['names']) => string;
  readonly input: Json;
}

export interface Variant {
  readonly edge: Edge;
  readonly subject: Subject;
  /** Passes after which it crashes, counted from the edge on; undefined: never. */
  readonly crashAt: number | undefined;
  readonly names: Subject['names'];
  readonly actor: ActorId;
  readonly key: string;
}

/** None of the samples' own names can be spelt with these. */
const LETTERS = 'BCDFGHJKLQVWXZ';

/** Further meter points of the samples: every variant has its own of these too. */
const OTHER_MPANS = ['1900012374324', '1200023305967', '2000056500000'] as const;
const otherMpan = (serialText: string, i: number): string => `${31 + i}${serialText.slice(2)}`;

export function makeVariant(edge: Edge, subject: Subject, serial: number, crashAt: number | undefined): Variant {
  const mpid = [3, 2, 1, 0].map((place) => LETTERS[Math.floor(serial / LETTERS.length ** place) % LETTERS.length]).join('');
  const names = { mpan: `30${String(serial).padStart(11, '0')}`, mpid: `${mpid}`, requestId: `0195c7a1-0000-7000-9000-${String(serial).padStart(12, '0')}` };
  return { edge, subject, crashAt, names, actor: subject.actor(names), key: subject.key?.(names) ?? names.mpan };
}

const bare = (uuid: string): string => uuid.replaceAll('-', '');

/** Text of the samples, with this variant's names in it. */
export function translate<T>(variant: Variant, value: T): T {
  const { names: from } = variant.subject;
  const { names: to } = variant;
  let text = JSON.stringify(value)
    .replaceAll(from.requestId, to.requestId)
    .replaceAll(bare(from.requestId), bare(to.requestId))
    .replaceAll(from.mpan, to.mpan)
    .replaceAll(`"${from.mpid}"`, `"${to.mpid}"`);
  for (const [i, other] of OTHER_MPANS.entries()) text = text.replaceAll(other, otherMpan(to.mpan, i));
  return JSON.parse(text) as T;
}

/** The other way round, so that results of variants can be compared. */
export function untranslate(variant: Variant, text: string): string {
  const { names: to } = variant.subject;
  const { names: from } = variant;
  let shown = text;
  for (const [i, other] of OTHER_MPANS.entries()) shown = shown.replaceAll(otherMpan(from.mpan, i), other);
  return shown
    .replaceAll(/\bid-\d{12}\b/g, 'a-fresh-id')
    .replaceAll(from.requestId, to.requestId)
    .replaceAll(bare(from.requestId), bare(to.requestId))
    .replaceAll(from.mpan, to.mpan)
    .replaceAll(new RegExp(`\\b${from.mpid}\\b`, 'g'), to.mpid);
}

export function describe(variant: Variant): string {
  const steps: readonly Sample[] = [...variant.edge.path, variant.edge.sample];
  return `${variant.subject.title}: ${steps.map((sample) => sample.label).join(' > ')}${variant.crashAt === undefined ? '' : `, crash at pass ${variant.crashAt}`}`;
}
