/**
 * One client's association with a DLMS meter (meter-protocols 5.3, 5.9, 5.10).
 *
 * ```
 *   none ──AARQ: none, LLS──► open ──RLRQ, link gone──► none
 *     └───AARQ: HLS──► pending ──reply_to_HLS right──► open          anything else in pending: refused
 * ```
 *
 * I1 Nothing but AARQ is served outside `open`, save the reply to the challenge in `pending`.
 * I2 A wrong password or proof counts against the meter's limit, and ends the association.
 */
import {
  type Aarq,
  type ActionRequest,
  type ConformanceName,
  conformanceNames,
  type DataOrResult,
  encodeApdu,
  type PlainApdu,
  type ReadRequest,
  type WriteRequest,
} from '../../../../workers/codec/apdu/index.ts';
import { encodeData } from '../../../../workers/codec/data/index.ts';
import { HlsServer } from '../../../../workers/codec/security/index.ts';
import type { MeterLine } from '../session.ts';
import { type Admitted, admit } from './admission.ts';
import { REPLY_TO_HLS } from './association-objects.ts';
import { DENIED } from './objects.ts';
import { CIPHERING_OCTETS, exception, type Form, Protection } from './protection.ts';
import { LnServices, type Served, type ServiceContext } from './services-ln.ts';
import { SnServices } from './services-sn.ts';
import { type DlmsUnit, unitOf } from './unit.ts';

export type Turn = { readonly kind: 'reply'; readonly octets: Uint8Array } | { readonly kind: 'silent' } | { readonly kind: 'disconnect' };

const SILENT: Turn = { kind: 'silent' };
const NO_OCTETS = new Uint8Array(0);
/** Octets of an APDU where answers must come in blocks. */
const SMALL_PDU = 13;
const NOT_ALLOWED = exception(1, 1);

interface Services {
  serve(apdu: PlainApdu): Served;
}

type State =
  | { readonly kind: 'none' }
  | { readonly kind: 'pending'; readonly admitted: Admitted; readonly hls: HlsServer }
  | { readonly kind: 'open'; readonly admitted: Admitted; readonly services: Services };

export class Association {
  readonly #line: MeterLine;
  readonly #client: number;
  readonly #unit: DlmsUnit;
  readonly #protection: Protection;
  #state: State = { kind: 'none' };

  /** @param client address or wPort of the client */
  constructor(line: MeterLine, client: number) {
    this.#line = line;
    this.#client = client;
    this.#unit = unitOf(line.meter);
    this.#protection = new Protection(this.#unit);
  }

  /** What the meter answers to an APDU. */
  take(octets: Uint8Array): Turn {
    const arrived = this.#protection.open(octets);
    if (arrived === undefined) return this.#say(exception(2, 2), 'plain');
    if (arrived.kind === 'refused') return this.#say(arrived.answer, 'plain');
    const { apdu, form, leniencies } = arrived;
    if (apdu.pdu === 'AARQ') return this.#associate(apdu, leniencies.includes('alternative-tags'));
    if (apdu.pdu === 'RLRQ') return this.#release();
    const fate = this.#line.request();
    if (fate !== 'serve') {
      this.#state = { kind: 'none' };
      return fate === 'gone' ? SILENT : { kind: 'disconnect' };
    }
    const state = this.#state;
    if (state.kind === 'none' || (state.admitted.ciphered && form === 'plain')) return this.#say(NOT_ALLOWED, 'plain');
    if (isHlsReply(apdu)) return this.#hlsReply(state, apdu, form);
    return state.kind === 'open' ? this.#serve(state.services, apdu, form) : this.#say(NOT_ALLOWED, 'plain');
  }

