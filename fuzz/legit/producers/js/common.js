'use strict';
// What both encoders share: fixed data, and the files every producer writes.
const fs = require('fs');
const path = require('path');

// A small generator with a fixed seed: payloads must not change from run to
// run, and Math.random cannot be seeded.
function random(seed) {
  let x = seed >>> 0 || 1;
  return (max) => {
    x ^= x << 13; x >>>= 0;
    x ^= x >>> 17;
    x ^= x << 5; x >>>= 0;
    return x % max;
  };
}

const range = (n) => Array.from({ length: n }, (_, i) => i);

// Discord ids are strings of 64-bit numbers, since a JavaScript number cannot
// hold them.
const snowflake = (i) => String(175928847299117063n + BigInt(i) * 4194304n);

const user = (i) => ({
  id: snowflake(i), username: `user${i}`, discriminator: String(1000 + i), avatar: i % 3 ? null : 'a'.repeat(32),
  bot: i % 5 === 0, public_flags: i * 64, global_name: i % 2 ? `Zoë ${i}` : null,
});

const member = (i) => ({
  user: user(i), nick: i % 4 ? null : `nick 🙂 ${i}`, roles: range(i % 4).map((r) => snowflake(900 + r)),
  joined_at: '2024-01-02T03:04:05.678000+00:00', premium_since: null, deaf: false, mute: i % 9 === 0, pending: false,
});

const channel = (i, guild) => ({
  id: snowflake(5000 + i), type: i % 3 ? 0 : 2, guild_id: guild, position: i, name: `channel-${i}`, topic: i % 2 ? null : 'größe',
  nsfw: false, last_message_id: i % 3 ? snowflake(70000 + i) : null, rate_limit_per_user: 0, parent_id: null,
  permission_overwrites: [{ id: guild, type: 0, allow: '0', deny: String(1024 * i) }],
});

const guild = (i, members) => {
  const id = snowflake(800 + i);
  return {
    id, name: `Guild ${i}`, icon: null, owner_id: snowflake(1), region: 'deprecated', afk_timeout: 300, large: members > 50,
    unavailable: false, member_count: members, features: ['COMMUNITY', 'NEWS'], premium_tier: 2, preferred_locale: 'fr',
    roles: range(5).map((r) => ({ id: snowflake(900 + r), name: `role${r}`, color: 0xff8800 + r, permissions: '2248473465835073', hoist: r === 1, mentionable: false, position: r })),
    channels: range(8).map((c) => channel(c, id)), members: range(members).map(member),
    presences: range(Math.min(members, 10)).map((p) => ({ user: { id: snowflake(p) }, status: 'online', activities: [], client_status: { desktop: 'online' } })),
    emojis: [], voice_states: [], system_channel_flags: 0, nsfw: false,
  };
};

const message = (i) => ({
  id: snowflake(70000 + i), channel_id: snowflake(5001), guild_id: snowflake(800), author: user(i), member: member(i),
  content: `hello ${i} <@${snowflake(3)}> 🙂 größe`, timestamp: '2024-01-02T03:04:05.678000+00:00', edited_timestamp: null, tts: false,
  mention_everyone: false, mentions: [user(3)], mention_roles: [], pinned: false, type: 0, flags: 0, nonce: snowflake(i),
  attachments: i % 2 ? [] : [{ id: snowflake(i), filename: 'a.png', size: 123456, url: 'https://cdn.example/a.png', width: 640, height: 480 }],
  embeds: [{ type: 'rich', title: 'T', color: 16711680, fields: [{ name: 'n', value: 'v', inline: true }] }], components: [],
});

