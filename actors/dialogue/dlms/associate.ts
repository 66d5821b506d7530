/**
 * The log-in: AARQ, AARE, and the four passes of a high-level one (meter-protocols 5.3, 5.9, 5.10).
 *
 * - A1 Another form is tried only as the table in `attempts.ts` says: never after diagnostic 13 or 14.
 * - A2 A refused password, a refused proof and a meter that cannot prove itself end with class `login`. One that hangs up (DM, closed
 *   connection, lost call) in answer to the password or a proof ends with class `hang-up`, and gets no other form of it.
 * - A3 Each log-in has its own challenge.
 */
import { apdu, errorOf, fromHex, security } from '../../../workers/codec/index.ts';
import { DialogueError, type StepLimits } from '../dialogue.ts';
import { hungUp, isHangUp } from '../hang-up.ts';
import type { DialogueServices } from '../services.ts';
import { type Attempt, attemptsAfter, attemptsOf, type Miss, type Referencing } from './attempts.ts';
import type { Conversation } from './conversation.ts';
import { challengeFor, type Mechanism, mechanismName, ownSide, passwordOctets } from './credentials.ts';
import { exceptionFault, refused, serviceFault, unexpected, unusable } from './faults.ts';
import { type DlmsLine, NoAnswer } from './line.ts';
import { Ciphering, type DlmsKeys, IN_CLEAR } from './protection.ts';
import type { DlmsOptions } from './station.ts';

export interface Association {
  readonly referencing: Referencing;
  /** Octets of an APDU in clear that the meter takes, 0 = no limit. */
  readonly maxPduSize: number;
  /** Base name of the current association, SN. */
  readonly vaaName: number;
}

export interface LogIn {
  readonly line: DlmsLine;
  readonly conversation: Conversation;
  readonly dlms: DlmsOptions;
  readonly mechanism: Mechanism;
  readonly password: string;
  readonly keys: DlmsKeys | undefined;
  readonly services: Pick<DialogueServices, 'random' | 'reserveCounters'>;
  readonly now: () => number;
  /** The meter has taken this log-in before in this session: what ends the link now does not speak against it. */
  readonly isTaken: boolean;
}

const WHAT = 'log-in';
const AUTHENTICATION_REQUIRED = 14;
const AUTHENTICATION_FAILURE = 13;
const CONTEXT_NOT_SUPPORTED = 2;
const MECHANISM_NOT_RECOGNISED = 11;
const MECHANISM_REQUIRED = 12;
const DECIPHERING_ERROR = 5;
const INITIATE = 1;
/** `reply_to_HLS_authentication` of the association by short names: FA00 + 58. */
const REPLY_TO_HLS_OFFSET = 0x58;
const METHOD_WITH_PARAMETER = 1;

type Outcome = { readonly kind: 'done'; readonly association: Association } | { readonly kind: 'missed'; readonly miss: Miss; readonly fault: DialogueError };

/** @throws DialogueError */
export async function associate(logIn: LogIn, limits: StepLimits): Promise<Association> {
  const seen = { unanswered: false };
  try {
    return await byForms(logIn, limits, seen);
  } catch (error) {
    // The link may also end a while after a password that was met by silence.
    if (seen.unanswered && error instanceof DialogueError && isHangUp(error)) throw hungUp(error);
    throw error;
  }
}

/** @param seen `unanswered`: a password or proof went out, and nothing came */
async function byForms(logIn: LogIn, limits: StepLimits, seen: { unanswered: boolean }): Promise<Association> {
  const { line, dlms, now } = logIn;
  let attempts = attemptsOf(dlms);
  for (;;) {
    const [attempt] = attempts;
    if (attempt === undefined) throw new DialogueError('config', `${WHAT}: no form of AARQ is set`);
    if (!line.isOpen) await line.open(limits);
    // Each attempt has its share of the time, or a meter that is silent to the first would have it all.
    const share = (limits.deadlineMs - now()) / attempts.length;
    const outcome = await once(logIn, attempt, { ...limits, deadlineMs: Math.min(limits.deadlineMs, now() + share) }, limits);
    if (outcome.kind === 'done') return outcome.association;
    seen.unanswered ||= outcome.fault instanceof NoAnswer && provesInAarq(logIn);
    attempts = attemptsAfter(attempts, outcome.miss);
    if (attempts.length === 0) throw outcome.fault;
    if (line.isOpen && line.framing === 'hdlc') await line.close(limits).catch(() => undefined);
  }
}

