'use strict';
// npm's erlang_js as a producer. Strings become STRING_EXT of their low
// bytes, arrays tuples, objects maps with string keys; everything else is
// said with its classes. Text beyond Latin-1 has to be turned into UTF-8
// bytes by the caller first, as `utf8` does here: the encoder writes low
// bytes and would otherwise make atoms that no BEAM accepts.
//
//     node erlang_js.js OUT
const { Erlang } = require('erlang_js');
const { random, range, guild, user, gateway, write } = require('./common');

const A = (name) => new Erlang.OtpErlangAtom(name);
const L = (items, improper) => new Erlang.OtpErlangList(items, improper);
const M = (pairs) => new Erlang.OtpErlangMap(pairs instanceof Map ? pairs : new Map(pairs));
const B = (text) => new Erlang.OtpErlangBinary(Buffer.from(text));
const utf8 = (text) => Buffer.from(text).toString('binary');

const u32 = (n) => { const b = Buffer.alloc(4); b.writeUInt32BE(n); return b; };
const CREATION = u32(0x65a1b2c3);
const pid = (node, n) => new Erlang.OtpErlangPid(A(node), u32(n), u32(0), CREATION);
const ref = (node, words) => new Erlang.OtpErlangReference(A(node), Buffer.concat(words.map(u32)), CREATION);
const APP = 'app@10.0.0.1';

// A JSON-like value in terms an Elixir peer would expect: binaries for
// strings, lists for arrays, atoms for null.
function json(v) {
  if (typeof v === 'string') return B(v);
  if (Array.isArray(v)) return L(v.map(json));
  if (v === null || v === undefined) return A('nil');
  if (typeof v === 'object') return M(Object.entries(v).map(([k, x]) => [B(k), json(x)]));
  return v;
}

const jobs = [];
const put = (id, profile, nodes, how, term, level) => jobs.push({ id, profile, nodes, how, term, level });
const d = (id, how, term) => put(id, 'data', [], how, term);
const z = (id, how, term, level) => put(id, 'cache', [], how, term, level);
const s = (id, how, term) => put(id, 'elixir', [], how, term);
const b = (id, how, term) => put(id, 'bert', [], how, term);
const g = (id, how, term) => put(id, 'gencall', [APP], how, term);