// Gateway payloads in both directions.
const gateway = [
  ['hello', 'gateway HELLO', { op: 10, d: { heartbeat_interval: 41250, _trace: ['["gateway-prd-main-1",{"micros":0.0}]'] }, s: null, t: null }],
  ['heartbeat', 'gateway heartbeat', { op: 1, d: 251 }],
  ['heartbeat_null', 'first gateway heartbeat', { op: 1, d: null }],
  ['heartbeat_ack', 'gateway heartbeat ack', { op: 11, d: null, s: null, t: null }],
  ['identify', 'gateway IDENTIFY', { op: 2, d: { token: 'not.a.token', intents: 3276799, compress: false, large_threshold: 250, shard: [0, 4], properties: { os: 'linux', browser: 'bot', device: 'bot' }, presence: { status: 'online', afk: false, since: null, activities: [{ name: 'chess', type: 0 }] } } }],
  ['resume', 'gateway RESUME', { op: 6, d: { token: 'not.a.token', session_id: 'a'.repeat(32), seq: 1337 } }],
  ['invalid_session', 'gateway invalid session', { op: 9, d: false, s: null, t: null }],
  ['reconnect', 'gateway reconnect', { op: 7, d: null, s: null, t: null }],
  ['request_members', 'gateway request members', { op: 8, d: { guild_id: snowflake(800), query: '', limit: 0, presences: true } }],
  ['voice_update', 'gateway voice state', { op: 4, d: { guild_id: snowflake(800), channel_id: null, self_mute: false, self_deaf: true } }],
  ['presence_update', 'PRESENCE_UPDATE', { op: 0, s: 42, t: 'PRESENCE_UPDATE', d: { user: { id: snowflake(3) }, guild_id: snowflake(800), status: 'idle', activities: [{ name: 'chess', type: 0, created_at: 1700000000, timestamps: { start: 1700000000 } }], client_status: { web: 'idle' } } }],
  ['typing', 'TYPING_START', { op: 0, s: 43, t: 'TYPING_START', d: { channel_id: snowflake(5001), user_id: snowflake(3), timestamp: 1700000000, member: member(3) } }],
  ['ready', 'READY', { op: 0, s: 1, t: 'READY', d: { v: 10, user: user(0), session_id: 'a'.repeat(32), resume_gateway_url: 'wss://gateway.example', guilds: range(100).map((i) => ({ id: snowflake(800 + i), unavailable: true })), application: { id: snowflake(1), flags: 565248 }, private_channels: [], relationships: [], _trace: [], shard: [0, 1], geo_ordered_rtc_regions: ['rotterdam', 'madrid'] } }],
  ['ready_full', 'READY with guilds', { op: 0, s: 1, t: 'READY', d: { v: 10, user: user(0), session_id: 'a'.repeat(32), guilds: range(5).map((i) => guild(i, 10)) } }],
  ['guild_create', 'GUILD_CREATE', { op: 0, s: 2, t: 'GUILD_CREATE', d: guild(0, 20) }],
  ['guild_create_200', 'GUILD_CREATE with 200 members', { op: 0, s: 2, t: 'GUILD_CREATE', d: guild(1, 200) }],
  ['members_chunk', 'GUILD_MEMBERS_CHUNK', { op: 0, s: 9, t: 'GUILD_MEMBERS_CHUNK', d: { guild_id: snowflake(800), members: range(100).map(member), chunk_index: 0, chunk_count: 1 } }],
  ['message_create', 'MESSAGE_CREATE', { op: 0, s: 3, t: 'MESSAGE_CREATE', d: message(1) }],
  ['message_attachment', 'MESSAGE_CREATE with an attachment', { op: 0, s: 4, t: 'MESSAGE_CREATE', d: message(2) }],
  ['messages_50', '50 messages', range(50).map(message)],
  ['message_delete', 'MESSAGE_DELETE_BULK', { op: 0, s: 5, t: 'MESSAGE_DELETE_BULK', d: { ids: range(20).map(snowflake), channel_id: snowflake(5001) } }],
  ['reaction', 'MESSAGE_REACTION_ADD', { op: 0, s: 6, t: 'MESSAGE_REACTION_ADD', d: { user_id: snowflake(3), emoji: { id: null, name: '🔥' }, message_id: snowflake(70001) } }],
  ['interaction', 'INTERACTION_CREATE', { op: 0, s: 7, t: 'INTERACTION_CREATE', d: { id: snowflake(1), type: 2, token: 'x', version: 1, data: { id: snowflake(2), name: 'roll', type: 1, options: [{ name: 'sides', type: 4, value: 20 }] } } }],
];

// Writes what one producer made. A row: [id, profile, nodes, how, Buffer].
function write(out, name, rows) {
  fs.mkdirSync(out, { recursive: true });
  const seen = new Set();
  let list = ['#producer', name, version(name)].join('\t') + '\n';
  for (const [id, profile, nodes, how, bytes] of rows) {
    const full = `${name}_${id}`;
    if (seen.has(full)) throw new Error(`id ${full} twice`);
    seen.add(full);
    fs.writeFileSync(path.join(out, `${full}.etf`), bytes);
    list += [full, profile, nodes.join(','), '', how].join('\t') + '\n';
  }
  fs.writeFileSync(path.join(out, 'list.tsv'), list);
}

const version = (name) => JSON.parse(fs.readFileSync(path.join(__dirname, 'node_modules', name, 'package.json'))).version;

module.exports = { random, range, snowflake, user, guild, message, gateway, write };
