// The state of the page, and everything that follows from it.
const page = JSON.parse(document.getElementById('data').textContent);
const {nodes, values, words} = page;
const initial = nodes.map(node => node[0] < 0 ? Number(node[1]) : 0);
const root = values[page.root].at;
const rootName = values[page.root].name, rootInside = values[page.root].inside ?? rootName;

const state = {numbers: initial.slice(), sample: page.sample, view: page.views[0], at: 0, quiz: null};
let undefinedNode, slopes, derivatives;

const say = (key, parts = {}) => words[key].replace(/\{(\w+)\}/g, (_, name) => parts[name]);
const nodeOf = (i, sample = state.sample) => Array.isArray(values[i].at) ? values[i].at[sample] : values[i].at;
const valueOf = (i, sample) => state.numbers[nodeOf(i, sample)];
const derivativeOf = (i, sample) => derivatives.get(nodeOf(i, sample)) ?? 0;
const isPrivate = i => Array.isArray(values[i].at);
const isLeaf = i => nodes[nodeOf(i, 0)][0] < 0;
const isParameter = i => nodes[nodeOf(i, 0)][0] === LEAF;
const leaves = values.map((_, i) => i).filter(isLeaf);
const parameters = leaves.filter(isParameter);

const everything = reached(nodes, root);
const named = new Set(values.flatMap((_, i) => isPrivate(i) ? values[i].at : [values[i].at]));
const within = new Map();                       // by node: the nodes of its expression, newest first

function compute() {
  undefinedNode = forward(nodes, state.numbers);
  slopes = localDerivatives(nodes, state.numbers);
  derivatives = backward(nodes, slopes, everything);
  locals.clear();
}

// The derivative of a step, from a named value to the next; in a view of all operations, that of one operand.
const locals = new Map();
function slopeOf([from, to, operand], sample = state.sample) {
  const node = nodeOf(to, sample);
  if (operand !== undefined) return slopes[node].filter((_, k) => nodes[nodes[node][k + 1]][0] >= LEAF)[operand];
  if (!locals.has(node)) {
    if (!within.has(node)) within.set(node, reached(nodes, node, i => named.has(i)));
    locals.set(node, backward(nodes, slopes, within.get(node)));
  }
  return locals.get(node).get(nodeOf(from, sample)) ?? 0;
}

// What a step adds to the derivative of its operand: along the sample that is shown, or along all of them.
const addedBy = (step, sample) => derivativeOf(step[1], sample) * slopeOf(step, sample);
const goesToSamples = ([from, to]) => isPrivate(to) && !isPrivate(from);
function addedByAll(step) {
  if (!goesToSamples(step)) return addedBy(step);
  return sumOf(values[step[1]].at.map((_, sample) => addedBy(step, sample)));
}

function resultAt(changes) {                    // the result with other numbers for some values: [[value, number], ...]
  const numbers = state.numbers.slice();
  for (const [i, x] of changes) numbers[nodeOf(i)] = x;
  forward(nodes, numbers);
  return numbers[root];
}

// An expression in the names of its operands, or in their numbers.
function written(i, withNumbers) {
  const {text, pieces} = values[i];
  if (!withNumbers) return text;
  return pieces?.map(piece => {
    if (typeof piece === 'string') return piece;
    return piece < 0 ? factor(valueOf(-1 - piece)) : number(valueOf(piece));
  }).join('');
}

// --- The document: all text goes into it as text, so nothing that a label holds is read as HTML ----------------------
const byId = id => document.getElementById(id);
function made(parent, name, attributes = {}, text) {
  const isDrawn = parent?.namespaceURI === 'http://www.w3.org/2000/svg';
  const element = isDrawn ? document.createElementNS(parent.namespaceURI, name) : document.createElement(name);
  for (const [key, x] of Object.entries(attributes)) element.setAttribute(key, x);
  if (text !== undefined) element.textContent = text;
  parent?.append(element);
  return element;
}
// Both leave the document untouched where nothing changes: that costs less than a layout.
function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
function setAttribute(element, name, x) {
  if (element.getAttribute(name) !== String(x)) element.setAttribute(name, x);
}
function numberIn(id) {                         // the number in a field; the field is marked where there is none
  const x = parsed(byId(id).value);
  setAttribute(byId(id), 'aria-invalid', !Number.isFinite(x));
  return x;
}