  #serve(services: Services, apdu: PlainApdu, form: Form): Turn {
    const answer = services.serve(apdu);
    return answer === null ? SILENT : this.#say(answer, form);
  }

  #associate(aarq: Aarq, alternativeTags: boolean): Turn {
    this.#state = { kind: 'none' };
    const outcome = admit(aarq, alternativeTags, this.#client, this.#line, this.#unit, this.#protection);
    if (outcome.kind === 'turn') return outcome.turn;
    const { admitted, aare, form } = outcome;
    if (admitted.hls === undefined) this.#open(admitted);
    else this.#state = { kind: 'pending', admitted, hls: new HlsServer(admitted.hls.own, admitted.hls.client) };
    return { kind: 'reply', octets: this.#shortened(this.#protection.sealAcse(aare, form), aare.userInformation, form) };
  }

  #open(admitted: Admitted): void {
    this.#line.authenticated();
    const { settings, table } = this.#unit;
    const conformance: ReadonlySet<ConformanceName> = new Set(conformanceNames(admitted.conformance));
    const context: ServiceContext = {
      table,
      asker: {
        line: this.#line,
        settings,
        rights: admitted.rights,
        association: {
          client: this.#client,
          contextId: admitted.contextId,
          mechanism: admitted.mechanism,
          conformance: admitted.conformance,
          maxSendPdu: admitted.maxSendPdu,
          status: 2,
        },
      },
      conformance,
      pduSize: () => (this.#line.meter.faults.current.blocks === true ? SMALL_PDU : admitted.maxSendPdu - (admitted.ciphered ? CIPHERING_OCTETS : 0)),
    };
    this.#state = { kind: 'open', admitted, services: settings.referencing === 'LN' ? new LnServices(context) : new SnServices(context) };
  }

  #release(): Turn {
    this.#state = { kind: 'none' };
    return { kind: 'reply', octets: this.#protection.sealAcse({ pdu: 'RLRE', reason: 0 }, 'plain') };
  }

  /** Pass 3 of a high-level log-in, and pass 4 where it is right. */
  #hlsReply(state: Exclude<State, { kind: 'none' }>, apdu: HlsReply, form: Form): Turn {
    if (state.kind !== 'pending') return this.#say(hlsAnswer(apdu, { accessResult: DENIED }), form);
    const { meter } = this.#line;
    const proof = state.hls.pass3(proofIn(apdu));
    if (!meter.judge(proof.kind === 'good' && this.#isFresh(proof.value.invocationCounter, form))) {
      this.#state = { kind: 'none' };
      return meter.faults.current.wrongPassword === 'silent' ? SILENT : this.#say(hlsAnswer(apdu, { accessResult: DENIED }), form);
    }
    const answer = state.hls.pass4(state.admitted.mechanism === 5 ? meter.nextCounter() : undefined);
    if (answer.kind === 'bad') return this.#say(hlsAnswer(apdu, { accessResult: DENIED }), form);
    this.#open(state.admitted);
    return this.#say(hlsAnswer(apdu, { data: { type: 'octet-string', octets: answer.octets } }), form);
  }

  #isFresh(counter: number | undefined, form: Form): boolean {
    return counter === undefined || this.#protection.takeProofCounter(counter, form);
  }

  #say(apdu: PlainApdu, form: Form): Turn {
    return { kind: 'reply', octets: this.#protection.seal(apdu, form, this.#doubled(apdu)) };
  }

  /** The value once more, as a meter adds it that is known to. */
  #doubled(apdu: PlainApdu): Uint8Array {
    if (this.#line.meter.faults.current.doubledOctetString !== true) return NO_OCTETS;
    const only = apdu.pdu === 'get-response' && apdu.choice === 'normal' ? apdu : apdu.pdu === 'read-response' ? apdu.results[0] : undefined;
    if (only === undefined || !('data' in only) || only.data.type !== 'octet-string') return NO_OCTETS;
    const again = encodeData(only.data);
    return again.kind === 'good' ? again.octets : NO_OCTETS;
  }

  /** Lengths as old meters count them, who send `5F 1F` and count `5F`. */
  #shortened(octets: Uint8Array, userInformation: PlainApdu | undefined, form: Form): Uint8Array {
    if (this.#line.meter.faults.current.shortBerLengths !== true || form !== 'plain' || userInformation === undefined) return octets;
    const inner = encodeApdu(userInformation);
    if (inner.kind === 'bad') return octets;
    const short = octets.slice();
    const at = short.length - inner.octets.length;
    for (const length of [1, at - 3, at - 1]) short[length] = (short[length] ?? 1) - 1;
    return short;
  }
}

type HlsReply = (ActionRequest & { readonly choice: 'normal' }) | ReadRequest | WriteRequest;

function isHlsReply(apdu: PlainApdu): apdu is HlsReply {
  if (apdu.pdu === 'action-request' && apdu.choice === 'normal') {
    const { classId, obis, id } = apdu.method;
    return classId === REPLY_TO_HLS.classId && id === REPLY_TO_HLS.method && obis.every((part, at) => part === REPLY_TO_HLS.obis[at]);
  }
  if (apdu.pdu !== 'read-request' && apdu.pdu !== 'write-request') return false;
  const [variable] = apdu.variables;
  return apdu.variables.length === 1 && variable !== undefined && 'variableName' in variable && variable.variableName === REPLY_TO_HLS.shortName;
}

/** f(StoC); empty where there is none. By short name it is a parameterised read, whose answer can carry f(CtoS). */
function proofIn(apdu: HlsReply): Uint8Array {
  const [variable] = apdu.pdu === 'action-request' ? [] : apdu.variables;
  const read = variable?.kind === 'parameterized' ? variable.parameter : undefined;
  const value = apdu.pdu === 'action-request' ? apdu.parameters : apdu.pdu === 'read-request' ? read : apdu.values[0];
  return value?.type === 'octet-string' ? value.octets : NO_OCTETS;
}

function hlsAnswer(apdu: HlsReply, result: DataOrResult): PlainApdu {
  if (apdu.pdu === 'read-request') return { pdu: 'read-response', results: [result] };
  if (apdu.pdu !== 'action-request') return { pdu: 'write-response', results: [{ accessResult: 'data' in result ? 0 : result.accessResult }] };
  const { invokeId, confirmed, highPriority } = apdu;
  const head = { pdu: 'action-response', choice: 'normal', invokeId, confirmed, highPriority } as const;
  return 'data' in result ? { ...head, actionResult: 0, returned: result } : { ...head, actionResult: result.accessResult };
}
