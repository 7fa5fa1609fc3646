'use strict';
// The program's side of the conformance protocol: {packet,4} frames on standard
// input and output, or on the descriptor that the first argument names: some
// native modules print. decode(payload) throws to refuse, or returns { used, value }
// where either may be left out, or a promise of it; value is tagged JSON, made of
// the functions in tagged.js, or a Buffer of canonical bytes.
const UNTOLD = 0xffffffff;

async function reply(decode, payload) {
  let answer;
  try {
    answer = (await decode(payload)) || {};
  } catch (e) {
    return Buffer.from([0]);
  }
  const head = Buffer.alloc(5);
  head[0] = 1;
  head.writeUInt32BE(answer.used === undefined ? UNTOLD : answer.used, 1);
  if (answer.value === undefined) return head;
  return Buffer.concat([head, Buffer.isBuffer(answer.value) ? answer.value : Buffer.from(JSON.stringify(answer.value))]);
}

async function serve(decode) {
  const fs = require('fs');
  // Synchronous reads and writes: one request at a time is all there is.
  const read = (n) => {
    const b = Buffer.alloc(n);
    let at = 0;
    while (at < n) {
      const got = fs.readSync(0, b, at, n - at, null);
      if (got === 0) return null;
      at += got;
    }
    return b;
  };
  const replies = Number(process.argv[2] || 1);
  const write = (b) => {
    for (let at = 0; at < b.length;) at += fs.writeSync(replies, b, at);
  };
  for (let head; (head = read(4));) {
    const r = await reply(decode, read(head.readUInt32BE(0)));
    const length = Buffer.alloc(4);
    length.writeUInt32BE(r.length);
    write(Buffer.concat([length, r]));
  }
}

module.exports = { serve };
