/** Every command of this release that is not a program of its own. */
import type { CommandSpec } from '../command.ts';
import { actorCommands } from './actors.ts';
import { appoint } from './appoint.ts';
import { decode } from './decode.ts';
import { houseCommands } from './house.ts';
import { importCommands } from './imports.ts';
import { key } from './keys.ts';
import { requests } from './requests.ts';
import { vectors } from './vectors.ts';

export const commands: readonly CommandSpec[] = [appoint, requests, ...actorCommands, key, ...importCommands, ...houseCommands, decode, vectors];
