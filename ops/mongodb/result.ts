/** There is no such server here, and why: tests that need it are skipped with the reason. */
export interface MongodbUnavailable {
  readonly kind: 'unavailable';
  readonly reason: string;
}

/** A step failed. The message is for people: what, why. */
export class MongodbSetupError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'MongodbSetupError';
  }
}

export function unavailable(reason: string): MongodbUnavailable {
  return { kind: 'unavailable', reason };
}
