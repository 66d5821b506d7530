/**
 * The simulated market: the DIP with its journal, the registration service, metering services and the legacy gateway, put together.
 * It shares no code with the engine on purpose, so that a mistake made twice would have to be made twice.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Book } from './book.ts';
import { CallbackClient } from './callback-client.ts';
import { Callbacks } from './callbacks.ts';
import { ControlServer } from './control.ts';
import { Delivery } from './delivery.ts';
import { DipServer } from './dip-server.ts';
import { DtnGateway } from './dtn.ts';
import { loadSigningIdentity, loadTlsIdentity } from './identity.ts';
import { type Injection, makeInjected } from './injection.ts';
import { Intake } from './intake.ts';
import { openJournal } from './journal.ts';
import { completeSimOptions, type SimOptions } from './options.ts';
import { type Publication, particularsOf, renderPublication } from './publication.ts';
import { Recovery } from './recovery.ts';
import { Registry } from './registry.ts';
import { type Rule, RuleBook } from './rules.ts';
import { AGENTS, SUPPLIER } from './seed.ts';
import { answerRequest, readAnswer, renderRequest } from './service.ts';
import { Verifier } from './signature.ts';
import { type Counters, count, newCounters } from './stats.ts';

export interface Market {
  /** Root of the DIP. */
  readonly url: string;
  readonly controlUrl: string;
  /** Certificate of the HTTPS server as a file; null without TLS. */
  readonly caFile: string | null;
  /** Of the certificate that signs callbacks. */
  readonly certificateThumbprint: string;
  stop(): Promise<void>;
}

const mpids = new Map(AGENTS.map((agent) => [agent.dip_id, agent.mpid]));
const mpidOf = (dipId: string): string => mpids.get(dipId) ?? SUPPLIER.mpid;

function keepRules(file: string, rules: readonly Rule[]): void {
  writeFileSync(`${file}.part`, JSON.stringify(rules));
  renameSync(`${file}.part`, file);
}

function loadRules(file: string, options: SimOptions): RuleBook {
  const kept = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Rule[]) : options.rules;
  return new RuleBook(options.seed, kept);
}

function loadTrusted(file: string, options: SimOptions): Set<string> {
  const kept = options.trustFirst && options.trustedThumbprints.length === 0 && existsSync(file) ? [readFileSync(file, 'utf8').trim()] : [];
  return new Set([...options.trustedThumbprints.map((one) => one.toLowerCase()), ...kept]);
}

/** REGS asks the proposed metering service before it tells the supplier the outcome. */
function askService(instance: string, publication: Publication, counters: Counters): void {
  const { source } = publication;
  if ('injected' in source || source.step.kind !== 'outcome' || source.step.sameReferenceAs !== undefined) return;
  const { flow, step } = source;
  const at = publication.publishedAt;
  counters.serviceRequests += 1;
  const answer = readAnswer(answerRequest(renderRequest(instance, flow, mpidOf(flow.supplier), at), step.code, step.text, at));
  if (answer.code === step.code) counters.serviceAnswers += 1;
}

/** Starts a market. Rejects when options do not fit, the folder cannot be used, or a port is taken. */
export async function startMarket(given: unknown): Promise<Market> {
  const options = completeSimOptions(given);
  mkdirSync(options.dataDir, { recursive: true });
  const inData = (name: string): string => join(options.dataDir, name);
  const identity = await loadSigningIdentity(options.dataDir, Date.now());
  const tls = options.tls ? await loadTlsIdentity(options.dataDir, Date.now()) : null;
  const rules = loadRules(inData('rules.json'), options);
  const registry = new Registry(options);
  const { journal, entries } = openJournal(inData('journal.jsonl'));
  const book = new Book(journal, options, registry, options.retainFlows);
  const counters = newCounters();
  const callbacks = new Callbacks(inData('callbacks.json'), options.callbackBaseUrl);
  const client = new CallbackClient(identity, { caFile: options.callbackCaFile, timeoutMs: options.callbackTimeoutMs });
  const delivery: Delivery = new Delivery(
    {
      now: Date.now,
      target: (channel, recipient) => callbacks.target(channel, recipient),
      render: (publication) => renderPublication(book.instance, publication, mpidOf),
      references: (publication) => particularsOf(book.instance, publication),
      post: (url, body, test) => client.post(url, body, test),
      due: (publication) => askService(book.instance, publication, counters),
      settled: (publications, how) => {
        for (const publication of publications)
          count(how === 'ok' ? counters.delivered : how === 'rej' ? counters.rejected : counters.exhausted, publication.channel);
        for (const released of book.settle(publications, how)) schedule(released, released.publishedAt);
        recovery.settled(publications, how === 'ok');
      },
      posted: (channel, messages, status) => {
        count(counters.posts, channel);
        count(counters.sent, channel, messages);
        count(counters.answers, String(status));
      },
    },
    options,
  );
  const schedule = (publication: Publication, dueAt: number): void => delivery.schedule(publication, dueAt);
  const recovery = new Recovery(book, options.replayPage, schedule);
  const undone = book.restore(entries);
  if (journal.bytes > options.compactBytes) book.compact();
  const trusted = loadTrusted(inData('trusted'), options);
  const verifier = new Verifier({
    trusted,
    trustFirst: options.trustFirst,
    skewMs: options.clockSkewMs,
    onTrust: (thumbprint) => writeFileSync(inData('trusted'), thumbprint),
  });
  const intake = new Intake(book, rules, registry, counters, schedule);
  const dip = new DipServer({ options, tls, verifier, intake, recovery, callbacks, counters, mpidOf });
  const dtn = options.dtn === undefined ? null : new DtnGateway(options.dtn, inData('dtn'));
  const control = new ControlServer({
    book,
    rules,
    faults: dip.faults,
    delivery,
    callbacks,
    counters,
    dtn,
    setRules: (next) => {
      rules.replace(next);
      keepRules(inData('rules.json'), next);
    },
    inject: (injection) => inject(injection, book, registry, schedule),
    resetCounters: () => Object.assign(counters, newCounters()),
  });
  const url = await dip.start();
  const controlUrl = await control.start(options.controlPort);
  dtn?.start();
  for (const publication of undone) schedule(publication, publication.publishedAt);
  return {
    url,
    controlUrl,
    caFile: tls?.caFile ?? null,
    certificateThumbprint: identity.thumbprint,
    stop: async () => {
      await dip.stop();
      await control.stop();
      dtn?.stop();
      await Promise.all([client.close(), delivery.close()]);
      journal.close();
    },
  };
}

function inject(injection: Injection, book: Book, registry: Registry, schedule: (publication: Publication, dueAt: number) => void): string[] {
  const surs: string[] = [];
  const first = makeOne(injection, book, registry);
  for (let time = 0; time < (injection.times ?? 1); time += 1) {
    const publication = time === 0 ? first : book.inject((n) => ({ ...makeInjectedOf(first), n }));
    surs.push(particularsOf(book.instance, publication).sur);
    schedule(publication, publication.publishedAt);
  }
  return surs;
}

function makeOne(injection: Injection, book: Book, registry: Registry): Publication {
  return book.inject((n) => makeInjected(injection, registry, book.instance, n, Date.now()));
}

function makeInjectedOf(publication: Publication) {
  if (!('injected' in publication.source)) throw new Error('an injected publication has no injected source');
  return publication.source.injected;
}
