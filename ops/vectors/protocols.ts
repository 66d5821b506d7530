/** Every protocol, by the name of its vector file. */
import { ceweIec } from './cewe-iec.ts';
import { cosemData } from './dlms/cosem-data.ts';
import { dlmsApdu } from './dlms/dlms-apdu.ts';
import { dlmsHdlc } from './dlms/dlms-hdlc.ts';
import { dlmsSecurity } from './dlms/dlms-security.ts';
import { dlmsWrapper } from './dlms/dlms-wrapper.ts';
import { edmi } from './edmi.ts';
import { elsterFlag } from './elster-flag.ts';
import { emlite } from './emlite.ts';
import { iec62056 } from './iec62056-21.ts';
import { landisGyr } from './landis-gyr.ts';
import type { Protocol } from './mapping.ts';
import { sessions } from './sessions.ts';

/** Where several recognise the same octets equally, the first is taken. */
export const protocols: readonly Protocol[] = [
  dlmsHdlc,
  dlmsWrapper,
  dlmsApdu,
  dlmsSecurity,
  cosemData,
  elsterFlag,
  ceweIec,
  iec62056,
  edmi,
  emlite,
  landisGyr,
  sessions,
];

export function protocolNamed(name: string): Protocol | undefined {
  return protocols.find((protocol) => protocol.name === name);
}

/** The protocol that is surest of these octets; undefined when none knows them. */
export function recogniseProtocol(octets: Uint8Array): Protocol | undefined {
  let best: Protocol | undefined;
  let surest = 0;
  for (const protocol of protocols) {
    const sure = protocol.recognise(octets);
    if (sure > surest) {
      best = protocol;
      surest = sure;
    }
  }
  return best;
}
