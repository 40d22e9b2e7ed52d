// The quiz: a number is hidden, with everything that would give it away; a wrong answer is told what it looks like.
let seed, questions, asked, score;

function startQuiz(number_) {                   // the same questions for everybody who starts with the same number
  seed = number_;
  questions = [];
  asked = 0;
  score = {right: 0, of: 0};
}
function random(n) {
  seed = (seed * 48271) % 2147483647;
  return seed % n;
}
function shuffled(items) {
  const mixed = items.slice();
  for (let i = mixed.length - 1; i > 0; i--) {
    const k = random(i + 1);
    [mixed[i], mixed[k]] = [mixed[k], mixed[i]];
  }
  return mixed;
}

// All questions about the picture in random order, of alternating kinds; none comes twice before each came once.
function allQuestions() {
  const {boxes, arrows} = state.view, visible = boxes.flatMap(listed);
  const kinds = [
    visible.filter(i => written(i, true)).map(of => ({what: 'value', of})),
    arrows.map((_, of) => of).filter(k => arrows[k].steps?.length === 1).map(of => ({what: 'slope', of})),
    visible.filter(i => values[i].total && i !== page.root && outgoing(i).length).map(of => ({what: 'gradient', of})),
  ].map(kind => shuffled(kind.filter(hasAnswer)));
  return Array.from({length: Math.max(...kinds.map(kind => kind.length))}, (_, k) => kinds.flatMap(kind => kind.slice(k, k + 1))).flat();
}

const ends = step => [step[0], step[1]];
const allSteps = () => state.view.arrows.flatMap(arrow => arrow.steps ?? []);
const outgoing = i => allSteps().filter(([from]) => from === i);
const incoming = i => allSteps().filter(([, to]) => to === i);
function related(i, next) {                     // everything that can be reached from a value, step by step
  const found = new Set(next(i));
  for (const j of found) next(j).forEach(k => found.add(k));
  return [...found];
}
const before = i => related(i, j => incoming(j).map(([from]) => from));
const after = i => related(i, j => outgoing(j).map(([, to]) => to));

function ask() {
  play(false);
  state.at = steps.length - 1;
  questions = questions.filter(hasAnswer);
  if (!questions.length) questions = allQuestions();
  if (!questions.length || undefinedNode >= 0) return verdict('', say('quiz_none'));
  const {what, of} = questions.shift(), secret = new Set([`${what} ${of}`]);
  const hide = (kind, items) => items.forEach(item => secret.add(`${kind} ${item}`));
  if (what === 'value') {
    hide('value', after(of));
    hide('gradient', values.keys());
    hide('slope', state.view.arrows.keys());
  } else {
    const start = what === 'gradient' ? of : state.view.arrows[of].steps[0][0];
    hide('gradient', what === 'gradient' ? before(start) : [start, ...before(start)]);
  }
  state.quiz = {what, of, hidden: secret, tries: 0};
  asked++;
  byId('answer').value = '';
  verdict('', '');
  show();
  document.querySelectorAll('#picture .asked').forEach(reveal);
  byId('answer').focus();
}

const answerOf = ({what, of}) => what === 'value' ? valueOf(of)
  : what === 'slope' ? slopeOf(state.view.arrows[of].steps[0]) : derivativeOf(of);
const hasAnswer = question => Number.isFinite(answerOf(question));

function questionText({what, of}) {
  if (what === 'value') return say('ask_value', {name: nameOf(of), expression: written(of)});
  if (what === 'gradient') return say('ask_gradient', {symbol: values[of].total});
  const {symbol, from, to} = state.view.arrows[of];
  return say('ask_slope', {symbol, from: titleOf(state.view.boxes[from]), to: titleOf(state.view.boxes[to])});
}

function explanation({what, of}) {              // the answer, and how it comes about
  if (what === 'value') return `${nameOf(of)} = ${written(of, true)} = ${number(valueOf(of))}`;
  if (what === 'slope') {
    const {symbol, formula, steps: [step]} = state.view.arrows[of];
    return `${symbol} = ${formula ? `${formula} = ` : ''}${number(slopeOf(step))}`;
  }
  const terms = outgoing(of), isOverSamples = goesToSamples(terms[0]);
  const sum = isOverSamples ? summands(terms.slice(0, 1)) : terms.slice(0, 4).map(product).join(' + ') + (terms.length > 4 ? ' + …' : '');
  return `${values[of].total} = ${sum} = ${number(derivativeOf(of))}`;
}

