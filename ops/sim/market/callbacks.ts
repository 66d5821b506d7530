/** Callback URLs that participants registered, kept on disk (appointments 2.4). */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';

export class Callbacks {
  readonly #file: string;
  readonly #base: string | undefined;
  readonly #urls: Map<string, string>;

  /** `base`: where messages go that nobody registered for; none: they wait. */
  constructor(file: string, base: string | undefined) {
    this.#file = file;
    this.#base = base?.replace(/\/+$/, '');
    this.#urls = new Map(existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as [string, string][]) : []);
  }

  /** `channel`: an interface, or `status`. */
  target(channel: string, recipient: string): string | null {
    return this.#urls.get(`${channel}|${recipient}`) ?? (this.#base === undefined ? null : `${this.#base}/dip/inbound/${channel}`);
  }

  register(channel: string, recipient: string, url: string): void {
    this.#urls.set(`${channel}|${recipient}`, url);
    this.#save();
  }

  remove(channel: string, recipient: string): void {
    if (this.#urls.delete(`${channel}|${recipient}`)) this.#save();
  }

  list(): Record<string, string> {
    return Object.fromEntries(this.#urls);
  }

  #save(): void {
    writeFileSync(`${this.#file}.part`, JSON.stringify([...this.#urls]));
    renameSync(`${this.#file}.part`, this.#file);
  }
}

/** The callback URL of a registration's body; the error names field and rule. */
export function parseWebhook(body: unknown): { readonly url: string } | { readonly error: string } {
  const given = body as { callbackURL?: unknown; config?: { callbackURL?: unknown } } | null;
  const url = given?.callbackURL ?? given?.config?.callbackURL;
  if (typeof url !== 'string' || !/^https?:\/\//.test(url) || !URL.canParse(url)) return { error: 'callbackURL must be an http or https URL' };
  return { url };
}
