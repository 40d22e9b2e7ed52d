// Learning: steps against the gradient, the curve of the result, and its contours over two numbers.
const WIDTH = 340, HEIGHT = 220, LEFT = 58, RIGHT = 10, TOP = 20, BOTTOM = 26, LEVELS = 10;
// The points passed, and how many there were before each click; the last step in words; two values and their ranges.
let path, clicks, update, axes, frame;

const learnable = nodes.map((_, i) => i).filter(i => nodes[i][0] === LEAF);
function startPath() {
  path = [{numbers: state.numbers.slice(), result: state.numbers[root]}];
  clicks = [];
  update = '';
}

function descend(times = 1) {
  const rate = numberIn('rate'), isStuck = !learnable.every(i => Number.isFinite(derivatives.get(i) ?? 0));
  if (!Number.isFinite(rate) || isStuck) {
    update = say(isStuck ? 'learn_stuck' : 'learn_rate');
    return showUpdate();
  }
  clicks.push(path.length);
  for (let k = 0; k < times && Number.isFinite(state.numbers[root]); k++) {
    const before = state.numbers.slice(), slope = new Map(derivatives);
    for (const i of learnable) state.numbers[i] -= rate * (slope.get(i) ?? 0);
    compute();
    path.push({numbers: state.numbers.slice(), result: state.numbers[root]});
    update = parameters.slice(0, 2).map(i => {
      const n = nodeOf(i);
      return `${nameOf(i)} ← ${number(before[n])} − ${factor(rate)}·${factor(slope.get(n) ?? 0)} = ${number(valueOf(i))}`;
    }).join(',   ') + (parameters.length > 2 ? ', …' : '');
  }
  show();
}

function undo() {
  if (!clicks.length) return;
  path.length = clicks.pop();
  state.numbers = path.at(-1).numbers.slice();
  update = '';
  compute();
  show();
}

