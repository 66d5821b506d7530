/**
 * `/metrics`: what the process measures, in the text format of Prometheus (version 0.0.4). For this machine, and for tokens with the
 * scope `metrics` (interfaces, section 4).
 */
import type { Reply, Route } from '../http/index.ts';
import { guardOps, OPS_HEADERS, type OpsGuardDeps, refuseOps } from './guard.ts';

export interface Sample {
  /** Values come from a set that is bounded: states, channels, outcomes; never ids of what is handled. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

/** One name with all its samples. A counter's name ends in `_total`, and it only rises while the process lives. */
export interface Metric {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge';
  readonly samples: readonly Sample[];
}

/** Looked at for every request; must be quick and must not throw. */
export type MetricsSource = () => readonly Metric[] | Promise<readonly Metric[]>;

export interface MetricsDeps extends OpsGuardDeps {
  readonly metrics: MetricsSource;
}

const HEADERS = [['content-type', 'text/plain; version=0.0.4; charset=utf-8']] as const;

export function metricsRoutes(deps: MetricsDeps): readonly Route[] {
  const answer = async (): Promise<Reply> => ({ status: 200, body: expose(await deps.metrics()), headers: HEADERS });
  const guarded = guardOps(deps, 'metrics', answer);
  return [
    {
      method: 'GET',
      path: '/metrics',
      headers: OPS_HEADERS,
      body: 'none',
      maxBytes: 0,
      refuse: refuseOps,
      handle: (request) => (request.fromLoopback() ? answer() : guarded(request)),
    },
  ];
}

/** Metrics without a sample are left out. */
export function expose(metrics: readonly Metric[]): string {
  let text = '';
  for (const { name, help, type, samples } of metrics) {
    if (samples.length === 0) continue;
    text += `# HELP ${name} ${help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}\n# TYPE ${name} ${type}\n`;
    for (const { labels, value } of samples) text += `${name}${labelsText(labels)} ${numberText(value)}\n`;
  }
  return text;
}

function labelsText(labels: Sample['labels']): string {
  const pairs = Object.entries(labels ?? {}).map(([label, value]) => `${label}="${escaped(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

const escaped = (value: string): string => value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');

function numberText(value: number): string {
  if (Number.isFinite(value)) return String(value);
  if (Number.isNaN(value)) return 'NaN';
  return value > 0 ? '+Inf' : '-Inf';
}