for (const [id, how, term] of [
  ['null', 'null is the atom undefined', null], ['true', 'true', true], ['zero', '0', 0], ['255', '255', 255], ['256', '256', 256], ['neg', '-1', -1],
  ['int_max', '2^31-1', 2147483647], ['int_min', '-2^31', -2147483648], ['big_2p31', '2^31', 2147483648], ['big_2p32m1', '2^32-1', 4294967295], ['big_neg', '-2^31-1', -2147483649],
  ['big_cut', '2^32 is cut to 32 bits: a big integer that is one zero byte', 4294967296], ['big_padded', '2^40+5 is cut to 32 bits: a big integer for a small number', 1099511627781],
  ['epoch_ms', 'a time in milliseconds, cut to 32 bits', 1700000000123],
  ['float', '1.5', 1.5], ['float_tenth', '0.1', 0.1], ['float_min', 'smallest denormal', Number.MIN_VALUE], ['float_neg', '-1e-300', -1e-300], ['floats', 'a list of floats; 1e300/3 has no fraction and becomes a big integer of zero bytes', L([0.5, -0.25, 1e300 / 3, Math.PI])],
  ['string_empty', 'an empty string is the empty list', ''], ['string', 'a string', 'hello'], ['string_latin1', 'a Latin-1 string', 'élan'], ['string_utf8', 'a string of UTF-8 bytes', utf8('日本 🙂')],
  ['string_65535', 'the longest STRING_EXT', 'x'.repeat(65535)], ['string_65536', 'one more becomes a LIST_EXT', 'x'.repeat(65536)],
  ['atom', 'an atom', A('ok')], ['atom_empty', 'the empty atom', A('')], ['atom_utf8', 'a unicode atom', A(utf8('größe'))], ['atom_latin1', 'a Latin-1 atom in the old form', new Erlang.OtpErlangAtom('größe', false)],
  ['atom_255', 'an atom of 255 letters', A('a'.repeat(255))], ['atom_large', 'OtpErlangAtomLarge', new Erlang.OtpErlangAtomLarge('module')], ['atom_large_utf8', 'OtpErlangAtomLarge of 255 characters in 1,020 bytes', new Erlang.OtpErlangAtomLarge(utf8('🙂'.repeat(255)))],
  ['atom_large_latin1', 'OtpErlangAtomLarge in the old form', new Erlang.OtpErlangAtomLarge('ok', false)],
  ['binary', 'a binary', B('größe')], ['binary_empty', 'an empty binary', B('')], ['binary_string', 'OtpErlangBinary of a string: low bytes', new Erlang.OtpErlangBinary('é')],
  ['bits_4', 'a bitstring of 12 bits', new Erlang.OtpErlangBinary(Buffer.from([0xab, 0xc0]), 4)], ['bits_dirty', 'a bitstring of 1 bit with the unused ones set', new Erlang.OtpErlangBinary(Buffer.from([0xff]), 1)],
  ['tuple_empty', 'an empty array is the empty tuple', []], ['tuple', 'an array is a tuple', [A('ok'), 1, 'two', null]], ['tuple_255', '255 elements', range(255)], ['tuple_256', '256 elements', range(256)],
  ['list_empties', 'empty lists', L([L([]), L([])])], ['list', 'a list', L([1, A('a'), B('x'), L([])])], ['list_bytes', '300 small integers, a LIST and not a STRING', L(range(300).map((i) => i % 256))],
  ['list_improper', 'an improper list', L([1, 2, A('tail')], true)], ['list_improper_one', 'an improper list of one: zero elements and a tail', L([A('tail')], true)],
  ['list_5000', '5,000 integers', L((() => { const r = random(3); return range(5000).map(() => r(2 ** 31)); })())], ['list_tail_list', 'an improper list whose tail is a list', L([1, L([2, 3])], true)],
  ['object', 'an object: string keys', { id: 1, name: 'Zoe', ok: false, none: null }], ['object_empty', 'an empty object', {}], ['object_nested', 'objects in objects', { a: { b: { c: { d: {} } } } }],
  ['object_int_keys', 'integer-like keys stay strings', { 1: 'one', 42: 'x' }], ['object_1000', '1,000 string keys', Object.fromEntries(range(1000).map((i) => [`key${i}`, i]))],
  ['map_mixed', 'a Map of every kind of key', M([[1, A('int')], [1.5, A('float')], ['1', A('string')], [A('1'), A('atom')], [B('1'), A('binary')], [[1], A('tuple')], [L([A('x')]), A('list')], [M([]), A('map')]])],
  ['map_atoms_32', '32 atom keys', M(range(32).map((i) => [A(`k${31 - i}`), i]))], ['map_atoms_33', '33 atom keys', M(range(33).map((i) => [A(`k${32 - i}`), i]))], ['map_atoms_200', '200 atom keys, unsorted', M(range(200).map((i) => [A(`f${(i * 37) % 200}`), i]))],
  ['map_ints_500', '500 integer keys, unsorted', M(range(500).map((i) => [(i * 211) % 500, i]))], ['map_tuples_40', '40 tuple keys', M(range(40).map((i) => [[A('id'), i], i * i]))],
  ['deep_100', '100 tuples in each other', range(100).reduce((t, i) => [i, t], null)], ['proplist', 'a property list', L([[A('port'), 8080], [A('host'), 'localhost'], A('verbose')])],
  ['cast', '{\'$gen_cast\', Msg}', [A('$gen_cast'), [A('push'), B('x')]]], ['rpc_args', 'a module, function and arguments', [A('lists'), A('reverse'), L([L([1, 2, 3])])]],
  ['rows_300', '300 rows of binaries', json(range(300).map(user))], ['guild', 'a guild of 20 members', json(guild(0, 20))],
]) d(id, how, term);

// Some of the gateway's shapes, as an Elixir peer would want them.
for (const [id, how, value] of gateway) if (['hello', 'identify', 'ready', 'message_create', 'guild_create', 'presence_update'].includes(id)) d(`gw_${id}`, how, json(value));

s('struct_point', 'a struct of an application\'s own', M([[A('__struct__'), A('Elixir.MyApp.Point')], [A('x'), 1], [A('y'), -2]]));
s('struct_date', 'a Date struct', M([[A('__struct__'), A('Elixir.Date')], [A('calendar'), A('Elixir.Calendar.ISO')], [A('year'), 2024], [A('month'), 2], [A('day'), 29]]));
s('struct_mapset', 'a MapSet of binaries', M([[A('__struct__'), A('Elixir.MapSet')], [A('map'), M(range(50).map((i) => [B(`item-${i}`), L([])]))], [A('version'), 2]]));

