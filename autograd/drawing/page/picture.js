// The picture: boxes, arrows and the numbers in them.  It is built once per view, and its numbers are replaced.
const {line: LINE, row: ROW, margin: MARGIN, gap: GAP, rows: MAX_ROWS, letters: MAX_LETTERS} = page.style;
const READABLE = 0.6;                           // a picture smaller than this is not fitted into its frame unasked
let drawing;                                    // {boxes, arrows, places, rooms}: elements, where each number stands, widths of lines

const shortened = (text, most = MAX_LETTERS) => text.length > most ? `${text.slice(0, most - 1)}…` : text;
const nameOf = i => shortened(values[i].name);

// One line of text, centred or at one end: runs of [class, text] or [class, '', what, of] for a number.
function line(parent, x, y, runs, room, anchor = 'middle') {
  const text = made(parent, 'text', {x, y, 'text-anchor': anchor});
  for (const [style, words, what, of] of runs) {
    const run = made(text, 'tspan', {class: style}, words);
    if (what) drawing.places.push({run, line: text, what, of, shown: words});
  }
  if (room) drawing.rooms.set(text, room);
  return text;
}

// Lines that are too long for their rooms become narrower; all are measured at once, in one layout.
function squeeze(lines, rooms) {
  const measured = lines.filter(line => rooms.has(line));
  measured.forEach(line => line.removeAttribute('textLength'));
  for (const line of measured.filter(line => line.getComputedTextLength() > rooms.get(line))) {
    line.setAttribute('textLength', rooms.get(line));
    line.setAttribute('lengthAdjust', 'spacingAndGlyphs');
  }
}

function draw() {
  const svg = byId('picture'), {view} = state, isNarrow = narrow.matches;
  const places = view.places[isNarrow ? 'TB' : 'LR'], [width, height] = places.size;
  svg.replaceChildren();
  svg.setAttribute('viewBox', `-12 -12 ${width + 24} ${height + 24}`);
  svg.style.setProperty('--wide', `${width + 24}px`);
  document.querySelector('main').classList.toggle('broad', width > 1050);
  drawing = {boxes: [], arrows: [], places: [], rooms: new Map()};
  if (places.frame) {
    const [x, y, w, h] = places.frame;
    made(svg, 'rect', {class: 'frame', x, y, width: w, height: h, rx: 12});
    drawing.frame = made(svg, 'text', {class: 'frame-name', x: x + w / 2, y: isNarrow ? y + 20 : y + h - 10, 'text-anchor': 'middle'});
  }
  view.arrows.forEach((arrow, k) => drawArrow(svg, arrow, k, places.arrows[k]));
  view.boxes.forEach((box, i) => drawBox(svg, box, i, places.boxes[i]));
  byId('unfold').hidden = page.views.length < 2;
  byId('unfold').setAttribute('aria-pressed', view !== page.views[0]);
  squeeze([...drawing.rooms.keys()], drawing.rooms);
  fit(true);
  if (svg.getScreenCTM()?.a < READABLE) fit(false);
}

function drawBox(svg, box, i, [x, y]) {
  const [width, height] = box.size, left = x - width / 2, top = y - height / 2, room = width - 12;
  const g = made(svg, 'g', {class: `box ${box.kind}`, role: 'img'});
  made(g, 'rect', {x: left, y: top, width, height, rx: 11});
  drawing.boxes.push(g);
  g.addEventListener('click', () => box.indices && page.views.length > 1 ? unfold() : goTo(steps.findIndex(s => s.box === i)));
  if (box.indices) return drawGroup(g, box, left, top, width);
  const [member] = box.members, {text, total} = values[member];
  line(g, x, top + 19, [['name', nameOf(member)], ...(text ? [['', ` = ${shortened(text)}`]] : [])], room);
  line(g, x, top + 19 + LINE, [['number', '', 'value', member]], room);
  if (total) line(g, x, top + 18 + 2 * LINE, [['slope', `${shortened(total)} = `], ['slope-number', '', 'gradient', member]], room);
}

function drawGroup(g, box, left, top, width) {   // a table: index, number and derivative of some members
  const kind = {data: 'inputs', parameter: 'parameters'}[box.kind] ?? 'values';
  line(g, left + width / 2, top + 19, [['name', box.name], ['', `  (${say(kind, {n: box.members.length})})`]], width - 12);
  const ends = box.columns.map((_, k) => left + MARGIN + sumOf(box.columns.slice(0, k + 1)) + GAP * k);
  const spare = (left + width - MARGIN - ends.at(-1)) / 2;
  const row = (k, runs) => runs.forEach((run, column) =>
    line(g, ends[column] + spare, top + 19 + ROW * k, [run], box.columns[column], 'end'));
  row(1, [['remark', box.letters], ['remark', say('value')], ...(box.total ? [['remark', box.total]] : [])]);
  listed(box).forEach((member, k) => row(k + 2, [
    ['', box.indices[box.members.indexOf(member)]], ['number', '', 'value', member],
    ...(box.total ? [['slope-number', '', 'gradient', member]] : [])]));
  const more = box.members.length - MAX_ROWS;
  if (more > 0) line(g, left + width / 2, top + 19 + ROW * (MAX_ROWS + 2), [['remark', say('more', {n: more})]], width - 12);
}

