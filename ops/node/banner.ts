/** What `npm start` prints when everything is ready. */
import { londonDate } from '../../machines/calendar/index.ts';
import type { Connect } from '../process/index.ts';
import type { MeterDemo } from './demo-meters.ts';

export interface BannerFacts {
  readonly url: string;
  readonly httpUrl: string | undefined;
  readonly natsUrl: string;
  readonly dataDir: string;
  readonly caFile: string | undefined;
  readonly demo: Connect['demo'];
  /** Signs in to the pages, once. Undefined: not told, since it is no terminal that it would be told to. */
  readonly signIn?: string | undefined;
  readonly market: { readonly url: string; readonly controlUrl: string } | undefined;
  /** Undefined: no simulated meters. */
  readonly meters: Pick<MeterDemo, 'listed' | 'metersFile' | 'controlUrl'> | undefined;
  /** Settings of further nodes; undefined: this process is alone. */
  readonly joinFile: string | undefined;
  readonly readyMs: number;
}

export function banner(facts: BannerFacts): string {
  const rows: [string, string][] = [
    ['HTTPS', `${facts.url}   (authority: ${facts.caFile ?? 'given'})`],
    ['HTTP', facts.httpUrl ?? 'off'],
    ['NATS', facts.natsUrl],
    ['data', facts.dataDir],
  ];
  if (facts.market) rows.push(['market', `${facts.market.url}   (simulated; control: ${facts.market.controlUrl})`]);
  if (facts.meters) rows.push(['meters', `${facts.meters.metersFile}   (simulated; faults and records: ${facts.meters.controlUrl})`]);
  const lines = [`Meterwright is ready (${(facts.readyMs / 1_000).toFixed(1)} s)`, ...rows.map(([name, value]) => `  ${name.padEnd(8)}${value}`)];
  if (facts.signIn !== undefined) lines.push('', 'Sign in to the pages, once and within ten minutes (mw login-link makes another):', `  ${facts.signIn}`);
  const { demo } = facts;
  if (demo) {
    const day = londonDate(Date.now());
    const body = {
      mpan_core: Number(demo.mpans[1] ?? demo.mpans[0]),
      metering_service_mpid: 'MOPX',
      effective_from: `${day}T00:00:00+00:00`,
      contract_reference: 'MSA001',
      appointment_scenario: 'CSP',
    };
    const base = facts.httpUrl ?? facts.url;
    const tls = facts.httpUrl === undefined && facts.caFile ? ` --cacert ${facts.caFile}` : '';
    lines.push(
      '',
      'Appoint a metering service:',
      `  curl -s${tls} ${base}/metering-services/v1/${demo.mpid}/appoint -H 'X-API-KEY: ${demo.apiKey}' -H "X-IDEMPOTENCY-KEY: try-$(date +%s)" -H 'Content-Type: application/json' -d '${JSON.stringify(body)}'`,
      'and watch it:',
      `  curl -s${tls} '${base}/requests/v1/${demo.mpid}?mpan_id=${body.mpan_core}' -H 'X-API-KEY: ${demo.apiKey}'`,
      ...meterLines(facts),
    );
  }
  if (facts.joinFile !== undefined) {
    lines.push('', 'Start another node, from this folder:', `  npm start -- --config ${facts.joinFile} --data ${facts.dataDir}-b --port 0 --http-port off`);
  }
  return `${lines.join('\n')}\n`;
}

/** The first meter, which is reached by a telephone call. */
function meterLines({ url, caFile, demo, meters }: BannerFacts): readonly string[] {
  const [meter] = meters?.listed ?? [];
  if (!meter || demo?.mtsToken === undefined) return [];
  const call = `curl -s${caFile ? ` --cacert ${caFile}` : ''} -H 'Authorization: Bearer ${demo.mtsToken}'`;
  return [
    '',
    "Set a simulated meter's clock by a simulated telephone call:",
    `  ${call} ${url}/MTS/time-update -H 'Content-Type: application/json' -d '${JSON.stringify({ immediate: true, ...meter })}'`,
    'and see what became of it, with the id that was answered:',
    `  ${call} '${url}/MTS/action-status?requestId=1'`,
  ];
}
