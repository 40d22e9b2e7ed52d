// Numbers to move, the table, links and keys; and the start of the page.
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
}
function setRanges() {
  for (const control of controls) {
    const x = initial[nodeOf(control.i)], reach = Math.max(3, 3 * Math.abs(x));
    [control.slider.min, control.slider.max, control.x] = [x - reach, x + reach, null];
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
  for (const control of controls) {
    const {i, slider, field, slope} = control, x = valueOf(i);
    if (slider !== from && control.x !== x) slider.value = x;
    control.x = x;
    if (field !== document.activeElement && field.value !== typed(x)) {
      field.value = typed(x);
      field.removeAttribute('aria-invalid');
    }
    setText(slope, values[i].total ? `${values[i].total} = ${shown('gradient', i)}` : '');
  }
}

// --- The graph as a table -------------------------------------------------------------------------------------------
let tableRows;
function showTable() {
  if (!byId('table').open) return;
  tableRows ??= [...new Set(page.views.at(-1).boxes.flatMap(box => box.members))].map(i => {
    const tr = made(byId('rows'), 'tr');
    made(tr, 'th', {scope: 'row'}, nameOf(i));
    made(tr, 'td', {}, written(i) ?? say('given'));
    return [i, made(tr, 'td'), made(tr, 'td')];
  });
  for (const [i, value, total] of tableRows) {
    setText(value, shown('value', i));
    setText(total, values[i].total ? `${values[i].total} = ${shown('gradient', i)}` : '');
  }
}

// --- Everything that shows numbers; the plots follow once per frame, however fast a slider moves --------------------
let waiting = 0;
function show(from) {
  const lines = showPicture();
  showStep();
  showNumbers(from);
  showNudge();
  showUpdate();
  showQuiz();
  showTable();
  squeeze(lines, drawing.rooms);                // after all changes, as it needs a layout
  waiting ||= requestAnimationFrame(() => {
    waiting = 0;
    showCurve();
    showContours();
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
  questions = [];
  endQuiz();
  frame = null;
  compute();
  setRanges();
  show();
}

// --- Links: #step=10&0=0.7 starts at a step with another number, #quiz=7 with a quiz, #only=1 shows the picture alone ---
function link() {
  const parts = leaves.filter(i => valueOf(i) !== initial[nodeOf(i)]).map(i => `${i}=${valueOf(i)}`);
  if (state.at < steps.length - 1) parts.unshift(`step=${state.at}`);
  if (state.sample !== page.sample) parts.unshift(`sample=${state.sample + 1}`);
  if (state.view !== page.views[0]) parts.unshift('unfolded=1');
  return `${location.href.split('#')[0]}#${parts.join('&')}`;
}
function arrive() {
  const wishes = new URLSearchParams(location.hash.slice(1)), natural = x => /^\d+$/.test(x ?? '');
  document.body.classList.toggle('only', wishes.has('only'));
  state.numbers = initial.slice();
  state.sample = natural(wishes.get('sample')) ? Math.max(0, Math.min(page.samples, Number(wishes.get('sample'))) - 1) : page.sample;
  state.view = page.views[wishes.has('unfolded') ? page.views.length - 1 : 0];
  byId('sample').value = state.sample;
  for (const [key, x] of wishes) {
    if (natural(key) && leaves.includes(Number(key)) && Number.isFinite(parsed(x))) state.numbers[nodeOf(Number(key))] = parsed(x);
  }
  play(false);
  compute();
  setRanges();
  startPath();
  startQuiz(natural(wishes.get('quiz')) ? 1 + Number(wishes.get('quiz')) : 1 + Date.now() % 100000);
  enter();
  if (natural(wishes.get('step'))) goTo(Number(wishes.get('step')));
  if (wishes.has('quiz')) ask();
}
async function copyLink() {
  const address = link(), isAllowed = document.featurePolicy?.allowsFeature('clipboard-write') ?? true;  // not in a notebook
  const isCopied = isAllowed && await navigator.clipboard?.writeText(address).then(() => true, () => false);
  setText(byId('copied'), isCopied ? say('copied') : `#${address.split('#')[1]}`);
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
  fit: () => fit(byId('fit').getAttribute('aria-pressed') !== 'true'),
};
for (const [id, action] of Object.entries(actions)) byId(id).addEventListener('click', action);
const keys = {ArrowRight: 'next', ArrowLeft: 'back', Home: 'first', End: 'last', ' ': 'play', l: 'descend', u: 'undo', r: 'reset', q: 'ask', g: 'unfold', f: 'fit'};
document.addEventListener('keydown', event => {
  const {target, key} = event, id = keys[key.length === 1 ? key.toLowerCase() : key];
  const isTyping = target.matches('select, input[type=text]') || (target.type === 'range' && key.length > 1);
  const isPressed = key === ' ' && target.matches('button, summary');
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
  byId(id).addEventListener('change', event => chooseAxis(k, Number(event.target.value)));
}
narrow.addEventListener('change', () => { draw(); show(); });
addEventListener('hashchange', arrive);

axes = leaves.length > 1 ? [...parameters, ...leaves.filter(i => !isParameter(i))].slice(0, 2) : null;
const inner = page.views[0].boxes.map(box => box.members[0]).filter(i => values[i].text);
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
