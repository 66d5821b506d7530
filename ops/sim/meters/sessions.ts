/** The protocol of each meter type. */
import { CeweMeter } from './cewe.ts';
import { DlmsSession } from './dlms/session.ts';
import { EdmiMeter } from './edmi.ts';
import { ElsterMeter } from './elster.ts';
import { EmliteMeter } from './emlite.ts';
import { IecSession } from './iec-session.ts';
import type { MeterLine, MeterSession } from './session.ts';

export function openSession(line: MeterLine): MeterSession {
  switch (line.meter.spec.meterType) {
    case 'ELSTERA1700':
    case 'ELSTERA1140':
    case 'ELSTERAS230':
      return new IecSession(line, new ElsterMeter(line));
    case 'CEWEPRO':
      return new IecSession(line, new CeweMeter(line));
    case 'EDMIATLAS':
      return new EdmiMeter(line);
    case 'EMLITECOP10':
      return new EmliteMeter(line);
    case 'ISKRA_MX37X':
    case 'LG_DLMS':
    case 'CEWEPRO100':
      return new DlmsSession(line);
  }
}
