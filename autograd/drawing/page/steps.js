// The steps of both passes: which numbers are known at each of them, and what is said about it.
let steps, places, player = null;

function enter() {                              // a view: its steps, and the picture of it
  const {view} = state;
  const forwards = view.steps.filter(step => step.box !== undefined), backwards = view.steps.filter(step => step.box === undefined);
  const rootBox = view.boxes.findIndex(box => box.members.includes(page.root));
  steps = [
    {kind: 'start'},
    ...forwards.map(step => ({kind: 'forward', ...step})),
    {kind: 'seed', box: rootBox},
    ...backwards.map(step => ({kind: 'backward', ...step})),
    {kind: 'all'},
  ];
  places = {value: new Map(), arrow: new Map(), from: view.boxes.map(() => [])};
  steps.forEach((step, k) => {
    if (step.kind === 'forward') view.boxes[step.box].members.forEach(i => places.value.set(i, k));
    if (step.kind === 'backward') {
      places.arrow.set(step.arrow, k);
      places.from[view.arrows[step.arrow].from].push(step.arrow);
    }
  });
  places.seed = steps.findIndex(step => step.kind === 'seed');
  places.box = new Map(view.boxes.flatMap((box, i) => box.members.map(member => [member, i])));
  state.at = steps.length - 1;
  questions = [];
  endQuiz();
  draw();
  show();
  reveal(drawing.boxes[rootBox]);
}

const isKnown = arrow => places.arrow.get(arrow) <= state.at;
const stepsFrom = (arrow, i) => state.view.arrows[arrow].steps.filter(([from]) => from === i);
const hidden = (what, of) => state.quiz?.hidden.has(`${what} ${of}`);

// The text of a number in the picture, or what stands in its place: "·" before its step, "?" in a quiz.
function shown(what, of) {
  if (state.quiz?.what === what && state.quiz.of === of) return '?';
  if (hidden(what, of)) return '…';
  if (what === 'value') return (places.value.get(of) ?? 0) <= state.at ? number(valueOf(of)) : '·';
  if (what === 'slope') return isKnown(of) ? number(slopeOf(state.view.arrows[of].steps[0])) : '·';
  if (of === page.root) return places.seed <= state.at ? '1.0' : '·';
  const arrows = places.from[places.box.get(of)], known = arrows.filter(isKnown);
  if (known.length === arrows.length) return number(derivativeOf(of));
  if (!known.length) return '·';
  return `${number(sumOf(known.flatMap(k => stepsFrom(k, of)).map(addedByAll)))} + …`;
}

// --- What is said -----------------------------------------------------------------------------------------------
function told() {                               // [a sentence, a line in symbols, a line in numbers]
  const step = steps[state.at], {boxes, arrows} = state.view;
  if (undefinedNode >= 0) return [undefinedAt(), [], []];
  if (state.quiz) return [say('quiz_hidden'), [], []];
  if (step.kind === 'start') return [say('step_start'), [], []];
  if (step.kind === 'forward') return toldForward(boxes[step.box]);
  if (step.kind === 'seed') return [say('step_seed', {name: rootName}), [`${values[page.root].total} = 1`], []];
  if (step.kind === 'backward') return toldBackward(arrows[step.arrow], step.arrow);
  const some = parameters.slice(0, 4).map(i => `${values[i].total} = ${number(derivativeOf(i))}`).join(',  ');
  return [say('step_all'), [parameters.length > 4 ? `${some}, …` : some], []];
}

function undefinedAt() {
  const [op, ...operands] = nodes[undefinedNode], row = table[op];
  const nameAt = node => values.find((_, i) => nodeOf(i) === node)?.name;
  const at = row.nary ? '' : row.operands.map((x, k) => {
    const name = nameAt(operands[k]);
    return `${x} = ${number(state.numbers[operands[k]])}${name && name !== x ? ` (${name})` : ''}`;
  }).join(', ');
  return say('undefined', {operation: row.written, at, needs: row.needs});
}

function toldForward(box) {
  const i = box.members[0], numbers = written(i, true);
  const result = number(valueOf(i));
  const sentence = say('step_forward', {name: titleOf(box)});
  const before = box.indices ? `${nameOf(i)} = ` : '= ';
  return [sentence, [`${nameOf(i)} = ${written(i)}`], [numbers && numbers !== result ? `${before}${numbers} = ${result}` : `${before}${result}`]];
}

