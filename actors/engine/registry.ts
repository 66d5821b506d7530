/** The kinds of actors that this engine knows, each with its stepper, and the handlers of commands. */
import type { ActorId, Json } from '../../machines/common/effects.ts';
import { MeterwrightError } from '../errors/error.ts';
import type { ActorDoc } from '../store/store.ts';
import type { ActorDefinition, Handler } from './definition.ts';
import { makeStepper, type Stepper } from './inert-scope.ts';

export interface KnownKind {
  readonly definition: ActorDefinition;
  readonly stepper: Stepper;
}

/** A document that cannot be brought to life here: its actor is parked, its messages are kept (architecture, section 3). */
export class UnloadableError extends MeterwrightError {
  constructor(message: string, details: Record<string, unknown>, cause?: unknown) {
    super('actor_unloadable', message, { retry: 'later', details, cause });
  }
}

export class Registry {
  readonly #kinds = new Map<string, KnownKind>();
  readonly #handlers = new Map<string, Handler>();

  define(definition: ActorDefinition): this {
    this.#kinds.set(definition.kind, { definition, stepper: makeStepper(definition.machine) });
    return this;
  }

  handle(type: string, handler: Handler): this {
    this.#handlers.set(type, handler);
    return this;
  }

  definitions(): readonly ActorDefinition[] {
    return [...this.#kinds.values()].map(({ definition }) => definition);
  }

  kind(name: string): KnownKind | undefined {
    return this.#kinds.get(name);
  }

  kindOfId(id: ActorId): KnownKind | undefined {
    return this.#kinds.get(id.slice(0, id.indexOf(':')));
  }

  handler(type: string): Handler | undefined {
    return this.#handlers.get(type);
  }

  /**
   * The live snapshot of a stored document, lifted to the version of today.
   * @throws UnloadableError when the kind is unknown, the snapshot is newer, or its migration fails.
   */
  restore(doc: ActorDoc): unknown {
    const known = this.#kinds.get(doc.kind);
    if (!known) throw new UnloadableError(`kind: unknown here: ${doc.kind}`, { actor: doc.id, kind: doc.kind });
    const { machineVersion, migrate } = known.definition;
    if (doc.machineVersion > machineVersion) {
      throw new UnloadableError(`machineVersion: newer than this engine knows: ${doc.machineVersion} > ${machineVersion}`, { actor: doc.id });
    }
    try {
      const persisted: Json = doc.machineVersion === machineVersion ? doc.snapshot : migrate(doc.snapshot, doc.machineVersion);
      return known.stepper.restore(persisted);
    } catch (cause) {
      throw new UnloadableError(`snapshot: cannot be restored from version ${doc.machineVersion}`, { actor: doc.id }, cause);
    }
  }
}
