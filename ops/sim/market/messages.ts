/** The messages that answer a flow, as text. Rendered when they are sent, and again, the same, when they are sent again. */
import { closesAppointed, closureEvent, renderClosure } from './closures.ts';
import { json, registrySur, renderEnvelope, transactionId } from './envelope.ts';
import type { Flow, Step } from './flow.ts';
import { londonDateTime } from './london.ts';
import { DOMESTIC, metersOf, premisesOf } from './premises.ts';
import { REGISTRY_DIP_ID } from './seed.ts';

const INTERFACES = { initial: 'IF-032', outcome: 'IF-035', active: 'IF-036', aligned: 'IF-036', status: 'status' } as const;
const NOBODY = { dipId: '1200000026', mpid: 'MOPY', from: '2025-11-01' } as const;

/** The channel that a step is published on: an interface, or `status`. */
export function channelOf(flow: Flow, step: Step): string {
  if (step.kind === 'closure') return flow.rule?.closures?.[step.index]?.interface ?? 'IF-037';
  return INTERFACES[step.kind];
}

/** The meter point that a step is about. */
export function mpanOf(flow: Flow, step: Step): string {
  if (step.kind === 'aligned') return step.mpan;
  return step.kind === 'closure' ? (flow.rule?.closures?.[step.index]?.mpan ?? flow.mpan) : flow.mpan;
}

export function eventOf(flow: Flow, step: Step): string {
  switch (step.kind) {
    case 'initial':
      return '[MSAppInitialResp]';
    case 'outcome':
      return step.event;
    case 'active':
    case 'aligned':
      return '[MSAppActive]';
    case 'closure': {
      const closure = flow.rule?.closures?.[step.index];
      return closure === undefined ? '[MSDeApp]' : closureEvent(closure);
    }
    case 'status':
      return '';
  }
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}

/** References of a step: 12 hex digits for the SUR, 16 for the transaction, unique by journal, flow and step. */
export function referencesOf(instance: string, flow: Flow, step: Step): { readonly sur: string; readonly transaction: string } {
  const channel = channelOf(flow, step);
  const at = flow.at + step.dueMs;
  const sur = registrySur(channel, at, hex(flow.n, 10) + hex(step.sameReferenceAs ?? step.k, 2));
  const transaction = transactionId(channel, REGISTRY_DIP_ID, 'REGS', at, instance.slice(0, 4) + hex(flow.n, 10) + hex(step.sameTransactionAs ?? step.k, 2));
  return { sur, transaction };
}

function proposed(flow: Flow): string {
  return `"B070":{"proposedMeteringServiceDIPID":"${flow.service}","proposedMeteringServiceMPID":"${flow.serviceMpid}","proposedMeteringServiceDIPEffectiveFromDate":"${flow.effectiveFrom}","contractReferenceMeteringService":${json(flow.contract)},"appointmentScenario":"${flow.scenario}"}`;
}

function requester(flow: Flow, supplierMpid: string): string {
  return `"B012":{"serviceProviderAppointmentRequestingSupplierDIPID":"${flow.supplier}","serviceProviderAppointmentRequestingSupplierMPID":"${supplierMpid}"}`;
}

function css(flow: Flow): string {
  return flow.cssRegistrationId === null ? '' : `,"B013":{"CSSRegistrationID":${json(flow.cssRegistrationId)}}`;
}

function links(flow: Flow, supplierMpid: string): string {
  const { linked, related } = flow.rule ?? {};
  const exports = linked?.map((mpan) => ({
    linkedImportExportMPAN: mpan,
    linkedMPANEnergyDirection: 'E',
    importExportMPANSupplierDIPID: flow.supplier,
    importExportMPANSupplierMPID: supplierMpid,
  }));
  const secondaries = related?.map((mpan) => ({ primaryMPAN: flow.mpan, secondaryMPAN: mpan }));
  return `${exports === undefined ? '' : `,"B035List":${json(exports)}`}${secondaries === undefined ? '' : `,"B037List":${json(secondaries)}`}`;
}