function toldBackward(arrow, k) {
  const {boxes} = state.view, from = boxes[arrow.from], to = boxes[arrow.to];
  const all = places.from[arrow.from], known = all.filter(isKnown), isLast = known.length === all.length;
  const i = arrow.steps[0][0];                  // the member whose numbers are shown
  const symbols = [`${arrow.totals?.[0] ?? values[i].total} = `], numbers = [from.indices ? `${values[i].total} = ` : '= '];
  for (const j of known) {
    const {to, symbol, totals} = state.view.arrows[j], total = totals?.[1] ?? values[boxes[to].members[0]].total;
    const parts = stepsFrom(j, i), mark = text => j === k && all.length > 1 ? ['strong', text] : text;
    const isSum = parts.length > 1 || goesToSamples(parts[0]);
    if (j !== known[0]) symbols.push(' + '), numbers.push(' + ');
    symbols.push(mark(`${isSum ? 'Σ ' : ''}${total} · ${symbol}`));
    numbers.push(mark(j === k && !isSum ? product(parts[0]) : j === k ? summands(parts) : factor(sumOf(parts.map(addedByAll)))));
  }
  const sum = isLast ? derivativeOf(i) : sumOf(known.flatMap(j => stepsFrom(j, i)).map(addedByAll));
  const parts = stepsFrom(k, i), single = known.length === 1 && parts.length === 1 && !goesToSamples(parts[0]);
  const sign = single ? equals(productOf, [derivativeOf(parts[0][1]), slopeOf(parts[0])], sum) : '=';
  if (!isLast) symbols.push(' + …'), numbers.push(' + …');
  numbers.push(` ${sign} ${number(sum)}${isLast ? '' : ' + …'}`);
  const key = known.length > 1 ? 'step_backward_again' : goesToSamples(parts[0]) ? 'step_backward_samples' : isLast ? 'step_backward' : 'step_backward_first';
  return [say(key, {from: titleOf(to), to: titleOf(from), n: page.samples}), symbols, numbers];
}

const product = step => `${factor(derivativeOf(step[1]))} · ${factor(slopeOf(step))}`;
function summands(parts) {                      // several products: over the next layer, or over the samples
  const terms = goesToSamples(parts[0]) ? values[parts[0][1]].at.map((_, s) => addedBy(parts[0], s)) : parts.map(s => addedBy(s));
  return terms.slice(0, 4).map(x => factor(x)).join(' + ') + (terms.length > 4 ? ' + …' : '');
}

const filled = new Map();                     // what stands in the two lines
function showStep() {
  const [sentence, symbols, numbers] = told();
  const fill = (element, runs) => {
    if (filled.get(element) === JSON.stringify(runs)) return;
    filled.set(element, JSON.stringify(runs));
    element.replaceChildren();
    for (const run of runs) Array.isArray(run) ? made(element, run[0], {}, run[1]) : element.append(run);
  };
  setText(byId('sentence'), sentence);
  fill(byId('symbols'), symbols);
  fill(byId('in-numbers'), numbers);
  const position = byId('position');
  setAttribute(position, 'max', steps.length - 1);
  position.value = state.at;
  setAttribute(position, 'aria-valuetext', `${state.at}: ${sentence}`);
  setText(byId('count'), `${state.at} / ${steps.length - 1}`);
  byId('first').disabled = byId('back').disabled = state.at === 0;
  byId('last').disabled = byId('next').disabled = state.at === steps.length - 1;
}

// --- Moving through the steps -----------------------------------------------------------------------------------
function goTo(step) {
  if (step < 0) return;
  if (state.quiz) endQuiz('', explanation(state.quiz), false);
  state.at = Math.min(steps.length - 1, step);
  show();
  for (const part of ['from', 'now']) document.querySelectorAll(`#picture .box.${part}`).forEach(reveal);
}
function walk(step) {
  play(false);
  goTo(Math.max(0, step));
}
function play(isOn = !player) {
  clearInterval(player);
  player = null;
  if (isOn) {
    if (state.at === steps.length - 1) goTo(0);
    player = setInterval(() => {
      goTo(state.at + 1);
      if (state.at === steps.length - 1) play(false);
    }, Number(byId('speed').value));
  }
  byId('play').setAttribute('aria-label', say(isOn ? 'pause' : 'play'));
  byId('play').classList.toggle('is-playing', isOn);
}