const listed = box => box.members.slice(0, MAX_ROWS);

function drawArrow(svg, arrow, k, [curve, [x, y], label]) {
  const g = made(svg, 'g', {class: `arrow ${arrow.steps ? '' : 'of-data'}`, role: 'img'});
  made(g, 'path', {d: curve});
  const [endX, endY] = curve.split(/[MC ]/).slice(-2).map(Number), length = Math.hypot(x - endX, y - endY) || 1;
  const [dx, dy] = [(x - endX) / length, (y - endY) / length];
  made(g, 'polygon', {points: `${x},${y} ${endX - 4 * dy},${endY + 4 * dx} ${endX + 4 * dy},${endY - 4 * dx}`});
  drawing.arrows.push({g, formula: null});
  if (!arrow.steps) return;
  g.addEventListener('click', () => goTo(steps.findIndex(s => s.arrow === k)));
  if (!label) return;
  const single = arrow.steps.length === 1;
  line(g, label[0], label[1] - 8, [['', arrow.symbol]]);
  const runs = [['formula', `= ${arrow.formula ?? ''}`]];
  if (single) runs[0][1] = arrow.formula ? `= ${arrow.formula} = ` : '= ', runs.push(['slope-number', '', 'slope', k]);
  if (!single && !arrow.formula) return;
  const text = line(g, label[0], label[1] + 9, runs);
  drawing.arrows[k].formula = {run: text.firstChild, whole: runs[0][1], single};
}

// A formula on an arrow holds where it was derived; it is shown only where it gives the slope, not at a kink.
function showFormula(arrow, {run, whole, single}) {
  if (arrow.check === undefined) return;
  const holds = isNear(formulas[arrow.check](valueOf), slopeOf(arrow.steps[0]), 1e-6);
  setText(run, holds ? whole : single ? '= ' : '');
}

function showPicture() {                        // returns the lines whose numbers changed
  const step = steps[state.at], {view} = state, {boxes, arrows} = view;
  if (drawing.frame) setText(drawing.frame, say('sample_of', {k: state.sample + 1, n: page.samples}));
  const changed = [];
  for (const place of drawing.places) {
    const text = shown(place.what, place.of);
    if (place.shown === text) continue;
    place.shown = place.run.textContent = text;
    place.run.classList.toggle('asked', text === '?');
    changed.push(place.line);
  }
  const current = step.arrow === undefined ? null : arrows[step.arrow];
  boxes.forEach((box, i) => {
    const g = drawing.boxes[i], isResult = current ? current.from === i : step.box === i;
    g.classList.toggle('now', isResult);
    g.classList.toggle('from', current?.to === i);
    g.classList.toggle('is-backward', step.kind === 'backward' || step.kind === 'seed');
    g.classList.toggle('later', !state.quiz && box.members.every(member => shown('value', member) === '·'));
    setAttribute(g, 'aria-label', described(box));
  });
  const isComplete = step.kind === 'all' && !state.quiz;
  const sizes = arrows.map(({steps}) => isComplete && steps ? Math.max(...steps.slice(0, 50).map(s => Math.abs(addedBy(s)))) : 0);
  const largest = Math.max(...sizes.filter(Number.isFinite), 1e-300);
  arrows.forEach((arrow, k) => {
    const {g, formula} = drawing.arrows[k];
    g.classList.toggle('now', step.arrow === k || (step.kind === 'forward' && arrow.to === step.box));
    g.classList.toggle('is-backward', step.arrow === k);
    setAttribute(g.firstChild, 'stroke-width', isComplete && arrow.steps ? (1 + 3 * Math.min(1, sizes[k] / largest)).toFixed(2) : 1.2);
    const ends = [arrow.from, arrow.to].map(i => titleOf(boxes[i]));
    const slope = arrow.steps?.length === 1 ? ` = ${shown('slope', k)}` : '';
    setAttribute(g, 'aria-label', arrow.steps ? `${arrow.symbol}${slope}` : `${ends[0]} → ${ends[1]}`);
    if (formula) showFormula(arrow, formula);
  });
  return changed;
}

const titleOf = box => box.name ?? nameOf(box.members[0]);
function described(box) {                       // what a screen reader says of a box
  return listed(box).map(i => {
    const {text, total} = values[i];
    return `${nameOf(i)} = ${text ? `${text} = ` : ''}${shown('value', i)}${total ? `, ${total} = ${shown('gradient', i)}` : ''}`;
  }).join('; ');
}

function fit(isWhole) {                         // the whole picture in its frame, or as large as its text should be
  byId('fit').setAttribute('aria-pressed', isWhole);
  byId('picture').classList.toggle('whole', isWhole);
}

function unfold() {
  const {views} = page;
  state.view = views[(views.indexOf(state.view) + 1) % views.length];
  enter();
}

function reveal(g) {                            // scroll the picture so that a box can be seen
  const frame = byId('scroll'), box = g.getBoundingClientRect(), room = frame.getBoundingClientRect();
  if (box.left < room.left || box.right > room.right) frame.scrollLeft += box.left + box.width / 2 - room.left - room.width / 2;
  if (box.top < room.top || box.bottom > room.bottom) frame.scrollTop += box.top + box.height / 2 - room.top - room.height / 2;
}
