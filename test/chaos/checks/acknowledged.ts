/** Nothing that was acknowledged is lost, done twice, or left undone. */
import type { AppointmentAcknowledged, Check, Evidence } from '../evidence.ts';

const ENDED = new Set(['Success', 'Failed']);
const NOT_ENDED = new Set(['PENDING', '']);

export const acknowledgedOnce: Check = {
  rule: 'every acknowledged appointment exists once, and none besides',
  find: ({ appointments, requests }) => [
    ...appointments.flatMap((one) => {
      const same = requests.filter(({ requestId }) => requestId === one.requestId);
      if (same.length !== 1) return [`${named(one)}: exists ${same.length} times`];
      return same[0]?.mpan === one.mpan && same[0].mpid === one.mpid ? [] : [`${named(one)}: is of ${same[0]?.mpid} ${same[0]?.mpan}`];
    }),
    ...duplicates(appointments.map(({ requestId }) => requestId)).map((id) => `${id}: was told to two callers`),
    ...duplicates(requests.map(({ mpid, mpan }) => `${mpid} ${mpan}`)).map((of) => `${of}: has several processes for one key`),
    ...unknownOnes({ appointments, requests }),
  ],
};

export const acknowledgedEnds: Check = {
  rule: 'every acknowledged request is terminal after the settle time',
  find: ({ requests, actions, actionsSeen }) => {
    const results = new Map(actionsSeen.map(({ requestId, result }) => [requestId, result]));
    return [
      ...requests.filter(({ status }) => !ENDED.has(status)).map(({ requestId, mpan, status }) => `${requestId} of ${mpan}: is ${status}`),
      ...actions
        .filter(({ requestId }) => NOT_ENDED.has(results.get(requestId) ?? ''))
        .map(({ requestId }) => `action ${requestId}: is ${results.get(requestId) ?? 'gone'}`),
      ...duplicates(actions.map(({ requestId }) => requestId)).map((id) => `action ${id}: was told to two callers`),
    ];
  },
};

export const endsAsTheMarketHadIt: Check = {
  rule: 'every appointment ended as the market had it',
  find: ({ requests, flows, cancels, surs }) => {
    const becomes = new Map(flows.map(({ mpan, becomes: how }) => [mpan, how]));
    const cancelled = new Set(cancels.map(({ requestId }) => requestId));
    const wrong = requests.flatMap(({ requestId, mpan, status, errors }) => {
      if (cancelled.has(requestId)) return status === 'Failed' || status === becomes.get(mpan) ? [] : [`${requestId} of ${mpan}: cancelled, is ${status}`];
      return status === becomes.get(mpan)
        ? []
        : [`${requestId} of ${mpan}: is ${status} (${errors.join(', ')}), the market has ${becomes.get(mpan) ?? 'nothing of it'}`];
    });
    return surs.count > requests.length ? [...wrong, `${surs.count} references for ${requests.length} processes`] : wrong;
  },
};

export const sameAnswerAgain: Check = {
  rule: 'a key that comes again is answered as at first',
  find: ({ appointments }) =>
    appointments.flatMap((one) =>
      one.textAgain === undefined || one.textAgain === one.text ? [] : [`${named(one)}: first ${one.text}, then ${one.textAgain}`],
    ),
};

export const answeredWell: Check = {
  rule: 'callers are answered, or told to come again',
  find: ({ refused, unanswered }) => [...refused, ...unanswered.map((what) => `${what}: never answered`)],
};

export const neverForgotten: Check = {
  rule: 'what was acknowledged is seen from then on by everybody, and an end is an end',
  find: ({ sightings }) => {
    const ended = new Map<string, string>();
    return sightings.flatMap(({ requestId, status }) => {
      if (status === null) return [`${requestId}: acknowledged and not found`];
      const before = ended.get(requestId);
      if (ENDED.has(status)) ended.set(requestId, status);
      return before !== undefined && before !== status ? [`${requestId}: was ${before}, then ${status}`] : [];
    });
  },
};

function unknownOnes({ appointments, requests }: Pick<Evidence, 'appointments' | 'requests'>): readonly string[] {
  const told = new Set(appointments.map(({ requestId }) => requestId));
  return requests.filter(({ requestId }) => !told.has(requestId)).map(({ requestId, mpan }) => `${requestId} of ${mpan}: exists and was told to nobody`);
}

const named = ({ requestId, mpid, mpan }: AppointmentAcknowledged): string => `${requestId} (${mpid} ${mpan})`;

function duplicates(values: readonly string[]): readonly string[] {
  const seen = new Set<string>();
  return [...new Set(values.filter((value) => seen.size === seen.add(value).size))];
}
