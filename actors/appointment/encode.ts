/** What leaves an appointment process for the DIP: exact bytes of IF-031 (appointments 3, 5.1, 6), delivery queries, replay requests. Pure. */
import type { QueryDeliveryParams, RequestReplayParams, SendDipParams } from '../../machines/appointment/index.ts';
import { formatUtc, londonMidnight } from '../../machines/calendar/index.ts';
import { checkIf031 } from '../dip/schema/index.ts';
import type { OutsideEffect } from '../engine/definition.ts';

export type EnvironmentTag = 'PRD' | 'SITB' | 'SIT' | 'UIT' | 'DEV';

const EVENT_CODE = '[MSApp]';

/** The item `{"payload": …}`; the DIP channel puts items into an array. */
export function encodeIf031(params: SendDipParams, environmentTag: EnvironmentTag): { readonly payload: Readonly<Record<string, unknown>> } {
  return {
    payload: {
      CommonBlock: {
        S0: { interfaceID: params.interface, schemaVersion: '011', eventCode: EVENT_CODE },
        S1: {
          environmentTag,
          subText: null,
          senderUniqueReference: params.sur,
          senderTimestamp: formatUtc(params.sentAt),
          senderDIPID: params.supplierDipId,
          senderRoleID: 'SUP',
          senderCorrelationID: null,
          DIPConnectionProviderID: null,
        },
        M0: { MPANCore: params.mpan, distributorDIPID: params.distributorDipId, GSPGroupID: params.gspGroupId },
      },
      CustomBlock: {
        B070: {
          proposedMeteringServiceDIPID: params.meteringServiceDipId,
          proposedMeteringServiceMPID: params.meteringServiceMpid,
          proposedMeteringServiceDIPEffectiveFromDate: londonMidnight(params.effectiveFrom),
          contractReferenceMeteringService: params.contractReference,
          appointmentScenario: params.scenario,
        },
        ...(params.cssRegistrationId === null ? {} : { B013: { CSSRegistrationID: params.cssRegistrationId } }),
      },
    },
  };
}

/**
 * The outside effects of the appointment machine by name. A message that breaks schema 011 carries its `fault`, and the channel
 * rejects it instead of sending it: the request was checked, so only stored facts can be to blame.
 */
export function appointmentEffects(environmentTag: EnvironmentTag): Readonly<Record<string, OutsideEffect>> {
  return {
    sendDip: {
      channel: 'dip',
      encode: (json) => {
        const params = json as unknown as SendDipParams;
        const item = encodeIf031(params, environmentTag);
        const { sur, test, supplierDipId } = params;
        const [fault] = checkIf031(item);
        return {
          key: sur,
          name: sur,
          data: { interface: params.interface, sur, supplierDipId, test, ...(fault && { fault: `${fault.field} ${fault.rule}` }) },
          body: JSON.stringify(item),
          log: {
            direction: 'outbound',
            channel: 'dip',
            interface: params.interface,
            event_code: EVENT_CODE,
            reference: sur,
            correlation_id: null,
            test,
            payload: item.payload as never,
          },
        };
      },
    },
    queryDelivery: {
      channel: 'dip-query',
      encode: (json) => ({ name: `delivery:${(json as unknown as QueryDeliveryParams).sur}`, data: json }),
    },
    requestReplay: {
      channel: 'dip-query',
      encode: (json) => ({ name: `replay:${(json as unknown as RequestReplayParams).interface}`, data: json }),
    },
  };
}
