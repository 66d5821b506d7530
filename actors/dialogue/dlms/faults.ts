/** Failures of a DLMS dialogue in words: what was asked first, then what the meter said. No password or key is in any of them. */
import { apdu as apdus, type CodecError } from '../../../workers/codec/index.ts';
import { DialogueError } from '../dialogue.ts';

/** The meter answered with a data-access-result or action-result other than success. */
export function refused(what: string, result: number): DialogueError {
  return new DialogueError('meter', `${what}: ${apdus.accessResultName(result)} (${result})`, { meterCode: String(result) });
}

/** `D8 state service`: the meter will not, or cannot, do the service at all. */
export function exceptionFault(what: string, { stateError, serviceError }: apdus.ExceptionResponse): DialogueError {
  const state = apdus.EXCEPTION_STATES.get(stateError) ?? `state ${stateError}`;
  const service = apdus.EXCEPTION_SERVICES.get(serviceError) ?? `service error ${serviceError}`;
  return new DialogueError('meter', `${what}: ${state}, ${service}`, { meterCode: `exception ${stateError}/${serviceError}` });
}

/** `0E service choice value`. */
export function serviceFault(what: string, { service, errorChoice, errorValue }: apdus.ConfirmedServiceError): DialogueError {
  const isInitiate = service === 1 && errorChoice === 6;
  const name = isInitiate ? (apdus.INITIATE_ERRORS[errorValue] ?? `initiate error ${errorValue}`) : `service error ${errorChoice}/${errorValue}`;
  return new DialogueError('meter', `${what}: ${name}`, { meterCode: `service-error ${service}/${errorChoice}/${errorValue}` });
}

/** The meter's answer is not one, or does not fit the keys. The octets are not shown: they may be secret. */
export function rubbish(what: string, error: CodecError): DialogueError {
  if (error.code === 'bad_tag' || error.code === 'missing_key')
    return new DialogueError('config', `${what}: the answer does not fit the meter keys (${error.code})`);
  return new DialogueError('link', `${what}: the answer cannot be read: ${error.code}, ${error.rule}`);
}

/** A setting, key or password that cannot work. Rules of codecs name lengths and forms, never values. */
export function unusable(what: string, error: CodecError): DialogueError {
  return new DialogueError('config', `${what}: ${error.rule}`);
}

/** The meter has to be asked for its counter before ours are used: it refused one (`meterCode`), or the store of ours was restored. */
export class CounterInDoubt extends DialogueError {
  constructor(text: string, meterCode?: string) {
    super('meter', `invocation counter: ${text}`, meterCode === undefined ? {} : { meterCode });
    this.name = 'CounterInDoubt';
  }
}

export const unexpected = (what: string, pdu: string): DialogueError => new DialogueError('meter', `${what}: unexpected answer ${pdu}`);
