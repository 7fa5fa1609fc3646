// Times the codecs of npm on request, in the protocol of bench_beam.erl:
//
//   request   Op:8, N:32, Name     time N runs of an operation on a payload
//   answer    0, Nanoseconds:64    or 1, Text: it cannot do that
//
//   node bench_node.js FOLDER
//
// Answers go to descriptor 3, since erlpack prints what it does not know.
// erlpack does not know atoms in UTF-8 either: it gets the same terms as older
// releases of OTP send them, from FOLDER/old.
'use strict';

const fs = require('fs');
const path = require('path');
const { Erlang } = require('erlang_js');
const erlpack = require('erlpack');

const folder = process.argv[2];

function read(n) {
  const b = Buffer.alloc(n);
  for (let at = 0; at < n; ) {
    const k = fs.readSync(0, b, at, n - at, null);
    if (k === 0) process.exit(0);
    at += k;
  }
  return b;
}

function write(body) {
  const head = Buffer.alloc(4);
  head.writeUInt32BE(body.length);
  const all = Buffer.concat([head, body]);
  for (let at = 0; at < all.length; ) at += fs.writeSync(3, all, at);
}

let loaded = { name: '', items: [] };

// load keeps only the payload of the last request.
function load(name) {
  if (loaded.name === name) return loaded.items;
  const b = fs.readFileSync(path.join(folder, name));
  const items = [];
  if (name.endsWith('.bin')) {
    for (let at = 0; at < b.length; ) {
      const n = b.readUInt32BE(at);
      items.push(Buffer.from(b.subarray(at + 4, at + 4 + n)));
      at += 4 + n;
    }
  } else {
    items.push(b);
  }
  loaded = { name, items };
  return items;
}

// settle returns what a function with a callback gives: at once if it calls
// back at once, as all do but those that inflate.
function settle(f) {
  let done = false;
  let error;
  let value;
  let wake;
  f((err, v) => {
    done = true;
    error = err;
    value = v;
    if (wake) wake();
  });
  const result = () => {
    if (error) throw error;
    return value;
  };
  if (done) return result();
  return new Promise((resolve) => { wake = resolve; }).then(result);
}

const decodeErlang = (b) => settle((done) => Erlang.binary_to_term(b, done));
const encodeErlang = (t) => settle((done) => Erlang.term_to_binary(t, done));

async function mapped(items, f) {
  const out = [];
  for (const item of items) out.push(await f(item));
  return out;
}

const ops = {
  1: async (items) => [decodeErlang, items],
  2: async (items) => [encodeErlang, await mapped(items, decodeErlang)],
  3: async (items) => [(b) => erlpack.unpack(b), items],
  4: async (items) => [(t) => erlpack.pack(t), items.map((b) => erlpack.unpack(b))],
};

async function timed(op, n, name) {
  const [f, items] = await ops[op](load(op < 3 ? name : path.join('old', name)));
  const start = process.hrtime.bigint();
  for (let i = 0; i < n; i++) {
    for (const item of items) {
      const v = f(item);
      if (v instanceof Promise) await v;
    }
  }
  return process.hrtime.bigint() - start;
}

(async () => {
  write(Buffer.from(process.version));
  for (;;) {
    const body = read(read(4).readUInt32BE());
    let answer;
    try {
      const ns = await timed(body[0], body.readUInt32BE(1), body.toString('utf8', 5));
      answer = Buffer.alloc(9);
      answer.writeBigUInt64BE(ns, 1);
    } catch (err) {
      answer = Buffer.concat([Buffer.from([1]), Buffer.from(String(err).slice(0, 200))]);
    }
    write(answer);
  }
})();
