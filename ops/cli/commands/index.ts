/** Every command of this release that is not a program of its own. */
import type { CommandSpec } from '../command.ts';
import { actorCommands } from './actors.ts';
import { appoint } from './appoint.ts';
import { cancel } from './cancel.ts';
import { cluster, drain } from './cluster.ts';
import { decode } from './decode.ts';
import { events } from './events.ts';
import { houseCommands } from './house.ts';
import { importCommands } from './imports.ts';
import { key } from './keys.ts';
import { lines } from './lines.ts';
import { meterKeys } from './meter-keys.ts';
import { loginLink, operator } from './operator.ts';
import { profiles } from './profiles.ts';
import { readClock } from './read-clock.ts';
import { requests } from './requests.ts';
import { sessions } from './sessions.ts';
import { setTime } from './set-time.ts';
import { status } from './status.ts';
import { store } from './store-copy.ts';
import { token } from './token.ts';
import { vectors } from './vectors.ts';
import { watch } from './watch.ts';
import { webhook } from './webhook.ts';

export const commands: readonly CommandSpec[] = [
  appoint,
  requests,
  setTime,
  readClock,
  status,
  cancel,
  watch,
  ...actorCommands,
  sessions,
  lines,
  profiles,
  key,
  token,
  operator,
  loginLink,
  webhook,
  meterKeys,
  events,
  cluster,
  drain,
  ...importCommands,
  ...houseCommands,
  store,
  decode,
  vectors,
];
