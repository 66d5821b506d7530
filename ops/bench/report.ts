/** The one form in which every bench tells its result: a JSON object a line on stdout, words for people on stderr. */

export interface BenchLine {
  readonly bench: string;
  readonly value: number;
  readonly unit: string;
  /** What it is compared with in the same run; null where the goal is absolute. */
  readonly baseline: string | null;
  readonly baselineValue: number | null;
  readonly ratio: number | null;
  /** As written in `docs/benchmarks.md`. */
  readonly goal: string;
  readonly ok: boolean;
}

export interface Bench {
  readonly name: string;
  readonly about: string;
  run(report: Reporter): Promise<void>;
}

export interface Reporter {
  line(line: BenchLine): void;
  say(text: string): void;
}

const round = (value: number): number => (Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3)));

/** Writes to the process's own streams. */
export function makeReporter(): Reporter & { readonly lines: BenchLine[] } {
  const lines: BenchLine[] = [];
  return {
    lines,
    line(line) {
      lines.push(line);
      const tidy = {
        ...line,
        value: round(line.value),
        baselineValue: line.baselineValue === null ? null : round(line.baselineValue),
        ratio: line.ratio === null ? null : round(line.ratio),
      };
      process.stdout.write(`${JSON.stringify(tidy)}\n`);
    },
    say(text) {
      process.stderr.write(`${text}\n`);
    },
  };
}

/** A figure against another of the same run. */
export function against(
  bench: string,
  value: number,
  unit: string,
  baseline: string,
  baselineValue: number,
  goal: string,
  reached: (ratio: number) => boolean,
): BenchLine {
  const ratio = baselineValue === 0 ? 0 : value / baselineValue;
  return { bench, value, unit, baseline, baselineValue, ratio, goal, ok: reached(ratio) };
}

/** A figure that has its goal in itself. */
export function absolute(bench: string, value: number, unit: string, goal: string, ok: boolean): BenchLine {
  return { bench, value, unit, baseline: null, baselineValue: null, ratio: null, goal, ok };
}

/** The p-quantile of an unsorted sample. */
export function quantile(sample: readonly number[], p: number): number {
  if (sample.length === 0) return Number.NaN;
  const sorted = Float64Array.from(sample).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(p * sorted.length))] ?? Number.NaN;
}

export const median = (sample: readonly number[]): number => quantile(sample, 0.5);
