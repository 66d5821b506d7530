/** One session through an optical head, in a process of its own: the serial port library works on the main thread only. */
import type { LinkOpener } from '../../../actors/link/index.ts';
import { createProfileCatalogue } from '../../../actors/profile/index.ts';
import type { SessionResult } from '../../../machines/meter-session/index.ts';
import type { FarmMeter } from '../../../ops/sim/meters/index.ts';
import { SerialLink } from '../../support/link/serial-link.ts';
import { order, sessionPolicy, sessionWorld } from './world.ts';

export interface Job {
  readonly meter: FarmMeter;
  /** Of the request, where it is not the meter's. */
  readonly serialNumber?: string;
  /** The port keeps the speed that it was opened with. */
  readonly stiff?: boolean;
}

export interface Ran {
  readonly result: SessionResult;
  /** Every change of the port: `300 7E1`. */
  readonly changes: readonly string[];
}

/** How every head begins (meter-protocols 6.9, "optical start"). */
const SIGN_ON = { dataBits: 7, parity: 'even', stopBits: 1 } as const;

const { meter, serialNumber, stiff } = JSON.parse(process.argv[2] ?? '') as Job;
const opened: SerialLink[] = [];
const links: LinkOpener = {
  async open() {
    const link = await SerialLink.open(meter.ptyPath ?? '', 300, SIGN_ON);
    if (stiff) link.setSpeed = async () => {};
    opened.push(link);
    return link;
  },
};
const usual = sessionPolicy();
const policy = stiff ? { ...usual, deadlines: { ...usual.deadlines, signOnMs: 2_000 } } : usual;
const pauses = meter.meterType.startsWith('ELSTER') ? { elster: { wakePauseMs: 300, operandPauseMs: 50, breakPauseMs: 300 } } : {};
const profile = createProfileCatalogue({ types: { [meter.meterType]: { timing: { pauseBeforeRequestMs: 0 }, ...pauses } } }).find(meter.meterType);
const world = sessionWorld({ links, policy, profileOf: () => profile });
const { result } = await world.runner.run(order({ ...meter, ...(serialNumber === undefined ? {} : { serialNumber }) }), world.watcher());
const ran: Ran = { result, changes: opened.flatMap(({ changes }) => changes) };
process.stdout.write(JSON.stringify(ran));