async function once(logIn: LogIn, attempt: Attempt, limits: StepLimits, whole: StepLimits): Promise<Outcome> {
  const { conversation, services, mechanism, keys } = logIn;
  const dedicatedKey = keys?.dedicated === true ? services.random(keys.suite === 2 ? 32 : 16) : undefined;
  const ciphering = keys === undefined ? undefined : new Ciphering(keys, services, dedicatedKey);
  conversation.begin(ciphering ?? IN_CLEAR);
  const challenge = challengeFor(mechanism, services.random);
  const secret = passwordOctets(logIn.password);
  try {
    const aare = await askAare(logIn, attempt, secret, challenge, limits);
    if ('kind' in aare) return aare;
    ciphering?.meet(aare.respondingApTitle);
    const initiate = aare.userInformation;
    if (initiate?.pdu !== 'initiate-response') throw unexpected(WHAT, `AARE with ${initiate?.pdu ?? 'no user information'}`);
    if (mechanism >= 2) await provePasses(logIn, { attempt, aare, challenge, secret, ciphering, vaaName: initiate.vaaName }, whole);
    ciphering?.settle(initiate.conformance);
    return { kind: 'done', association: { referencing: attempt.referencing, maxPduSize: initiate.maxReceivePduSize, vaaName: initiate.vaaName } };
  } finally {
    secret.fill(0);
  }
}

/** A high-level log-in in clear proves itself in pass 3 only; a ciphered AARQ is made with the keys. */
const provesInAarq = ({ mechanism, keys, isTaken }: LogIn): boolean => !isTaken && (mechanism === 1 || keys !== undefined);

/** The AARE of an association that stands or waits for its passes, or why there is none. */
async function askAare(
  logIn: LogIn,
  { referencing, form }: Attempt,
  secret: Uint8Array,
  challenge: Uint8Array,
  limits: StepLimits,
): Promise<apdu.Aare | Extract<Outcome, { kind: 'missed' }>> {
  const { conversation, dlms, mechanism, keys } = logIn;
  const ciphering = conversation.protection instanceof Ciphering ? conversation.protection : undefined;
  const build = (): apdu.Aarq =>
    apdu.aarq({
      contextName: ciphering === undefined ? referencing : `${referencing}-ciphered`,
      authentication: mechanism === 0 ? { level: 'none' } : mechanism === 1 ? { level: 'lls', password: secret } : { level: 'hls', mechanism, challenge },
      ...(keys === undefined ? {} : { callingApTitle: keys.clientSystemTitle }),
      initiate: apdu.initiateRequest({
        conformance: fromHex(referencing === 'LN' ? dlms.conformance : dlms.conformanceSn) ?? apdu.usualConformance(referencing),
        maxReceivePduSize: dlms.maxPduSize,
        ...(ciphering?.dedicatedKey === undefined ? {} : { dedicatedKey: ciphering.dedicatedKey }),
      }),
    });
  const missed = (miss: Miss, fault: DialogueError) => ({ kind: 'missed', miss, fault }) as const;
  let plain: apdu.PlainApdu;
  try {
    const seal = (aarq: apdu.PlainApdu): Uint8Array => conversation.protection.sealAarq(aarq as apdu.Aarq, form);
    ({ plain } = await conversation.ask({ what: WHAT, build, seal, expects: 'AARE', logIn: true, proves: provesInAarq(logIn), takesFaults: true }, limits));
  } catch (error) {
    if (error instanceof NoAnswer) return missed('no-aare', error);
    throw error;
  }
  if (plain.pdu === 'exception-response') {
    if (plain.serviceError === DECIPHERING_ERROR) throw wrongKeys();
    return missed('no-aare', exceptionFault(WHAT, plain));
  }
  if (plain.pdu === 'confirmed-service-error') return missedInitiate(plain, missed);
  if (plain.pdu !== 'AARE') throw unexpected(WHAT, plain.pdu);
  return judge(plain, mechanism, missed);
}

type Missed = (miss: Miss, fault: DialogueError) => Extract<Outcome, { kind: 'missed' }>;

function missedInitiate(error: apdu.ConfirmedServiceError, missed: Missed): Extract<Outcome, { kind: 'missed' }> {
  if (error.service !== INITIATE) throw serviceFault(WHAT, error);
  return missed('initiate-error', serviceFault(WHAT, error));
}

function judge(aare: apdu.Aare, mechanism: Mechanism, missed: Missed): apdu.Aare | Extract<Outcome, { kind: 'missed' }> {
  const { result, diagnostic, diagnosticSource, userInformation } = aare;
  const isUser = diagnosticSource === 'acse-service-user';
  const name = apdu.diagnosticName(diagnosticSource, diagnostic);
  const meterCode = `AARE ${result}/${diagnostic}`;
  const isPending = result === 0 && isUser && diagnostic === AUTHENTICATION_REQUIRED && mechanism >= 2;
  if (isUser && (diagnostic === AUTHENTICATION_FAILURE || diagnostic === AUTHENTICATION_REQUIRED) && !isPending) {
    throw new DialogueError('login', `${WHAT}: password refused by the meter (${name})`, { meterCode });
  }
  if (userInformation?.pdu === 'confirmed-service-error') return missedInitiate(userInformation, missed);
  if (result === 0) {
    if (mechanism < 2 || isPending || aare.authenticationValue !== undefined) return aare;
    throw new DialogueError('meter', `${WHAT}: the meter asks for no proof, though ${mechanismName(mechanism)} is set`, { meterCode });
  }
  if (isUser && diagnostic === CONTEXT_NOT_SUPPORTED) return missed('context', new DialogueError('meter', `${WHAT}: ${name}`, { meterCode }));
  const isMechanism = isUser && (diagnostic === MECHANISM_NOT_RECOGNISED || diagnostic === MECHANISM_REQUIRED);
  throw new DialogueError(isMechanism ? 'config' : 'meter', `${WHAT}: rejected by the meter (${name})`, { meterCode });
}

