// The functions of formulas, by the names that they have in NumPy.  Where JavaScript differs from Python (at nan,
// ties, signed zeros, powers of one) they do what Python does.
const f = {
  exp: Math.exp, expm1: Math.expm1, log: Math.log, log1p: Math.log1p, log2: Math.log2, log10: Math.log10,
  sqrt: Math.sqrt, cbrt: Math.cbrt, hypot: Math.hypot, abs: Math.abs, floor: Math.floor,
  sin: Math.sin, cos: Math.cos, tan: Math.tan, arcsin: Math.asin, arccos: Math.acos, arctan: Math.atan,
  arctan2: Math.atan2, sinh: Math.sinh, cosh: Math.cosh, tanh: Math.tanh,
  arcsinh: Math.asinh, arccosh: Math.acosh, arctanh: Math.atanh,
  sign: x => x !== x ? x : (x > 0) - (x < 0),
  maximum: (x, y) => x >= y || x !== x ? x : y,
  minimum: (x, y) => x <= y || x !== x ? x : y,
  power(x, y) {
    if (x === 1 || (x === -1 && Math.abs(y) === Infinity)) return 1;
    return y === 2 ? x * x : x ** y;
  },
  remainder(x, y) {                             // x % y, with the sign of y
    const r = x % y;
    if (r === 0) return y < 0 ? -0 : 0;
    return (r < 0) !== (y < 0) ? r + y : r;
  },
  floorDivide(x, y) {                           // x // y
    if (y === 0) return x / y;
    const r = x % y;
    const q = (x - r) / y - (r && (r < 0) !== (y < 0) ? 1 : 0);
    if (q === 0) return x / y < 0 || Object.is(x / y, -0) ? -0 : 0;
    return q - Math.floor(q) > 0.5 ? Math.floor(q) + 1 : Math.floor(q);
  },
  erf(x) {
    const size = Math.abs(x), square = x * x;
    if (size < 1.5) {                           // a series of terms of one sign
      let term = 1, sum = 1;
      for (let n = 1; n < 60; n++) sum += term *= 2 * square / (2 * n + 1);
      return 2 / Math.sqrt(Math.PI) * Math.exp(-square) * x * sum;
    }
    let fraction = 0;                           // 1 - erf(x) as a continued fraction
    for (let n = 80; n > 0; n--) fraction = n / 2 / (size + fraction);
    return Math.sign(x) * (1 - Math.exp(-square) / Math.sqrt(Math.PI) / (size + fraction));
  },
  sum(rows, term) {                             // first to last, as Python's engine adds
    let total = 0;
    for (let i = 0; i < rows[0].length; i++) total += term(...rows.map(row => row[i]));
    return total;
  },
};
