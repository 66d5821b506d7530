/** A meter's link machine behind a socket. */
import type { Socket } from 'node:net';
import type { LinkMachine, LinkStep } from '../../../workers/codec/common/index.ts';

export interface Served<Command> {
  do(command: Command): void;
}

/** Feeds a server machine from the socket; `onEvent` answers through `do`. Deadlines are not served: meters of tests wait for nothing. */
export function serve<Command, Event>(
  socket: Socket,
  machine: LinkMachine<Command, Event>,
  onEvent: (event: Event, served: Served<Command>) => void = () => {},
): Served<Command> {
  const perform = (step: LinkStep<Event>) => {
    for (const octets of step.send) socket.write(octets);
    for (const event of step.events) onEvent(event, served);
  };
  const served: Served<Command> = { do: (command) => perform(machine.step({ type: 'command', command }, performance.now())) };
  socket.on('data', (octets) => perform(machine.step({ type: 'octets', octets: new Uint8Array(octets) }, performance.now())));
  return served;
}
