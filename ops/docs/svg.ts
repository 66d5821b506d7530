/** A chart as an SVG picture that reads on light and dark pages. */
import type { ChartState } from './chart.ts';
import { type Arrow, type Box, LINE_PX, layOut } from './layout.ts';

const COLOURS = ['#1f6feb', '#8250df', '#bf3989', '#bc4c00', '#1a7f37', '#0969da', '#9a6700', '#6e40c9', '#cf222e', '#116329'] as const;
const FILLS = ['#ffffff', '#f6f8fa', '#ffffff', '#f6f8fa'] as const;

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
const round = (value: number): number => Math.round(value * 10) / 10;

function boxText(box: Box, root: string): string {
  const { state, x, y, width, height } = box;
  const ended = state.kind === 'final' || state.tags.includes('ended');
  const dash = state.kind === 'parallel' ? ' stroke-dasharray="6 4"' : '';
  const title = state.path === '' ? root : state.key;
  return [
    `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="8" fill="${FILLS[box.depth % FILLS.length]}" stroke="#57606a" stroke-width="${ended ? 3 : 1.2}"${dash}/>`,
    ...(box.isInitial ? [`<circle cx="${x - 8}" cy="${y + 13}" r="4" fill="#24292f"/>`] : []),
    `<text x="${x + 10}" y="${y + 17}" font-weight="600">${escaped(title)}</text>`,
    ...box.lines.map(
      (line, index) => `<text x="${x + 10}" y="${y + 38 + index * LINE_PX}" fill="#57606a">${index === 0 ? '↺ ' : '   '}${escaped(line)}</text>`,
    ),
  ].join('\n');
}

function arrowText(arrow: Arrow): string {
  const { fromX, fromY, laneX, toX, toY, label, target } = arrow;
  const colour = COLOURS[target % COLOURS.length];
  return [
    `<path d="M${round(fromX)} ${round(fromY)} H${round(laneX)} V${round(toY)} H${round(toX + 8)}" fill="none" stroke="${colour}" stroke-width="1.1"/>`,
    `<path d="M${round(toX)} ${round(toY)} l9 -4 v8 z" fill="${colour}"/>`,
    `<text x="${round(fromX + 8)}" y="${round(fromY - 3)}" fill="${colour}" stroke="#ffffff" stroke-width="3" paint-order="stroke">${escaped(label)}</text>`,
  ].join('\n');
}

/** @param title accessible name of the picture, and of the box around everything */
export function renderSvg(root: ChartState, title: string): string {
  const { width, height, boxes, arrows } = layOut(root);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(title)}" font-family="ui-sans-serif, system-ui, sans-serif" font-size="11">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    ...boxes.map((box) => boxText(box, title)),
    ...arrows.map(arrowText),
    '</svg>',
    '',
  ].join('\n');
}
