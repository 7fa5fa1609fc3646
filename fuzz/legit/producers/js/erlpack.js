'use strict';
// npm's erlpack as a producer: the native encoder that chat clients use for
// the Discord gateway. Objects become maps with binary keys, arrays lists,
// null and undefined the atom nil; atoms come in the Latin-1 form (tag 115).
//
//     node erlpack.js OUT
const erlpack = require('erlpack');
const { random, range, snowflake, gateway, write } = require('./common');

const rows = [];
const pack = (id, how, value) => rows.push([id, 'data', [], `${how}; erlpack.pack`, erlpack.pack(value)]);

for (const [id, how, value] of [
  ['null', 'null', null], ['true', 'true', true], ['false', 'false', false],
  ['zero', '0', 0], ['255', '255', 255], ['256', '256', 256], ['neg', '-1', -1], ['int_max', '2^31-1', 2147483647], ['int_min', '-2^31', -2147483648],
  ['uint_2p31', '2^31, a big integer of four bytes', 2147483648], ['uint_max', '2^32-1, a big integer of four bytes', 4294967295],
  ['double_2p32', '2^32 becomes a float', 4294967296], ['double_max_safe', '2^53-1 becomes a float', Number.MAX_SAFE_INTEGER], ['double_neg', 'integer below -2^31 becomes a float', -2147483649],
  ['neg_zero', '-0 stays a float', -0], ['float', '1.5', 1.5], ['float_tenth', '0.1', 0.1], ['float_min', 'smallest denormal', Number.MIN_VALUE], ['float_max', 'largest', Number.MAX_VALUE],
  ['epoch_ms', 'a time in milliseconds becomes a float', 1700000000123],
  ['string_empty', 'empty string', ''], ['string', 'string', 'hello'], ['string_utf8', 'unicode string', 'Größe 日本 🙂'], ['string_nul', 'string with NUL', 'a\0b'],
  ['string_lone', 'a lone surrogate becomes U+FFFD', 'x\ud800y'], ['string_64k', '64 KiB string', 'abcdefgh'.repeat(8192)],
  ['array_empty', 'empty array', []], ['array', 'array', [1, 'two', 3.5, null, true]], ['array_nested', 'arrays in arrays', [[], [[]], [1, [2, [3]]]]],
  ['array_holes', 'a hole is left out', [1, , 3]], // eslint-disable-line no-sparse-arrays
  ['array_1000', '1,000 integers', range(1000)], ['array_bytes', '300 small integers, a LIST and not a STRING', range(300).map((i) => i % 256)],
  ['object_empty', 'empty object', {}], ['object', 'object', { id: 1, name: 'Zoë', ok: false, none: null, undef: undefined }],
  ['object_int_keys', 'integer-like keys become integers', { 1: 'one', 42: 'x', '-1': 'minus', '1.5': 'float', 4294967294: 'max index', 4294967295: 'past it' }],
  ['object_unicode_keys', 'unicode keys', { größe: 1, '日本': 2, '🙂': 3, '': 4 }],
  ['object_33', '33 keys', Object.fromEntries(range(33).map((i) => [`k${i}`, i]))], ['object_1000', '1,000 keys', Object.fromEntries(range(1000).map((i) => [`key${i}`, i]))],
  ['object_snowflakes', '200 snowflake keys', Object.fromEntries(range(200).map((i) => [snowflake(i), { n: i }]))],
  ['object_proto', 'an object with inherited fields', Object.assign(Object.create({ inherited: 1 }), { own: 2 })],
  ['date', 'a Date becomes an empty map next to its number', { date: new Date(0), ms: 0 }], ['buffer', 'a Buffer becomes a map by index', Buffer.from('hello')],
  ['typed_array', 'a Float64Array becomes a map by index', new Float64Array([1.5, -2])], ['class', 'a class instance', new (class Point { constructor() { this.x = 1; this.y = -2.25; } })()],
  ['deep_100', '100 objects in each other', range(100).reduce((d, i) => ({ i, d }), null)],
  ['json_rows', '500 rows', range(500).map((i) => ({ id: i, name: `n${i}`, score: i / 7, tags: ['a', 'b'], parent: i ? i - 1 : null }))],
  ['matrix', 'a matrix of floats', (() => { const r = random(7); return range(20).map(() => range(20).map(() => r(1e6) / 1e3 + 0.5)); })()],
]) pack(id, how, value);

for (const [id, how, value] of gateway) pack(`gw_${id}`, how, value);

write(process.argv[2], 'erlpack', rows);
