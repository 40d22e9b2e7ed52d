// Numbers as they are written, and as they are typed.  All of this is what Python's `number` does, with a true minus sign.
function roundedFigures(x, digits) {            // the figures of x > 0, rounded half to even, and its exponent
  let [mantissa, exponent] = x.toExponential(digits - 1).split('e');
  let figures = mantissa.replace('.', '');
  const shortest = x.toExponential().split('e')[0].replace('.', '');
  if (shortest.length === digits + 1 && shortest.endsWith('5') && '13579'.includes(figures.at(-1))) {
    const exact = x.toExponential(100).split('e')[0].replace('.', '');
    if (/^50*$/.test(exact.slice(digits))) figures = String(BigInt(figures) - 1n);  // JavaScript rounds a tie up
  }
  return [figures, Number(exponent)];
}

function number(x, digits = 4) {                // Python's f"{x:.4g}", where a float stays recognisable as one
  if (Number.isNaN(x)) return 'nan';
  if (!Number.isFinite(x)) return x < 0 ? '−inf' : 'inf';
  if (x === 0) return '0.0';
  const sign = x < 0 ? '−' : '';
  const [figures, e] = roundedFigures(Math.abs(x), digits);
  if (e < -4 || e >= digits) {
    const mantissa = `${figures[0]}.${figures.slice(1)}`.replace(/\.?0+$/, '');
    return `${sign}${mantissa}e${e < 0 ? '−' : '+'}${String(Math.abs(e)).padStart(2, '0')}`;
  }
  const padded = e < 0 ? '0'.repeat(-e) + figures : figures, point = Math.max(e, 0) + 1;
  const decimals = padded.slice(point).replace(/0+$/, '');
  return `${sign}${padded.slice(0, point)}.${decimals || '0'}`;
}

const factor = (x, digits) => x < 0 ? `(${number(x, digits)})` : number(x, digits);
const isNear = (x, y, tolerance) => x === y || Number.isFinite(x) && Math.abs(x - y) <= tolerance * Math.max(Math.abs(x), Math.abs(y));
const sumOf = xs => xs.reduce((x, y) => x + y, 0);
const productOf = xs => xs.reduce((x, y) => x * y, 1);

function parsed(text) {                         // a number as a person types it: −0,8 or 1/3; NaN if it is none
  const plain = text.replaceAll('−', '-').replaceAll(',', '.').replace(/\s/g, '');
  const parts = plain.split('/');
  if (parts.length > 2 || parts.includes('')) return NaN;
  return parts.map(Number).reduce((x, y) => x / y);
}

// "=", or "≈" where the numbers, rounded as they are shown, do not give the result as it is shown.
function equals(combine, xs, result) {
  const shown = xs.map(x => Number(number(x).replaceAll('−', '-')));
  return xs.length < 2 || number(combine(shown)) === number(result) ? '=' : '≈';
}

// A number in a field: six digits, and all of them while it is being edited.
const typed = (x, digits = 6) => digits > 15 ? String(x) : String(Number(x.toPrecision(digits)));