const scale = ([from, to], [a, b]) => x => a + (x - from) / (to - from || 1) * (b - a);
const across = range => scale(range, [LEFT, WIDTH - RIGHT]);
const upward = range => scale(range, [HEIGHT - BOTTOM, TOP]);
// A frame with the ends of both ranges, and their names; each text is squeezed into its room.
function axis(svg, [x0, x1], [y0, y1], names = []) {
  made(svg, 'rect', {class: 'axis', x: LEFT, y: TOP, width: WIDTH - LEFT - RIGHT, height: HEIGHT - TOP - BOTTOM});
  const rooms = new Map();
  const write = (text, x, y, anchor, room, style = '') => rooms.set(made(svg, 'text', {x, y, 'text-anchor': anchor, class: style}, text), room);
  write(x0, LEFT, HEIGHT - 9, 'start', 60);
  write(x1, WIDTH - RIGHT, HEIGHT - 9, 'end', 60);
  write(y0, LEFT - 5, HEIGHT - BOTTOM, 'end', LEFT - 6);
  write(y1, LEFT - 5, TOP + 9, 'end', LEFT - 6);
  if (names.length) {
    write(shortened(names[0], 24), (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 9, 'middle', WIDTH - LEFT - RIGHT - 130, 'axis-name');
    write(shortened(names[1], 40), LEFT, TOP - 5, 'start', WIDTH - LEFT - RIGHT, 'axis-name');
  }
  squeeze([...rooms.keys()], rooms);
}
function track(svg, path) {                     // the path of descent, with a dot at its end
  const points = path.filter(point => point.every(Number.isFinite));
  made(svg, 'polyline', {class: 'track', points: points.map(p => p.map(x => x.toFixed(1))).join(' ')});
  points.slice(-200).forEach(([cx, cy], k, all) => {
    const isLast = k === all.length - 1;
    if (isLast || all.length < 60) made(svg, 'circle', {class: isLast ? 'here' : 'was', cx, cy, r: isLast ? 4.5 : 2});
  });
}

function showUpdate() {
  const i = parameters[0] ?? leaves[0] ?? page.root, name = nameOf(i);
  setText(byId('update'), state.quiz ? '' : update || say('learn_rule', {name, total: values[i].total ?? `d${rootInside}/d${name}`}));
  byId('undo').disabled = !clicks.length;
}

function showCurve() {
  const svg = byId('curve'), results = path.map(point => point.result), finite = results.filter(Number.isFinite);
  const range = [Math.min(0, ...finite), Math.max(0, ...finite)], last = Math.max(results.length - 1, 10);
  if (range[0] === range[1]) range[1] = 1;
  const x = across([0, last]), y = upward(range);
  svg.replaceChildren();
  const isSecret = hidden('value', page.root) || shown('value', page.root) === '?';
  axis(svg, ['0', say('steps', {n: last})], range.map(z => isSecret ? '' : number(z, 3)));
  track(svg, results.map((z, k) => [x(k), y(z)]));
  const now = isSecret ? '…' : number(results.at(-1));
  const result = say('learn_result', {name: rootName, n: results.length - 1, value: now});
  const words = results.at(-1) > results.at(-2) ? say('learn_grew', {result}) : result;
  setText(byId('curve-words'), words);
  svg.setAttribute('aria-label', words);
}

function showContours() {
  const svg = byId('contours');
  byId('contours-figure').hidden = !axes;
  if (byId('contours-figure').hidden) return;
  const points = path.map(({numbers}) => axes.map(i => numbers[nodeOf(i)])).filter(point => point.every(Number.isFinite));
  const isInside = point => frame && point.every((x, k) => x > frame[k][0] && x < frame[k][1]);
  if (!points.every(isInside)) frame = [0, 1].map(k => rangeAround(points.map(point => point[k])));
  const [grid, columns, rows] = heights();
  svg.replaceChildren();
  const x = across(frame[0]), y = upward(frame[1]);
  const gx = scale([0, columns], [LEFT, WIDTH - RIGHT]), gy = scale([0, rows], [HEIGHT - BOTTOM, TOP]);
  const finite = grid.flat().filter(Number.isFinite), low = Math.min(...finite), high = Math.max(...finite);
  for (let k = 1; k <= LEVELS; k++) {           // closer to each other near the bottom
    const level = low + (high - low) * (k / (LEVELS + 1)) ** 2.2;
    const d = contour(grid, level, (c, r) => `${gx(c).toFixed(1)} ${gy(r).toFixed(1)}`);
    made(svg, 'path', {class: 'contour', d, 'stroke-opacity': (1.05 - 0.07 * k).toFixed(2)});
  }
  axis(svg, ...frame.map(range => range.map(z => number(z, 3))), axes.map(i => values[i].name));
  track(svg, points.map(([u, v]) => [x(u), y(v)]));
  svg.setAttribute('aria-label', say('contours_of', {name: rootName, x: nameOf(axes[0]), y: nameOf(axes[1]),
    at: axes.map(i => number(valueOf(i))).join(', ')}));
}

function chooseAxis(k, i) {                     // two different values: choosing the other one swaps them
  if (axes[1 - k] === i) axes[1 - k] = axes[k];
  axes[k] = i;
  for (const [n, id] of ['axis-x', 'axis-y'].entries()) byId(id).value = axes[n];
  frame = null;
  showContours();
}

function rangeAround(xs) {
  const low = Math.min(...xs), high = Math.max(...xs), reach = Math.max(1.2, 0.7 * (high - low));
  return [(low + high) / 2 - reach, (low + high) / 2 + reach];
}

let pause = 0;                                  // milliseconds of one forward pass, for a grid that is drawn in time
function heights() {                            // the result on a grid over the frame
  const fine = Math.max(0.3, Math.min(1, Math.sqrt(12 / (1300 * pause || 1))));
  const columns = Math.round(46 * fine), rows = Math.round(28 * fine);
  const at = [scale([0, columns], frame[0]), scale([0, rows], frame[1])];
  const numbers = state.numbers.slice(), [u, v] = axes.map(i => nodeOf(i)), start = performance.now();
  const grid = Array.from({length: rows + 1}, (_, r) => Array.from({length: columns + 1}, (_, c) => {
    numbers[u] = at[0](c);
    numbers[v] = at[1](r);
    forward(nodes, numbers);
    return numbers[root];
  }));
  pause = (performance.now() - start) / ((columns + 1) * (rows + 1));
  return [grid, columns, rows];
}

function contour(grid, level, place) {          // marching squares: the pieces of one line
  let d = '';
  for (let r = 0; r + 1 < grid.length; r++) {
    for (let c = 0; c + 1 < grid[0].length; c++) {
      const corners = [[c, r], [c + 1, r], [c + 1, r + 1], [c, r + 1]], cuts = [];
      const z = corners.map(([u, v]) => grid[v][u]);
      if (!z.every(Number.isFinite)) continue;
      for (let k = 0; k < 4; k++) {
        const [p, q, a, b] = [corners[k], corners[(k + 1) % 4], z[k], z[(k + 1) % 4]];
        if ((a < level) === (b < level)) continue;
        const t = (level - a) / (b - a);
        cuts.push(place(p[0] + t * (q[0] - p[0]), p[1] + t * (q[1] - p[1])));
      }
      for (let k = 0; k + 1 < cuts.length; k += 2) d += `M${cuts[k]}L${cuts[k + 1]}`;
    }
  }
  return d;
}