interface Passes {
  readonly attempt: Attempt;
  readonly aare: apdu.Aare;
  readonly challenge: Uint8Array;
  readonly secret: Uint8Array;
  readonly ciphering: Ciphering | undefined;
  readonly vaaName: number;
}

async function provePasses({ conversation, mechanism, keys, isTaken }: LogIn, passes: Passes, limits: StepLimits): Promise<void> {
  const { aare, ciphering, attempt, vaaName } = passes;
  const { authenticationValue } = aare;
  if (authenticationValue === undefined) throw new DialogueError('meter', `${WHAT}: the meter sent no challenge`);
  const client = new security.HlsClient(ownSide(mechanism, passes.challenge, passes.secret, keys));
  const peer = { challenge: authenticationValue, systemTitle: ciphering?.peerTitle ?? aare.respondingApTitle };
  if (ciphering !== undefined) await ciphering.prepare();
  const pass3 = client.pass3(peer, mechanism === 5 ? ciphering?.nextCounter() : undefined);
  if (pass3.kind === 'bad') throw unusable(WHAT, pass3.error);
  const answer = await exchangeProofs({ conversation, isTaken }, attempt.referencing, vaaName, pass3.octets, limits);
  const proof = client.pass4(answer);
  if (proof.kind !== 'good') {
    throw new DialogueError('login', `${WHAT}: the meter did not prove that it knows the secret (${errorOf(proof, answer.length).code})`);
  }
}

/** f(StoC) goes, f(CtoS) comes. */
async function exchangeProofs(
  { conversation, isTaken }: Pick<LogIn, 'conversation' | 'isTaken'>,
  referencing: Referencing,
  vaaName: number,
  pass3: Uint8Array,
  limits: StepLimits,
): Promise<Uint8Array> {
  const proof = { type: 'octet-string', octets: pass3 } as const;
  const question = { what: WHAT, logIn: true, proves: !isTaken, takesFaults: true };
  const { plain } =
    referencing === 'LN'
      ? await conversation.ask(
          {
            ...question,
            expects: 'action-response',
            build: (invocation) => apdu.action({ classId: 15, obis: [0, 0, 40, 0, 0, 255], id: 1 }, proof, invocation),
          },
          limits,
        )
      : await conversation.ask({ ...question, expects: 'read-response', build: () => replyByShortName(vaaName, proof) }, limits);
  if (plain.pdu === 'exception-response') throw plain.serviceError === DECIPHERING_ERROR ? wrongKeys() : exceptionFault(WHAT, plain);
  if (plain.pdu === 'confirmed-service-error') throw serviceFault(WHAT, plain);
  const result = plain.pdu === 'action-response' ? ofAction(plain) : plain.pdu === 'read-response' ? plain.results[0] : undefined;
  if (result === undefined || 'block' in result || 'blockNumber' in result) throw unexpected(WHAT, plain.pdu);
  if ('accessResult' in result) throw proofRefused(result.accessResult);
  if (result.data.type !== 'octet-string') throw new DialogueError('login', `${WHAT}: the meter did not prove that it knows the secret`);
  return result.data.octets;
}

/** Called by a parameterized read, as the method gives something back. */
function replyByShortName(vaaName: number, parameter: { readonly type: 'octet-string'; readonly octets: Uint8Array }): apdu.ReadRequest {
  const variableName = vaaName + REPLY_TO_HLS_OFFSET;
  return { pdu: 'read-request', variables: [{ kind: 'parameterized', variableName, selector: METHOD_WITH_PARAMETER, parameter }] };
}

function ofAction(response: apdu.ActionResponse): apdu.DataOrResult {
  if (response.choice !== 'normal') throw unexpected(WHAT, `action-response ${response.choice}`);
  if (response.actionResult !== 0) throw proofRefused(response.actionResult);
  return response.returned ?? { data: { type: 'null-data' } };
}

const proofRefused = (result: number): DialogueError =>
  new DialogueError('login', `${WHAT}: proof refused by the meter (${refused('', result).message.slice(2)})`, { meterCode: String(result) });

const wrongKeys = (): DialogueError => new DialogueError('login', `${WHAT}: the meter cannot decipher with its keys`, { meterCode: 'exception 5' });
