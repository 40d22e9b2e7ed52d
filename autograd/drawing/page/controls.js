// Numbers to move, the nudge, the table, links and keys; and the start of the page.
let controls = [];

function makeControls() {                       // a slider and a field for every leaf
  controls = leaves.map(i => {
    const row = made(byId('leaves'), 'div', {class: `leaf ${isParameter(i) ? 'parameter' : 'data'}`});
    made(row, 'span', {class: 'leaf-name', title: values[i].name}, nameOf(i));
    const slider = made(row, 'input', {type: 'range', step: 'any', 'aria-label': values[i].name});
    const field = made(row, 'input', {type: 'text', inputmode: 'decimal', 'aria-label': say('as_number', {name: values[i].name})});
    const slope = made(row, 'output', {});
    slider.addEventListener('input', () => setNumber(i, Number(slider.value), slider));
    field.addEventListener('input', () => setNumber(i, parsed(field.value), field));
    field.addEventListener('focus', () => { field.value = typed(valueOf(i), 17); });
    field.addEventListener('blur', () => showNumbers());
    return {i, slider, field, slope};
  });
  setRanges();
}
function setRanges() {
  for (const {i, slider} of controls) {
    const x = initial[nodeOf(i)], reach = Math.max(3, 3 * Math.abs(x));
    [slider.min, slider.max] = [x - reach, x + reach];
  }
}
function setNumber(i, x, from) {
  from.setAttribute('aria-invalid', !Number.isFinite(x));
  if (!Number.isFinite(x)) return;
  state.numbers[nodeOf(i)] = x;
  compute();
  startPath();
  show(from);
}
function showNumbers(from) {
  for (const {i, slider, field, slope} of controls) {
    if (slider !== from) slider.value = valueOf(i);
    if (field !== from) {
      field.value = typed(valueOf(i));
      field.removeAttribute('aria-invalid');
    }
    setText(slope, values[i].total ? `${values[i].total} = ${shown('gradient', i)}` : '');
  }
}

// --- Nudge: the change that the derivative predicts, and the actual one ---------------------------------------------
function showNudge() {
  const i = Number(byId('nudged').value), by = parsed(byId('by').value), body = byId('nudge-rows');
  body.replaceChildren();
  const symbol = values[i].total ?? `d${rootName}/d${values[i].inside ?? values[i].name}`, isSecret = state.quiz !== null;
  const slope = isParameter(i) ? derivativeOf(i) : slopeOfData(i);
  const result = state.numbers[root], nudged = resultAt([[i, valueOf(i) + by]]), off = nudged - result - slope * by;
  const row = (head, sum, change) => {
    const tr = made(body, 'tr');
    made(tr, 'th', {scope: 'row'}, head);
    made(tr, 'td', {}, isSecret ? '…' : sum);
    made(tr, 'td', {}, isSecret ? '' : `= ${number(change)}`);
  };
  row(say('nudge_predicted'), `${symbol} · ${number(by)} = ${factor(slope)} · ${factor(by)}`, slope * by);
  row(say('nudge_actual'), `${number(nudged, 6)} − ${factor(result, 6)}`, nudged - result);
  const words = isSecret || Number.isNaN(off) ? '' : off === 0 ? say('nudge_same') : say('nudge_differ', {off: number(off)});
  setText(byId('nudge-words'), words);
}
function slopeOfData(i) {                       // data has no derivative in the picture, but it can be nudged as well
  const differentiable = nodes.map((node, k) => k === nodeOf(i) ? [LEAF, 0] : node);
  return backward(differentiable, slopes, everything).get(nodeOf(i)) ?? 0;
}

// --- The graph as a table -------------------------------------------------------------------------------------------
function showTable() {
  if (!byId('table').open) return;
  byId('rows').replaceChildren();
  for (const i of new Set(page.views.at(-1).boxes.flatMap(box => box.members))) {
    const tr = made(byId('rows'), 'tr');
    made(tr, 'th', {scope: 'row'}, nameOf(i));
    made(tr, 'td', {}, written(i) ?? say('given'));
    made(tr, 'td', {}, shown('value', i));
    made(tr, 'td', {}, values[i].total ? `${values[i].total} = ${shown('gradient', i)}` : '');
  }
}

// --- Everything that shows numbers; the plots follow once per frame, however fast a slider moves --------------------
let waiting = 0;
function show(from) {
  showPicture();
  showStep();
  showNumbers(from);
  showNudge();
  showQuiz();
  showTable();
  waiting ||= requestAnimationFrame(() => {
    waiting = 0;
    showLearning();
  });
}
function reset() {
  state.numbers = initial.slice();
  frame = null;
  compute();
  startPath();
  show();
}
function chooseSample(k) {
  state.sample = Number(k);
  state.quiz = null;
  frame = null;
  compute();
  setRanges();
  show();
}

