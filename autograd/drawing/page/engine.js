// The two passes over a recorded graph.  A node is [-1, number] for a leaf, [-2, number] for a plain number, or
// [row of the table, ...positions of operands]; operands stand before their users.
const LEAF = -1;

function arguments_(row, xs) {                  // the arguments of a row's formula: columns and their length, if it is n-ary
  if (!row.nary) return xs;
  const n = xs.length / row.arity;
  return [...Array.from({length: row.arity}, (_, i) => xs.slice(i * n, (i + 1) * n)), n];
}

// The forward pass: computes the numbers of all results, and returns the first node that is not defined, or -1.
function forward(nodes, numbers) {
  let undefinedAt = -1;
  for (let i = 0; i < nodes.length; i++) {
    const node = nodes[i];
    if (node[0] < 0) continue;
    const row = table[node[0]];
    const xs = [];
    for (let k = 1; k < node.length; k++) xs.push(numbers[node[k]]);
    const given = arguments_(row, xs);
    numbers[i] = Number(row.value(...given));
    const isDefined = !row.domain || (row.nary ? row.domain(given.at(-1)) : xs.some(Number.isNaN) || row.domain(...xs));
    if (!isDefined) {
      numbers[i] = NaN;
      if (undefinedAt < 0) undefinedAt = i;
    }
  }
  return undefinedAt;
}

// The local derivatives: for each node, one for each operand.
function localDerivatives(nodes, numbers) {
  return nodes.map((node, i) => {
    if (node[0] < 0) return [];
    const row = table[node[0]], xs = node.slice(1).map(k => numbers[k]);
    if (row.domain && !row.nary && !xs.some(Number.isNaN) && !row.domain(...xs)) return xs.map(() => NaN);
    if (!row.nary) return row.partials.map(partial => partial(...xs, numbers[i]));
    const columns = arguments_(row, xs), n = columns.pop();
    return xs.map((_, k) => row.partials[Math.floor(k / n)](...columns.map(column => column[k % n]), n));
  });
}

// The nodes that take part in the derivatives of one node: newest first, and not beyond those at which to stop.
function reached(nodes, root, isEnd = () => false) {
  const found = new Set([root]);
  for (const i of found) {
    if (i !== root && isEnd(i)) continue;
    for (const k of nodes[i][0] < 0 ? [] : nodes[i].slice(1)) found.add(k);
  }
  return [...found].filter(i => i === root || !isEnd(i)).sort((i, k) => k - i);
}

// The backward pass over these nodes: the derivatives of the first of them, by position; one line per edge.
function backward(nodes, slopes, order) {
  const derivatives = new Map([[order[0], 1]]);
  for (const i of order) {
    const upstream = derivatives.get(i);
    if (upstream === undefined || nodes[i][0] < 0) continue;
    for (let k = 1; k < nodes[i].length; k++) {
      const operand = nodes[i][k];
      if (nodes[operand][0] < LEAF) continue;  // plain numbers have no derivative
      const term = slopes[i][k - 1] * upstream;
      derivatives.set(operand, derivatives.has(operand) ? derivatives.get(operand) + term : term);
    }
  }
  return derivatives;
}
