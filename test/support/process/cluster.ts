/** Three engines that share a MongoDB database, for tests of what holds between them. Each test file has a server of its own. */
import test, { type ExecutionContext } from 'ava';
import { needs } from '../../../ops/test/needs.ts';
import { mongodbMissing, mongodbUrl } from '../mongodb.ts';
import { BRISK, Installation, type InstallationOptions } from './installation.ts';
import { freshStore, type SharedStore } from './shared-store.ts';

type Declare = (title: string, run: (t: ExecutionContext) => Promise<void> | void) => void;

/** Declares a test that needs the server; those of a file one after the other. */
export const clusterTest: Declare = needs(test.serial, 'mongodb', mongodbMissing);

/** Whether there is a server; hooks that start a cluster look here first. */
export const hasServer = mongodbMissing === undefined;

export async function ownStore(): Promise<SharedStore> {
  return freshStore(await mongodbUrl());
}

/** Three engines, unless told otherwise. @param t ends it with the test; absent: the caller removes it */
export async function startCluster(t: Pick<ExecutionContext, 'teardown'> | undefined, options: InstallationOptions = {}): Promise<Installation> {
  return Installation.started(t, { nodes: 3, settings: BRISK, mongodb: await ownStore(), ...options });
}
