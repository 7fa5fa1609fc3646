'use strict';
// Adapts npm's erlang_js to the conformance runner. What the package throws out
// of its callback for compressed terms nobody can catch: it ends this program, as
// it would end any other.
//
// Values: the package has one type of number, so that a float without a fraction
// is an integer here, and integers beyond 2^53 have lost digits.
const { Erlang } = require('erlang_js');
const { serve } = require('./packet');
const t = require('./tagged');

const UNTOLD = Symbol('untold');
const word = (b) => b.readUInt32BE(b.length - 4);
const creation = (b) => (b.length === 1 ? b[0] : word(b));
// Names are bytes in a string of Latin-1.
const name = (atom) => (atom.utf8 ? Buffer.from(atom.value, 'binary').toString() : atom.value);
const node = (x) => (x instanceof Erlang.OtpErlangAtom ? name(x) : x === null ? 'undefined' : String(x));

function value(x) {
  if (x === null) return t.atom('undefined');
  switch (typeof x) {
    case 'boolean': return x;
    case 'number':
      if (!Number.isFinite(x)) throw UNTOLD;
      return Number.isInteger(x) && !Object.is(x, -0) ? t.int(x) : t.float(x);
    case 'string': return [...Buffer.from(x, 'binary')]; // STRING_EXT
  }
  if (Array.isArray(x)) return t.tuple(x.map(value));
  if (x instanceof Erlang.OtpErlangAtom) return t.atom(name(x));
  if (x instanceof Erlang.OtpErlangBinary) return t.bits(x.value, 8 * x.value.length - 8 + x.bits);
  if (x instanceof Erlang.OtpErlangList) {
    const list = x.value.map(value);
    return x.improper ? t.improper(list.slice(0, -1), list[list.length - 1]) : list;
  }
  if (x instanceof Erlang.OtpErlangMap) return t.map([...x.value].map(([k, v]) => [value(k), value(v)]));
  if (x instanceof Erlang.OtpErlangPid) {
    return { pid: { node: node(x.node), id: word(x.id), serial: word(x.serial), creation: creation(x.creation) } };
  }
  if (x instanceof Erlang.OtpErlangPort) {
    const id = x.id.length === 8 ? t.int(x.id.readBigUInt64BE(0)) : word(x.id);
    return { port: { node: node(x.node), id, creation: creation(x.creation) } };
  }
  if (x instanceof Erlang.OtpErlangReference) {
    const ids = [];
    for (let i = 0; i + 4 <= x.id.length; i += 4) ids.push(x.id.readUInt32BE(i));
    return { reference: { node: node(x.node), creation: creation(x.creation), ids } };
  }
  throw UNTOLD; // funs stay encoded
}

const decode = (payload) => new Promise((resolve, reject) => {
  Erlang.binary_to_term(payload, (err, x) => (err ? reject(err) : resolve(x)));
});

serve(async (payload) => {
  const term = await decode(payload);
  const answer = { used: payload.length }; // it takes nothing but all
  if (payload.length > t.MAX_PAYLOAD) return answer;
  try {
    answer.value = value(term);
    JSON.stringify(answer.value);
  } catch (e) {
    delete answer.value; // too deep, or without words
  }
  return answer;
});
