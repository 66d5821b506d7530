/**
 * Where the boxes and arrows of a chart lie. Boxes stand one below the other in the order of the source, children inside their
 * parents; every group of transitions leaves its box to the right under its label, runs along a lane of its own and enters
 * its target at the title:
 *
 *   ┌ A ────────────┐◄──────────┐
 *   │ ↺ tick        │── event ──┼─┐   lane 0, lane 1, …
 *   └───────────────┘           │ │
 *   ┌ B ────────────┐◄──────────┼─┘
 *   │               │── event ──┘
 *   └───────────────┘
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
  const longest = Math.max(0, ...leaving.map((arrow) => arrow.label.length));
  const lanesX = MARGIN_PX + WIDTH_PX + 24 + longest * CHAR_PX;
  const arrows = leaving.flatMap((arrow, lane): Arrow[] => {
    const from = byPath.get(arrow.from);
    const to = byPath.get(arrow.to);
    if (!from || !to) return [];
    const toY = to.y + TITLE_PX / 2;
    return [{ label: arrow.label, fromX: from.x + from.width, fromY: arrow.y, laneX: lanesX + lane * LANE_PX, toX: to.x + to.width, toY }];
  });
  return { width: Math.ceil(lanesX + leaving.length * LANE_PX + MARGIN_PX), height: bottom + MARGIN_PX, boxes, arrows };
}
