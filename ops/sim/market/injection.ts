/** Messages that the control interface puts on the market: whole payloads, or de-appointments and standing data by their facts. */
import Type, { type Static } from 'typebox';
import { Compile } from 'typebox/compile';
import { closesAppointed, closureEvent, renderClosure } from './closures.ts';
import { json, registrySur, renderEnvelope, transactionId } from './envelope.ts';
import { londonDate, londonDateTime } from './london.ts';
import type { Injected } from './publication.ts';
import type { Registry } from './registry.ts';
import { ClosureSchema } from './rules.ts';
import { AGENTS, REGISTRY_DIP_ID, SUPPLIER } from './seed.ts';

export const InjectionSchema = Type.Object(
  {
    payload: Type.Optional(Type.Object({}, { description: 'A whole payload: {CommonBlock, CustomBlock}. A missing D0 is added.' })),
    closure: Type.Optional(ClosureSchema),
    agents: Type.Optional(Type.Boolean({ description: 'IF-047 with all agents of the demo market.' })),
    status: Type.Optional(Type.Object({}, { description: 'A whole StandardResponse, sent as a status message.' })),
    interface: Type.Optional(Type.String({ description: 'Channel of a payload; default its S0.interfaceID.' })),
    recipient: Type.Optional(Type.String({ description: 'DIP ID of the recipient; default SUPX.' })),
    mpan: Type.Optional(Type.String({ pattern: '^\\d{13}$' })),
    environment: Type.Optional(Type.String()),
    delayMs: Type.Optional(Type.Integer({ minimum: 0 })),
    times: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, description: 'How often the same message is sent.' })),
    test: Type.Optional(Type.Boolean({ description: 'For test-mode processes: the callback carries X-TEST-MODE: true.' })),
  },
  { additionalProperties: false },
);
export type Injection = Static<typeof InjectionSchema>;

const checker = Compile(InjectionSchema);

export function parseInjection(value: unknown): Injection | { readonly error: string } {
  if (!checker.Check(value)) {
    const [first] = checker.Errors(value);
    return { error: `inject${first?.instancePath.replaceAll('/', '.') ?? ''}: ${first?.message ?? 'does not fit'}` };
  }
  const kinds = [value.payload, value.closure, value.agents, value.status].filter((kind) => kind !== undefined);
  if (kinds.length !== 1) return { error: 'inject: name exactly one of payload, closure, agents, status' };
  if (value.closure !== undefined && value.mpan === undefined && value.closure.mpan === undefined) return { error: 'inject.mpan: is required with closure' };
  return value;
}

type Payload = { CommonBlock?: { S0?: Record<string, unknown>; S1?: Record<string, unknown>; D0?: Record<string, unknown>; M0?: Record<string, unknown> } };

function wholePayload(
  injection: Injection,
  instance: string,
  n: number,
  at: number,
): Pick<Injected, 'channel' | 'mpan' | 'event' | 'sur' | 'transaction' | 'text'> {
  const payload = structuredClone(injection.payload) as Payload;
  const common = payload.CommonBlock ?? {};
  const channel = injection.interface ?? String(common.S0?.interfaceID ?? 'IF-000');
  const tag = n.toString(16).padStart(10, '0');
  const sur = String(common.S1?.senderUniqueReference ?? registrySur(channel, at, `${tag}00`));
  common.D0 ??= {
    transactionID: transactionId(channel, REGISTRY_DIP_ID, 'REGS', at, `${instance.slice(0, 4)}${tag}00`),
    transactionTimestamp: londonDateTime(at),
    publicationID: `PUB-${channel.slice(3)}`,
    initialCorrelationID: common.S1?.senderCorrelationID ?? null,
    replayIndicator: false,
    serviceTicketURL: null,
  };
  const mpan = typeof common.M0?.MPANCore === 'string' ? common.M0.MPANCore : null;
  return { channel, mpan, event: String(common.S0?.eventCode ?? ''), sur, transaction: String(common.D0.transactionID), text: json({ payload }) };
}

/** Makes the message, numbered `n` in the journal. */
export function makeInjected(injection: Injection, registry: Registry, instance: string, n: number, now: number): Injected {
  const at = now + (injection.delayMs ?? 0);
  const recipient = injection.recipient ?? SUPPLIER.dipId;
  const base = { n, at, recipient, test: injection.test === true };
  if (injection.payload !== undefined) return { ...base, ...wholePayload(injection, instance, n, at) };
  const tag = n.toString(16).padStart(10, '0');
  if (injection.status !== undefined)
    return { ...base, channel: 'status', mpan: null, event: '', sur: `status-${tag}`, transaction: `status-${tag}`, text: json(injection.status) };
  const closure = injection.closure;
  const channel = closure?.interface ?? 'IF-047';
  const mpan = closure === undefined ? null : (closure.mpan ?? injection.mpan ?? '');
  const sur = registrySur(channel, at, `${tag}00`);
  const transaction = transactionId(channel, REGISTRY_DIP_ID, 'REGS', at, `${instance.slice(0, 4)}${tag}00`);
  const event = closure === undefined ? '[IndustryStandingData]' : closureEvent(closure);
  const service = (mpan === null ? null : registry.find(mpan).service) ?? { dipId: '1200000026', mpid: 'MOPY', from: '2025-11-01' };
  const custom =
    closure === undefined
      ? json({
          agents: AGENTS.map((agent) => ({
            DIPID: agent.dip_id,
            MPID: agent.mpid,
            name: agent.name,
            role: agent.role,
            effectiveFromDate: agent.effective_from,
          })),
        })
      : renderClosure(closure, {
          service,
          from: londonDate(at),
          successor: closesAppointed(closure) ? service : { dipId: '1200000015', mpid: 'MOPX' },
          cssRegistrationId: null,
        });
  const text = renderEnvelope({
    interface: channel,
    event,
    environment: injection.environment ?? 'SIT',
    sur,
    transaction,
    sentAt: at,
    transactionAt: at,
    senderCorrelation: null,
    initialCorrelation: null,
    replay: false,
    primary: [recipient],
    secondary: [],
    m0: mpan === null ? '' : `{"MPANCore":"${mpan}","distributorDIPID":"2500000033","GSPGroupID":"_H"}`,
    r0: '',
    custom,
  });
  return { ...base, channel, mpan, event, sur, transaction, text };
}