// --- Links: #step=10&0=0.7 starts at a step with another number, #quiz=7 with a quiz, #only=1 shows the picture alone ---
function link() {
  const changed = leaves.filter(i => valueOf(i) !== initial[nodeOf(i)]).map(i => `${i}=${valueOf(i)}`);
  const position = [...(state.sample ? [`sample=${state.sample + 1}`] : []), ...(state.at < steps.length - 1 ? [`step=${state.at}`] : [])];
  return `${location.href.split('#')[0]}#${[...position, ...changed].join('&')}`;
}
function arrive() {
  const wishes = new URLSearchParams(location.hash.slice(1)), natural = x => /^\d+$/.test(x ?? '');
  document.body.classList.toggle('only', wishes.has('only'));
  if (natural(wishes.get('sample'))) state.sample = Math.max(0, Math.min(page.samples, Number(wishes.get('sample'))) - 1);
  for (const [key, x] of wishes) {
    if (natural(key) && leaves.includes(Number(key)) && Number.isFinite(parsed(x))) state.numbers[nodeOf(Number(key))] = parsed(x);
  }
  compute();
  startPath();
  startQuiz(natural(wishes.get('quiz')) ? 1 + Number(wishes.get('quiz')) : 1 + Date.now() % 100000);
  enter();
  if (natural(wishes.get('step'))) goTo(Number(wishes.get('step')));
  if (wishes.has('quiz')) ask();
}
async function copyLink() {
  const address = link();
  try {
    await navigator.clipboard.writeText(address);
    setText(byId('copied'), say('copied'));
  } catch {                                     // not allowed, in a notebook for example
    setText(byId('copied'), address.split('#')[1] ? `#${address.split('#')[1]}` : '#');
  }
}

// --- Start ----------------------------------------------------------------------------------------------------------
function options(select, items, chosen) {
  for (const i of items) made(select, 'option', {value: i}, nameOf(i));
  if (chosen !== undefined) select.value = chosen;
}
const narrow = matchMedia('(max-width: 40rem)');
const actions = {
  first: () => walk(0), back: () => walk(state.at - 1), play: () => play(), next: () => walk(state.at + 1), last: () => walk(steps.length - 1),
  unfold, reset, copy: copyLink, descend: () => descend(), 'descend-10': () => descend(10), undo, ask, 'give-up': giveUp,
  fit: () => { byId('fit').setAttribute('aria-pressed', byId('fit').getAttribute('aria-pressed') !== 'true'); fit(); },
};
for (const [id, action] of Object.entries(actions)) byId(id).addEventListener('click', action);
const keys = {ArrowRight: 'next', ArrowLeft: 'back', Home: 'first', End: 'last', ' ': 'play', l: 'descend', u: 'undo', r: 'reset', q: 'ask', g: 'unfold', f: 'fit'};
document.addEventListener('keydown', event => {
  const {tagName} = event.target, id = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  const isTyping = /^(INPUT|SELECT|TEXTAREA)$/.test(tagName), isPressed = event.key === ' ' && /^(BUTTON|SUMMARY)$/.test(tagName);
  if (!id || isTyping || isPressed || event.ctrlKey || event.metaKey || event.altKey || byId(id).hidden) return;
  event.preventDefault();
  if (!byId(id).disabled) actions[id]();
});
byId('position').addEventListener('input', event => walk(Number(event.target.value)));
byId('speed').addEventListener('change', () => player && play(true));
byId('answer-form').addEventListener('submit', event => { event.preventDefault(); if (state.quiz) check(); });
byId('table').addEventListener('toggle', showTable);
for (const id of ['by', 'nudged']) byId(id).addEventListener('input', showNudge);
for (const [k, id] of ['axis-x', 'axis-y'].entries()) {
  byId(id).addEventListener('change', event => { axes[k] = Number(event.target.value); frame = null; showContours(); });
}
narrow.addEventListener('change', () => { draw(); show(); });
addEventListener('hashchange', () => { state.numbers = initial.slice(); arrive(); });

axes = leaves.length > 1 ? [...parameters, ...leaves.filter(i => !isParameter(i))].slice(0, 2) : null;
const inner = values.map((_, i) => i).filter(i => values[i].text);
setText(byId('formulas'), inner.slice(0, 8).map(i => `${nameOf(i)} = ${written(i)}`).join(',   ') + (inner.length > 8 ? ', …' : ''));
if (page.hasFixedChoices) byId('formulas').append(` ${say('fixed_choices')}`);
setText(byId('root-name'), rootName);
options(byId('axis-x'), leaves, axes?.[0]);
options(byId('axis-y'), leaves, axes?.[1]);
options(byId('nudged'), leaves, parameters[0]);
byId('sample-row').hidden = page.samples < 2 || !values.some((_, i) => isPrivate(i));
for (let k = 0; k < page.samples; k++) made(byId('sample'), 'option', {value: k}, say('sample_of', {k: k + 1, n: page.samples}));
byId('sample').addEventListener('change', event => chooseSample(event.target.value));
makeControls();
arrive();
byId('sample').value = state.sample;
