/**
 * What every store must do, written against the port. An adapter's test file calls `storeContract` with a way to open a
 * fresh, empty store; nothing in here knows what is underneath.
 */
import { announcedContract } from './contract-announced.ts';
import { commitContract } from './contract-commit.ts';
import { findContract } from './contract-find.ts';
import type { OpenStore } from './contract-harness.ts';
import { outboxContract } from './contract-outbox.ts';
import { propertyContract } from './contract-properties.ts';
import { slotContract } from './contract-slots.ts';

export type { OpenStore } from './contract-harness.ts';

export function storeContract(open: OpenStore): void {
  commitContract(open);
  slotContract(open);
  findContract(open);
  outboxContract(open);
  announcedContract(open);
  propertyContract(open);
}
