/** What failures of links and link machines mean for the session (meter-protocols 7). Pure. */
import type { FailureClass } from '../../machines/meter-session/index.ts';
import type { CodecError, LinkFailure } from '../../workers/codec/common/index.ts';
import { LinkError, type LinkFailureCode } from '../link/link.ts';
import { DialogueError } from './dialogue.ts';

const CLASSES: Readonly<Record<LinkFailureCode, FailureClass>> = {
  refused: 'transport',
  not_allowed: 'config',
  name_unknown: 'transport',
  connect_timeout: 'transport',
  unreachable: 'transport',
  busy: 'transport',
  no_carrier: 'transport',
  no_answer: 'transport',
  no_dialtone: 'transport',
  no_line: 'transport',
  modem_fault: 'transport',
  lost: 'transport',
  flooded: 'link',
  aborted: 'engine',
};

/** The class of a link's failure. */
export const failureClassOf = (code: LinkFailureCode): FailureClass => CLASSES[code];

const TEXTS: Readonly<Record<LinkFailure, string>> = {
  'no-reply': 'no answer',
  refused: 'the meter refused the link',
  disconnected: 'the meter has disconnected',
  'frame-reject': 'the meter rejected a frame',
  'protocol-error': 'the meter broke the rules of the link',
  busy: 'the link is busy',
  'not-open': 'the link is not open',
  'too-large': 'a message was too large for the link',
  'volatile-not-repeated': 'the meter took only a part of the request',
};

/** A link machine's failure in words. What stood in the octets stays out: it may be a secret. */
export function textOfFailure(reason: LinkFailure, error?: CodecError): string {
  return error === undefined ? TEXTS[reason] : `${TEXTS[reason]} (${error.rule})`;
}

/** @param inDoubt a request that must not be repeated may have reached the meter */
export function toDialogueError(error: unknown, inDoubt: boolean): DialogueError {
  if (error instanceof DialogueError && (!inDoubt || error.class === 'write')) return error;
  const known = error instanceof LinkError || error instanceof DialogueError;
  const text = known ? error.message : 'the link failed unexpectedly';
  if (inDoubt) return new DialogueError('write', `outcome of the write unknown: ${text}`, { cause: error });
  return new DialogueError(error instanceof LinkError ? failureClassOf(error.code) : 'engine', text, { cause: error });
}
