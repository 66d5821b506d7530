/** Names, serial numbers, the invocation counter and a few registers: everything that is only read. */
import type { Obis } from '../../../../workers/codec/apdu/index.ts';
import { type Asker, ascii, type CosemObject, enumerated, type Got, integer, octetString, structure, UNDEFINED } from './objects.ts';

type Value = (asker: Asker) => Got;

/** Class 1: its value is attribute 2. */
function data(obis: Obis, base: number, isPublic: boolean, value: Value): CosemObject {
  const get = (attribute: number, asker: Asker): Got => (attribute === 2 ? value(asker) : UNDEFINED);
  return { classId: 1, version: 0, obis, base, attributes: 2, methods: 0, methodOffset: 0x1000, isPublic, get };
}

/** Class 3: value, and scaler with unit. */
function register(obis: Obis, base: number, value: Value): CosemObject {
  const get = (attribute: number, asker: Asker): Got => (attribute === 2 ? value(asker) : structure(integer(0), enumerated(30)));
  return { classId: 3, version: 0, obis, base, attributes: 3, methods: 1, methodOffset: 0x28, isPublic: false, get };
}

const serial: Value = ({ line, settings }) => {
  line.read('serial');
  return octetString(ascii(`${settings.serialPrefix}${line.meter.serialNumber}`));
};

/** Logical device name: three letters of the maker and the serial number, 16 octets at most. */
const deviceName: Value = ({ line, settings }) => {
  line.read('device-name');
  return octetString(ascii(`${settings.maker}${line.meter.serialNumber}`.slice(0, 16)));
};

const energy =
  (seed: number): Value =>
  ({ line }) => ({ type: 'double-long-unsigned', value: (Math.floor(line.meter.clock.now() / 60_000) * seed) % 100_000_000 });

/** Short names: `FD00` is the serial number of Landis+Gyr meters (meter-protocols 6.5); the others have no public values. */
export function identityObjects(): readonly CosemObject[] {
  return [
    data([0, 0, 42, 0, 0, 255], 0x0500, true, deviceName),
    data([0, 0, 96, 1, 0, 255], 0x0600, false, serial),
    data([1, 0, 0, 0, 0, 255], 0xfd00, false, serial),
    data([1, 0, 0, 2, 0, 255], 0x0700, false, () => octetString(ascii('V3.14'))),
    data([0, 0, 43, 1, 0, 255], 0x0800, true, ({ line }) => {
      line.read('invocation-counter');
      return { type: 'double-long-unsigned', value: line.meter.clientCounter };
    }),
    register([1, 0, 1, 8, 0, 255], 0x0900, energy(3)),
    register([1, 0, 2, 8, 0, 255], 0x0a00, energy(1)),
    register([1, 0, 3, 8, 0, 255], 0x0b00, energy(2)),
  ];
}