b('bert_call', 'a BERT-RPC call', [A('call'), A('nat'), A('add'), L([1, 2])]);
b('bert_reply', 'a BERT-RPC reply', [A('reply'), L([[A('post'), 1, B('title'), [A('bert'), A('nil')]]])]);
b('bert_dict', 'a BERT dict', [A('bert'), A('dict'), L([[A('name'), B('Tom')], [A('age'), 30], [A('ok'), [A('bert'), A('true')]]])]);
b('bert_time', 'a BERT time', [A('bert'), A('time'), 1254, 290294, 0]);
b('bert_regex', 'a BERT regex', [A('bert'), A('regex'), B('^c(a*)t$'), L([A('caseless')])]);
b('bert_error', 'a BERT-RPC error', [A('error'), [A('server'), 1, B('NoSuchModule'), B('no such module'), L([])]]);
b('bert_info', 'a BERT-RPC info', [A('info'), A('cache'), L([[A('validation'), B('3d6a')]])]);

g('gen_pid', 'a pid', pid(APP, 115));
g('gen_ref', 'a reference', ref(APP, [1, 2, 3]));
g('gen_port', 'a port of 32 bits', new Erlang.OtpErlangPort(A(APP), u32(12), CREATION));
g('gen_port_v4', 'a port of 64 bits', new Erlang.OtpErlangPort(A(APP), Buffer.concat([u32(1), u32(12)]), CREATION));
g('gen_pid_old', 'a pid in the old form, creation of one byte', new Erlang.OtpErlangPid(A(APP), u32(115), u32(0), Buffer.from([2])));
g('gen_ref_old', 'a reference in the old form, creation of one byte', new Erlang.OtpErlangReference(A(APP), Buffer.concat([u32(1), u32(2), u32(3)]), Buffer.from([2])));
g('gen_port_old', 'a port in the old form, creation of one byte', new Erlang.OtpErlangPort(A(APP), u32(12), Buffer.from([2])));
g('gen_call', '{\'$gen_call\', {Pid, Ref}, Msg}', [A('$gen_call'), [pid(APP, 115), ref(APP, [1, 2, 3])], [A('get'), B('key')]]);
g('gen_reply', '{Ref, Reply}', [ref(APP, [1, 2, 3]), [A('ok'), 42]]);
g('gen_down', '{\'DOWN\', Ref, process, Pid, Reason}', [A('DOWN'), ref(APP, [1, 2, 3]), A('process'), pid(APP, 115), A('noproc')]);
g('gen_exit', '{\'EXIT\', Pid, Reason}', [A('EXIT'), pid(APP, 115), [A('shutdown'), A('restart')]]);

const log = L(range(200).map((i) => json({ level: 'info', at: 1700000000 + i, msg: 'GET /users 200' })));
for (const level of [1, 6, 9]) z(`z_log_l${level}`, '200 log lines', log, level);
z('z_default', 'compressed = true', json(range(100).map(user)), true);
z('z_string', 'a long string', 'abc '.repeat(5000), 9);
z('z_tiny', 'one byte of a term, compressed all the same', [], 1);
z('z_guild', 'a guild of 50 members', json(guild(2, 50)), 6);

(async () => {
  const rows = [];
  for (const { id, profile, nodes, how, term, level } of jobs) {
    const bytes = await new Promise((resolve, reject) => {
      const done = (err, bin) => (err ? reject(err) : resolve(bin));
      if (level === undefined) Erlang.term_to_binary(term, done);
      else Erlang.term_to_binary(term, done, level);
    });
    const call = level === undefined ? 'Erlang.term_to_binary' : `Erlang.term_to_binary, compressed ${level}`;
    rows.push([id, profile, nodes, `${how}; ${call}`, bytes]);
  }
  // What Elixir peers are told to use for null. Last, since it stays set.
  Erlang.set_undefined('nil');
  rows.push(['null_nil', 'data', [], 'null after set_undefined(\'nil\'); Erlang.term_to_binary',
    await new Promise((resolve, reject) => Erlang.term_to_binary({ a: null, b: [null] }, (e, v) => (e ? reject(e) : resolve(v))))]);
  write(process.argv[2], 'erlang_js', rows);
})().catch((err) => { console.error(err); process.exit(1); });