// The numbers that known mistakes give, with what they look like; in the words of gradcheck's diagnosis.
function* mistakes({what, of}, right) {
  const name = nameOf;
  if (what === 'gradient') {
    const terms = outgoing(of), added = terms.map(addedByAll);
    if (terms.length > 1) {
      for (const [k, [, to]] of terms.entries()) yield [added[k], 'mistake_one_path', {to: name(to), name: name(of), n: terms.length}];
      yield [productOf(added), 'mistake_paths_multiplied'];
    }
    for (const step of terms) {
      if (goesToSamples(step)) yield [addedBy(step), 'mistake_one_sample', {k: state.sample + 1, n: page.samples}];
      const local = symbolOf(step), upstream = values[step[1]].total;
      if (step[1] !== page.root) yield [slopeOf(step), 'mistake_local_alone', {local, upstream}];
      yield [derivativeOf(step[1]), 'mistake_upstream_alone', {local, upstream}];
      yield [derivativeOf(step[1]) + slopeOf(step), 'mistake_added', {local, upstream}];
      yield [addedBy(step) * slopeOf(step), 'mistake_twice', {local}];
    }
    for (const step of [...terms, ...after(of).flatMap(outgoing)]) yield [right / slopeOf(step), 'mistake_missing', {local: symbolOf(step)}];
    yield [valueOf(of), 'mistake_value', {name: name(of)}];
  } else if (what === 'slope') {
    const [step] = state.view.arrows[of].steps, [from, to] = ends(step);
    yield [addedBy(step), 'mistake_already_multiplied', {upstream: values[to].total}];
    for (const other of incoming(to)) if (other !== step) yield [slopeOf(other), 'mistake_other', {symbol: symbolOf(other)}];
    yield [valueOf(from), 'mistake_value', {name: name(from)}];
    yield [valueOf(to), 'mistake_value', {name: name(to)}];
  } else {
    const isSum = / [+−] /.test(written(of).replace(/\([^()]*\)/g, ''));
    for (const i of isSum ? new Set(values[of].pieces.filter(piece => typeof piece !== 'string').map(p => p < 0 ? -1 - p : p)) : []) {
      yield [right - valueOf(i), 'mistake_term_missing', {name: name(i)}];
      for (const sign of [2, -2]) yield [right + sign * valueOf(i), 'mistake_term_sign', {name: name(i)}];
    }
    for (const sign of [1, -1]) yield [sign * Math.sqrt(Math.abs(right)), 'mistake_not_squared'];
    yield [right * right, 'mistake_squared'];
  }
  yield [-right, 'mistake_sign'];
  yield [2 * right, 'mistake_double'];
  yield [right / 2, 'mistake_half'];
  if (what !== 'value') {
    for (const [i, {total}] of values.entries()) if (total && !(what === 'gradient' && i === of)) yield [derivativeOf(i), 'mistake_other_gradient', {symbol: total, name: name(i)}];
  }
  yield [1 / right, 'mistake_inverse'];
}
const symbolOf = step => state.view.arrows.find(arrow => arrow.steps?.includes(step)).symbol;

function check() {
  const {quiz} = state, answer = parsed(byId('answer').value), right = answerOf(quiz);
  if (!Number.isFinite(answer)) return verdict('bad', say('quiz_no_number'));
  if (isNear(answer, right, 5e-3) || Math.abs(answer - right) < 1e-9) {
    score.of++;
    if (!quiz.tries) score.right++;
    return endQuiz('good', `${say('quiz_right')} ${explanation(quiz)}`);
  }
  quiz.tries++;
  const isLike = ([x]) => Number.isFinite(x) && Math.abs(x) > 1e-12 && isNear(answer, x, 2e-3) && !isNear(x, right, 5e-3);
  const found = [...mistakes(quiz, right)].find(isLike);
  verdict('bad', say(found ? found[1] : isNear(answer, right, 0.02) ? 'quiz_close' : 'quiz_wrong', found?.[2]));
}
function giveUp() {
  score.of++;
  endQuiz('', explanation(state.quiz));
}
function endQuiz(kind = '', words = '', isAnswered = true) {  // after an answer, the next question can be asked
  if (!state.quiz) return;
  state.quiz = null;
  verdict(kind, words);
  if (!words || !isAnswered) return;
  show();
  byId('ask').focus();
}
function verdict(kind, words) {
  byId('verdict').className = kind;
  setText(byId('verdict'), words);
}

function showQuiz() {
  const {quiz} = state;
  document.body.classList.toggle('quizzing', asked > 0);
  setText(byId('question'), quiz ? questionText(quiz) : asked ? '' : say('quiz_intro'));
  for (const id of ['answer', 'check', 'give-up']) byId(id).disabled = !quiz;
  setText(byId('ask'), say(asked ? 'quiz_next' : 'quiz_start'));
  setText(byId('score'), score.of ? say('quiz_score', score) : '');
}
