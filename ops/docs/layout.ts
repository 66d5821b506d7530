/**
 * Where the boxes and arrows of a chart lie. Boxes stand one below the other in the order of the source, children inside their
 * parents; every group of transitions leaves its box to the right under its label, joins the lane of its target and enters
 * the target at the title. All that go to one target share its lane; targets whose lanes do not meet share a column:
 *
 *   ┌ A ────────────┐◄──────────┐
 *   │ ↺ tick        │── event ──┼─┐   column 0, column 1, …
 *   └───────────────┘           │ │
 *   ┌ B ────────────┐◄──────────┼─┤
 *   │               │── event ──┘ │
 *   │ ┌ B1 ─────────┤── event ────┘
 *   └─┴─────────────┘
 */
import type { ChartState } from './chart.ts';

export interface Box {
  readonly state: ChartState;
  readonly depth: number;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly isInitial: boolean;
  /** Lines of text below the title: what is handled without a change of state. */
  readonly lines: readonly string[];
}

export interface Arrow {
  readonly label: string;
  /** Leaves here … */
  readonly fromX: number;
  readonly fromY: number;
  readonly laneX: number;
  /** … and ends here. */
  readonly toX: number;
  readonly toY: number;
  /** Number of its target: arrows to one target look alike. */
  readonly target: number;
}

export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly boxes: readonly Box[];
  readonly arrows: readonly Arrow[];
}

export const LINE_PX = 16;
const TITLE_PX = 26;
const GAP_PX = 14;
const INDENT_PX = 18;
const WIDTH_PX = 380;
const LANE_PX = 14;
const CHAR_PX = 6.3;
const MARGIN_PX = 20;
const LABEL_CHARS = 64;

/** Names, joined until the space is used up; the rest is counted. */
function joined(names: readonly string[], chars: number): string {
  let text = names[0] ?? '';
  for (const [index, name] of names.entries()) {
    if (index === 0) continue;
    if (text.length + name.length + 2 > chars - 5) return `${text}, +${names.length - index}`;
    text += `, ${name}`;
  }
  return text;
}

function wrapped(names: readonly string[], chars: number): string[] {
  const lines: string[] = [];
  for (const name of names) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + name.length + 2 <= chars) lines[lines.length - 1] = `${last}, ${name}`;
    else lines.push(name);
  }
  return lines;
}

const unique = (names: readonly string[]): string[] => [...new Set(names)];

interface Leaving {
  readonly from: string;
  readonly to: string;
  readonly label: string;
  readonly y: number;
}

export function layOut(root: ChartState): Layout {
  const boxes: Box[] = [];
  const leaving: Leaving[] = [];
  const place = (state: ChartState, depth: number, top: number, isInitial: boolean): number => {
    const x = MARGIN_PX + depth * INDENT_PX;
    const width = WIDTH_PX - 2 * depth * INDENT_PX;
    const chars = Math.floor((width - 30) / CHAR_PX);
    const stays = wrapped(unique(state.rows.filter((row) => row.to === null).map((row) => row.event)), chars);
    const targets = unique(state.rows.flatMap((row) => (row.to === null ? [] : [row.to])));
    let y = top + TITLE_PX + stays.length * LINE_PX;
    for (const to of targets) {
      const events = unique(state.rows.filter((row) => row.to === to).map((row) => row.event));
      leaving.push({ from: state.path, to, label: joined(events, LABEL_CHARS), y: y + LINE_PX / 2 });
      y += LINE_PX;
    }
    const index = boxes.length;
    for (const child of state.children) y = place(child, depth + 1, y + GAP_PX / 2, child.key === state.initial) + GAP_PX / 2;
    const height = y - top + GAP_PX / 2;
    boxes.splice(index, 0, { state, depth, x, y: top, width, height, isInitial, lines: stays });
    return top + height;
  };
  const bottom = place(root, 0, MARGIN_PX, false);
  const byPath = new Map(boxes.map((box) => [box.state.path, box]));
  const targets = unique(leaving.map((arrow) => arrow.to));
  const spans = targets.flatMap((to): Span[] => {
    const box = byPath.get(to);
    const ends = leaving.filter((arrow) => arrow.to === to).map((arrow) => arrow.y);
    return box ? [{ to, top: Math.min(entryOf(box), ...ends), bottom: Math.max(entryOf(box), ...ends) }] : [];
  });
  const columns = columnsOf(spans);
  const longest = Math.max(0, ...leaving.map((arrow) => arrow.label.length));
  const lanesX = MARGIN_PX + WIDTH_PX + 24 + longest * CHAR_PX;
  const arrows = leaving.flatMap((arrow): Arrow[] => {
    const from = byPath.get(arrow.from);
    const to = byPath.get(arrow.to);
    if (!from || !to) return [];
    const laneX = lanesX + (columns.get(arrow.to) ?? 0) * LANE_PX;
    const target = targets.indexOf(arrow.to);
    return [{ label: arrow.label, fromX: from.x + from.width, fromY: arrow.y, laneX, toX: to.x + to.width, toY: entryOf(to), target }];
  });
  const used = Math.max(0, ...[...columns.values()].map((column) => column + 1));
  return { width: Math.ceil(lanesX + used * LANE_PX + MARGIN_PX), height: bottom + MARGIN_PX, boxes, arrows };
}

/** From where to where a target's lane runs. */
interface Span {
  readonly to: string;
  readonly top: number;
  readonly bottom: number;
}

/** Height at which arrows enter a box. */
const entryOf = (box: Box): number => box.y + TITLE_PX / 2;

/** Columns by target: short lanes inside, long ones outside, and no two that meet in one column. */
function columnsOf(spans: readonly Span[]): ReadonlyMap<string, number> {
  const columns: Span[][] = [];
  const found = new Map<string, number>();
  for (const span of spans.toSorted((a, b) => a.bottom - a.top - (b.bottom - b.top) || a.top - b.top)) {
    const meets = (other: Span): boolean => span.top <= other.bottom + LINE_PX && other.top <= span.bottom + LINE_PX;
    let column = columns.findIndex((taken) => !taken.some(meets));
    if (column === -1) column = columns.push([]) - 1;
    columns[column]?.push(span);
    found.set(span.to, column);
  }
  return found;
}
