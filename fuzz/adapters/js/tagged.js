'use strict';
// Terms in the tagged JSON of the corpus.
const { isUtf8 } = require('buffer');

// Payloads above this get no value: an adapter that turned them into JSON would
// be measured instead of its decoder.
const MAX_PAYLOAD = 65536;

const int = (n) => (Number.isSafeInteger(Number(n)) ? Number(n) : { int: BigInt(n).toString() });
const float = (x) => ({ float: Object.is(x, -0) ? '-0.0' : String(x) });
const atom = (name) => (name === 'true' || name === 'false' ? name === 'true' : { atom: name });
const binary = (buffer) => (isUtf8(buffer) ? buffer.toString() : { binary: buffer.toString('base64') });
const bits = (buffer, size) => (size % 8 === 0 ? binary(buffer) : { bits: buffer.toString('base64'), size });
const tuple = (elements) => ({ tuple: elements });
const improper = (list, tail) => ({ list, tail });
const map = (pairs) => ({ map: pairs });

module.exports = { MAX_PAYLOAD, int, float, atom, binary, bits, tuple, improper, map };
