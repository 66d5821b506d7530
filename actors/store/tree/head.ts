/**
 * A document's row begins with what a commit must know of it, so that the body is read only when it is needed:
 *
 *   "<version> <epoch> <commit tag> " + JSON
 */
import type { ActorDoc } from '../store.ts';

/** Two numbers of 16 digits, a tag and three spaces fit in. */
export const HEAD_LENGTH = 100;

const TAG = /^[\w-]{1,60}$/;
const NO_TAG = '.';

export interface Head {
  readonly version: number;
  readonly epoch: number;
  readonly commitTag: string;
}

/** The commit id where it is a plain word; else nothing that could be compared. */
export function commitTag(doc: ActorDoc): string {
  return TAG.test(doc.commitId) ? doc.commitId : NO_TAG;
}

export function writeHead(doc: ActorDoc): string {
  return `${doc.version} ${doc.epoch} ${commitTag(doc)} `;
}

export function readHead(row: string): Head {
  const first = row.indexOf(' ');
  const second = row.indexOf(' ', first + 1);
  return { version: Number(row.slice(0, first)), epoch: Number(row.slice(first + 1, second)), commitTag: row.slice(second + 1, row.indexOf(' ', second + 1)) };
}

/** True when `before` is the very document that is stored under that head: same version, written by the same commit. */
export function isStored(before: ActorDoc, head: Head): boolean {
  return before.version === head.version && head.commitTag !== NO_TAG && commitTag(before) === head.commitTag;
}

export function readDoc(row: string | undefined): ActorDoc | undefined {
  if (row === undefined) return undefined;
  let at = -1;
  for (let i = 0; i < 3; i++) at = row.indexOf(' ', at + 1);
  return JSON.parse(row.slice(at + 1)) as ActorDoc;
}