function activeBlocks(flow: Flow, supplierMpid: string, mpan: string, service: string, serviceMpid: string, effectiveFrom: string, scenario: string): string {
  const meters = metersOf(mpan, flow.rule?.meters ?? 1, flow.rule?.meterValues ?? 'plain');
  return (
    `{${requester(flow, supplierMpid)},"B014":{"incomingMeteringServiceDIPID":"${service}","incomingMeteringServiceEffectiveFromDate":"${effectiveFrom}",` +
    `"incomingMeteringServiceMPID":"${serviceMpid}","contractReferenceMeteringService":${json(flow.contract)},"appointmentScenario":"${scenario}"}` +
    `${css(flow)},${premisesOf(mpan)},${DOMESTIC}${meters}${mpan === flow.mpan ? links(flow, supplierMpid) : ''}}`
  );
}

function customOf(flow: Flow, step: Step, supplierMpid: string): string {
  switch (step.kind) {
    case 'initial':
      return `{${proposed(flow)}${css(flow)}}`;
    case 'outcome':
      return `{"B007":{"responseCode":${json(step.code)},"proposedAppointmentResponseCode":${json(step.text)}},${requester(flow, supplierMpid)},${proposed(flow)}${css(flow)}}`;
    case 'active':
      return activeBlocks(flow, supplierMpid, flow.mpan, step.service, step.serviceMpid, step.effectiveFrom, flow.scenario);
    case 'aligned':
      return activeBlocks(flow, supplierMpid, step.mpan, flow.service, flow.serviceMpid, flow.effectiveFrom, 'ALG');
    case 'closure': {
      const closure = flow.rule?.closures?.[step.index];
      if (closure === undefined) return '{}';
      const from = flow.effectiveFrom.slice(0, 10);
      const service = closesAppointed(closure) ? { dipId: flow.service, mpid: flow.serviceMpid, from } : (flow.incumbent ?? NOBODY);
      return renderClosure(closure, { service, from, successor: { dipId: flow.service, mpid: flow.serviceMpid }, cssRegistrationId: flow.cssRegistrationId });
    }
    case 'status':
      return '{}';
  }
}

function renderStatus(flow: Flow, step: Step & { kind: 'status' }): string {
  const sent = londonDateTime(flow.at + step.dueMs);
  return json({
    messageArray: [
      {
        transactionID: flow.transaction,
        senderUniqueReference: flow.sur,
        correlationID: flow.correlation,
        sentTimestamp: sent,
        senderID: step.level === 'L2' ? '00000000000' : REGISTRY_DIP_ID,
        recipientID: flow.supplier,
        DIPConnectionProviderID: null,
        message: step.message,
        help: null,
        serviceTicketURL: null,
      },
    ],
    timestamp: sent,
  });
}

/** The text of a step's message: an element of the array that is posted. `replay`: it is given out again on request. */
export function renderStep(instance: string, flow: Flow, step: Step, supplierMpid: string, replay = false): string {
  if (step.kind === 'status') return renderStatus(flow, step);
  const interfaceId = channelOf(flow, step);
  const at = flow.at + step.dueMs;
  const mpan = mpanOf(flow, step);
  const chained = step.kind !== 'closure';
  return renderEnvelope({
    interface: interfaceId,
    event: eventOf(flow, step),
    environment: flow.environment,
    ...referencesOf(instance, flow, step),
    sentAt: at,
    transactionAt: step.kind === 'outcome' ? at + step.stampMs : at,
    senderCorrelation: chained ? flow.correlation : null,
    initialCorrelation: chained ? flow.correlation : null,
    replay: replay || (step.sameReferenceAs !== undefined && step.sameTransactionAs === undefined),
    primary: step.kind === 'outcome' ? [flow.supplier, flow.service] : [flow.supplier],
    secondary: step.kind === 'active' || step.kind === 'aligned' ? [flow.service, flow.distributor] : [],
    m0: `{"MPANCore":"${mpan}","distributorDIPID":"${flow.distributor}","GSPGroupID":"${flow.gsp}"}`,
    r0: step.kind === 'initial' && step.code !== null ? `{"responseCode":"${step.code}","responseMessages":${json(step.messages)}}` : '',
    custom: customOf(flow, step, supplierMpid),
  });
}
