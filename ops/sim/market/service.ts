/**
 * The metering services of the simulated market. REGS asks the proposed one by IF-033, it answers by IF-034, both in the market's envelope
 * (appointments 5.3, 5.4); they live in this process, so the exchange is two function calls and no wire.
 */
import { json, registrySur, renderEnvelope, transactionId } from './envelope.ts';
import type { Flow } from './flow.ts';
import { londonDateTime } from './london.ts';
import { premisesOf } from './premises.ts';
import { REGISTRY_DIP_ID } from './seed.ts';

/** IF-033 as the proposed metering service gets it. */
export function renderRequest(instance: string, flow: Flow, supplierMpid: string, at: number): string {
  const tag = flow.n.toString(16).padStart(10, '0');
  const incumbent =
    flow.incumbent === null
      ? ''
      : `,"B072":{"incumbentMeteringServiceDIPID":"${flow.incumbent.dipId}","incumbentMeteringServiceMPID":"${flow.incumbent.mpid}"}`;
  return renderEnvelope({
    interface: 'IF-033',
    event: '[MSAppSPRequest]',
    environment: flow.environment,
    sur: registrySur('IF-033', at, `${tag}33`),
    transaction: transactionId('IF-033', REGISTRY_DIP_ID, 'REGS', at, `${instance.slice(0, 4)}${tag}33`),
    sentAt: at,
    transactionAt: at,
    senderCorrelation: flow.correlation,
    initialCorrelation: flow.correlation,
    replay: false,
    primary: [flow.service],
    secondary: [],
    m0: `{"MPANCore":"${flow.mpan}","distributorDIPID":"${flow.distributor}","GSPGroupID":"${flow.gsp}"}`,
    r0: '',
    custom:
      `{"B012":{"serviceProviderAppointmentRequestingSupplierDIPID":"${flow.supplier}","serviceProviderAppointmentRequestingSupplierMPID":"${supplierMpid}"},${premisesOf(flow.mpan)},` +
      `"B070":{"proposedMeteringServiceDIPID":"${flow.service}","proposedMeteringServiceMPID":"${flow.serviceMpid}","proposedMeteringServiceDIPEffectiveFromDate":"${flow.effectiveFrom}",` +
      `"contractReferenceMeteringService":${json(flow.contract)},"appointmentScenario":"${flow.scenario}"}${incumbent}}`,
  });
}

interface Request {
  readonly payload: {
    readonly CommonBlock: { readonly S1: { readonly senderCorrelationID: string; readonly environmentTag: string }; readonly M0: object };
    readonly CustomBlock: { readonly B012: object; readonly B070: { readonly proposedMeteringServiceDIPID: string } };
  };
}

/** IF-034, the metering service's answer to an IF-033. `code` and `text` are what the market's rules make it decide. */
export function answerRequest(request: string, code: string, text: string | null, at: number): string {
  const { CommonBlock: common, CustomBlock: custom } = (JSON.parse(request) as Request).payload;
  const sender = custom.B070.proposedMeteringServiceDIPID;
  return json({
    payload: {
      CommonBlock: {
        S0: { interfaceID: 'IF-034', schemaVersion: '011', eventCode: '[MSAppSPResponse]' },
        S1: {
          environmentTag: common.S1.environmentTag,
          subText: null,
          senderUniqueReference: `S-IF-034-${sender}-MSS-${londonDateTime(at).slice(0, 10).replaceAll('-', '')}-${common.S1.senderCorrelationID.slice(-16)}`,
          senderTimestamp: londonDateTime(at),
          senderDIPID: sender,
          senderRoleID: 'MSS',
          senderCorrelationID: common.S1.senderCorrelationID,
          DIPConnectionProviderID: null,
        },
        M0: common.M0,
      },
      CustomBlock: { B007: { responseCode: code, proposedAppointmentResponseCode: text }, B012: custom.B012, B070: custom.B070 },
    },
  });
}

/** What REGS takes from an IF-034. */
export function readAnswer(answer: string): { readonly code: string; readonly text: string | null } {
  const block = (JSON.parse(answer) as { payload: { CustomBlock: { B007: { responseCode: string; proposedAppointmentResponseCode: string | null } } } }).payload
    .CustomBlock.B007;
  return { code: block.responseCode, text: block.proposedAppointmentResponseCode };
}
