/** Settings of lines that nodes of a cluster lend each other (`lines.lending`). The same on all nodes. */
import Type, { type Static } from 'typebox';

const ms = (description: string, value: number) =>
  Type.Integer({ minimum: 1, maximum: 3_600_000, default: value, description: `${description}, milliseconds` });
const count = (description: string, value: number) => Type.Integer({ minimum: 1, maximum: 1_000_000, default: value, description });

export const LendingOptionsSchema = Type.Object(
  {
    beatMs: ms('Pause between two words of the owner of a session to the node of its line', 1_000),
    callMs: ms('Longest wait for another node’s answer to a small question', 2_000),
    silentMs: ms('Without a word of the owner for so long, the node of the line ends what it has for it, before it writes', 6_000),
    lostMs: ms('Without an answer of the node of the line for so long, the owner gives the session up; longer than silentMs', 12_000),
    retryMs: ms('Pause before a busy address, or a node that does not answer, is asked again', 500),
    reconsiderMs: ms('How soon a session that waits at one node looks for a free line of another', 5_000),
    keepMs: ms('How long the end of a session is kept for an owner that is not heard', 120_000),
    maxKept: count('Ends that are kept at most', 10_000),
    cutMs: ms('How long a session that was cut, or a stop, waits for the last word of the other node', 2_000),
    groupsMs: ms('How often all nodes are asked for their groups of lines', 2_000),
    maxGroups: count('Groups, and routes, of one node that are taken note of', 1_000),
  },
  { additionalProperties: false, default: {}, description: 'Lines that nodes of a cluster lend each other; the same on all nodes' },
);

export type LendingOptions = Static<typeof LendingOptionsSchema>;

/** The owner gives a session up no sooner than the node of its line has ended it. One line for each breach, field first. */
export function lendingProblems({ beatMs, callMs, silentMs, lostMs }: LendingOptions): readonly string[] {
  const problems: string[] = [];
  if (silentMs < 2 * beatMs) problems.push(`lines.lending.silentMs: must be at least twice beatMs (${beatMs}), ${silentMs}`);
  const least = silentMs + beatMs + callMs;
  if (lostMs < least) problems.push(`lines.lending.lostMs: must be at least silentMs, beatMs and callMs together (${least}), ${lostMs}`);
  return problems;
}
