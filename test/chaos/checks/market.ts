/** What reached the market and the legacy gateway. */
import type { Check } from '../evidence.ts';

export const oneBodyPerReference: Check = {
  rule: 'no reference came with two bodies',
  find: ({ surs }) => surs.differentBytes.map((conflict) => JSON.stringify(conflict)),
};

export const d0151Once: Check = {
  rule: 'each accepted migration has one D0151 line, and nobody else has any',
  find: ({ appointments, requests, dtn }) => {
    const status = new Map(requests.map(({ requestId, status: how }) => [requestId, how]));
    const owed = new Set(
      appointments
        .filter(({ scenario, requestId }) => scenario.startsWith('MC') && status.get(requestId) === 'Success')
        .map(({ mpid, mpan }) => `${mpid} ${mpan}`),
    );
    const there = new Map<string, number>();
    for (const { sender, mpan, times } of dtn.lines) there.set(`${sender} ${mpan}`, (there.get(`${sender} ${mpan}`) ?? 0) + times);
    return [
      ...[...owed].filter((of) => !there.has(of)).map((of) => `${of}: has none`),
      ...[...there].filter(([, times]) => times !== 1).map(([of, times]) => `${of}: has ${times}`),
      ...[...there.keys()].filter((of) => !owed.has(of)).map((of) => `${of}: has one and is owed none`),
      ...dtn.conflicts.map((file) => `file ${file}: came with two contents`),
      ...(dtn.repeated > 0 ? [`${dtn.repeated} lines came again`] : []),
    ];
  },
};
