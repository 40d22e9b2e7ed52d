// Nudge: the change that the derivative predicts beside the actual one, and what becomes of their difference.
const nudgeRows = ['nudge_predicted', 'nudge_actual'].map(key => {
  const tr = made(byId('nudge-rows'), 'tr');
  made(tr, 'th', {scope: 'row'}, say(key));
  return [made(tr, 'td'), made(tr, 'td')];
});

function showNudge() {
  const i = Number(byId('nudged').value), by = numberIn('by');
  const symbol = values[i].total ?? `d${rootInside}/d${values[i].inside ?? values[i].name}`, isSecret = state.quiz !== null;
  const slope = isParameter(i) ? derivativeOf(i) : slopeOfData(i), result = state.numbers[root], nudged = nudgedBy(i, by);
  const sums = [`${symbol} · ${factor(by)} = ${factor(slope)} · ${factor(by)}`, `${number(nudged, 6)} − ${factor(result, 6)}`];
  [slope * by, nudged - result].forEach((change, k) => {
    setText(nudgeRows[k][0], isSecret ? '…' : sums[k]);
    setText(nudgeRows[k][1], isSecret ? '' : `= ${number(change)}`);
  });
  setText(byId('nudge-words'), isSecret ? '' : compared(i, by, slope));
}

const nudgedBy = (i, by) => resultAt([[i, valueOf(i) + by]]);

// The difference of both changes, and that of a nudge ten times smaller: both are measured.
function compared(i, by, slope) {
  const result = state.numbers[root];
  const difference = x => nudgedBy(i, x) - result - slope * x;
  const rounding = 8 * Number.EPSILON * Math.max(Math.abs(nudgedBy(i, by)), Math.abs(result));
  const off = difference(by), smaller = by / 10, then = difference(smaller);
  if (!by || !Number.isFinite(off)) return '';
  if (Math.abs(slope * by) <= rounding && slope) return say('nudge_rounded', {name: rootName});
  if (Math.abs(off) <= Math.max(rounding, 1e-9 * Math.abs(slope * by))) return say('nudge_same');
  if (Math.abs(then) <= rounding) return say('nudge_off', {off: number(off)});
  const times = Math.abs(off / then);
  return say('nudge_differ', {off: number(off), smaller: number(smaller), then: number(then), times: String(Number(times.toPrecision(2)))});
}

function slopeOfData(i) {                       // data has no derivative in the picture, but it can be nudged as well
  const differentiable = nodes.map((node, k) => k === nodeOf(i) ? [LEAF, 0] : node);
  return backward(differentiable, slopes, everything).get(nodeOf(i)) ?? 0;
}
