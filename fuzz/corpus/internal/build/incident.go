package build

// incidentSpecs have the shape of what went wrong where ETF crosses a wire. None of
// them does anything: code in them is empty or a name.
func incidentSpecs() []*Spec {
	g := &group{prefix: "incident"}
	codeIncidents(g)
	atomIncidents(g)
	bombIncidents(g)
	wireIncidents(g)
	decoderIncidents(g)
	return g.specs
}

// from sets where the next cases come from.
func (g *group) from(where string) *group {
	g.provenance = "incident: " + where
	return g
}

// clause is a fun of erl_eval as a shell makes one, without clauses.
func clause(arity int) []byte {
	return fun{arity: arity, index: 20 - arity, module: atom("erl_eval"), oldIndex: small(20 - arity), env: [][]byte{
		tuple(small(1), null, tuple(atom("value"), null), atom("none"), null),
	}}.bytes()
}

func codeIncidents(g *group) {
	g.from("CVE-2020-15150 (paginator)")
	g.add("a cursor that is a fun of two arguments", ext(clause(2))).flag("code")
	g.add("a cursor with a fun in its map", ext(pairs(atom("id"), small(1), atom("inserted_at"), clause(2)))).flag("code")
	g.add("a cursor as it should be", ext(pairs(atom("id"), small(1), atom("inserted_at"), bin("2020-01-01T00:00:00Z"))))
	g.from("CVE-2017-1000053 (Plug)")
	g.add("a session cookie with a fun", ext(pairs(bin("_csrf_token"), bin("abc"), bin("user"), clause(1)))).flag("code")
	g.add("a session cookie as it should be", ext(pairs(bin("_csrf_token"), bin("abc"), bin("user_id"), small(7))))
	g.from("the guard of Plug.Crypto walks behind the decoder")
	g.add("a fun in the tail of a list", ext(cells(clause(0), small(1)))).flag("code")
	g.add("a fun as a key", ext(pairs(clause(1), small(1)))).flag("code")
	g.add("a fun in a struct", ext(pairs(atom("__struct__"), atom("Elixir.Plug.Conn"), atom("before_send"), list(clause(1))))).flag("code")
	g.add("a range of 10^16 numbers", ext(pairs(atom("__struct__"), atom("Elixir.Range"), atom("first"), small(1), atom("last"), smallBig(0, 0, 0, 0xc1, 0x6f, 0xf2, 0x86, 0x23), atom("step"), small(1)))).policy("elixir").flag("lazy")
	g.add("a stream", ext(pairs(atom("__struct__"), atom("Elixir.Stream"), atom("enum"), null, atom("funs"), null, atom("accs"), null, atom("done"), atom("nil")))).policy("elixir").flag("lazy")
	g.add("a file stream", ext(pairs(atom("__struct__"), atom("Elixir.File.Stream"), atom("path"), bin("x"), atom("modes"), null, atom("line_or_bytes"), atom("line"), atom("raw"), atom("true")))).policy("elixir").flag("lazy")
	g.add("a date", ext(pairs(atom("__struct__"), atom("Elixir.Date"), atom("year"), long(2026), atom("month"), small(1), atom("day"), small(31)))).policy("elixir")
	g.add("a quoted call", ext(tuple(tuple(atom("."), null, list(atom("Elixir.Enum"), atom("count"))), null, list(null)))).policy("quoted").flag("quoted")
	g.add("a quoted variable", ext(tuple(atom("x"), null, atom("nil")))).policy("quoted").flag("quoted")
	g.add("a tuple of three that is not quoted", ext(tuple(atom("user"), small(1), bin("a")))).policy("quoted")
	g.from("the option [safe] lets funs of loaded modules pass")
	g.add("erlang:halt as a value", ext(export(atom("erlang"), atom("halt"), small(0)))).flag("code")
	g.add("os:cmd as a value", ext(pairs(atom("callback"), export(atom("os"), atom("cmd"), small(1))))).flag("code")
}

func atomIncidents(g *group) {
	g.from("CVE-2026-21619 (hex_core, hex, rebar3)")
	g.recipe("a registry answer of 5000 new atoms", hexed(ext(tag(108, u32(5000)))), digits("770f6865785f636f727075735f", 4, 5000, ""), hexed(null)).flag("atoms")
	g.add("a registry answer with a fun", ext(pairs(bin("name"), bin("jason"), bin("releases"), list(clause(1))))).flag("code")
	g.recipe("a registry answer that is a bomb", hexed([]byte{131, 80}), zlibbed(hexed(tag(108, u32(500_000))), repeat("6a", 500_001))).flag("bomb", "compressed").policy("hex", "cache")
	g.add("a registry answer as it should be", ext(pairs(bin("name"), bin("jason"), bin("releases"), list(pairs(bin("version"), bin("1.4.0"), bin("has_docs"), atom("true")))))).policy("hex")
	g.from("CVE-2026-48853 (elixir-grpc)")
	g.recipe("a request with 1000 new atoms as keys", hexed(ext(tag(116, u32(1000)))), digits("770c677270635f636f7270", 3, 1000, "6a")).flag("atoms")
	g.add("a request with a pid to answer to", ext(tuple(atom("reply_to"), pid(own, 100, 0, 0)))).flag("identity", "own-node")
	g.from("VerneMQ, MongooseIM: frames between nodes")
	g.add("a node name nobody has", ext(atom("VerneMQ-corpus@10.0.0.99"))).flag("atoms").policy("known-atoms")
	g.add("ids that differ in their creations only", ext(list(pid(foreign, 1, 2, 100), pid(foreign, 1, 2, 101), pid(foreign, 1, 2, 102)))).flag("identity")
}

func bombIncidents(g *group) {
	g.from("CVE-2026-23943 (OTP ssh): a zlib bomb before login")
	g.recipe("a binary that inflates 150 times", hexed([]byte{131, 80}), zlibbed(hexed(tag(109, u32(256<<10))), repeat("41", 256<<10))).flag("bomb", "compressed").policy("cache", "default")
	g.from("erlang/otp PR 2382: the words of a compressed term")
	g.recipe("strings that inflate and grow again", hexed([]byte{131, 80}), zlibbed(hexed(tag(108, u32(10))), repeat("6bffff"+string(copies(65535, []byte("61"))), 10), hexed(null))).flag("bomb", "compressed").policy("cache")
	g.from("CVE-2026-49760 (erl_interface): an integer longer than the buffer it is printed to")
	g.add("an integer of 2008 hexadecimal digits", ext(largeBig(0, copies(1004, u8(0xa5))...)))
	g.add("an integer of 2050 hexadecimal digits", ext(largeBig(1, copies(1025, u8(0xa5))...))).flag("large")
	g.from("EMQX rules, N2O, Arweave: [safe] does not bound what inflates")
	g.recipe("a compressed payload of known atoms", hexed([]byte{131, 80}), zlibbed(hexed(tag(108, u32(20_000))), repeat("77026f6b", 20_000), hexed(null))).flag("compressed").policy("cache")
	g.add("a claim of 32 MiB", packed(32<<20, stream(null))).flag("compressed", "claim").policy("default")
	g.add("a claim of 32 MiB and a byte", packed(32<<20+1, stream(null))).flag("compressed", "claim").policy("default")
	g.from("one byte on the wire, sixteen in a node")
	g.recipe("sixteen strings of 65535 bytes", hexed(ext(tag(108, u32(15)))), repeat(longString, 15), hexed(null)).flag("large")
}

func wireIncidents(g *group) {
	g.from("erlang/otp issue 11404: a valid term that a VM may trap on")
	trap := []byte{}
	for i := range 69 {
		switch i % 4 {
		case 0:
			trap = append(trap, str("abc")...)
		case 1:
			trap = append(trap, small(i)...)
		case 2:
			trap = append(trap, list(long(1000+i))...)
		default:
			trap = append(trap, null...)
		}
	}
	g.add("a tuple of 69 strings, lists and numbers", ext(tag(104, u8(69), trap)))
	g.from("CouchDB: tokens in a query")
	g.add("a since token", ext(list(tuple(atom("couchdb@127.0.0.1"), list(small(0), smallBig(0, 255, 255, 255, 255)), tuple(small(5), bin("abcdef"))))))
	g.add("a bookmark with a fun", ext(list(tuple(atom("couchdb@127.0.0.1"), clause(1), null)))).flag("code")
	g.from("Riak: a continuation")
	g.add("a continuation of a string", ext(tuple(bin("key"), bin("value"))))
	g.from("Ernie, BERT-RPC")
	g.add("a call", ext(tuple(atom("call"), atom("calc"), atom("add"), list(small(1), small(2))))).policy("bert")
	g.add("a call with an improper list of arguments", ext(tuple(atom("call"), atom("calc"), atom("add"), cells(small(2), small(1))))).policy("bert")
	g.add("an info command with a callback", ext(tuple(atom("info"), atom("callback"), list(tuple(atom("service"), bin("h"), small(80)))))).policy("bert")
	g.from("elixir-grpc: an improper list where a list is meant")
	g.add("a request of an improper list", ext(cells(atom("b"), tuple(atom("a"), small(1)))))
	g.from("Erlang distribution on a port for messages")
	g.add("a distribution header of a control message", ext(u8(68), u8(0), tuple(small(2), atom(""), pid(foreign, 1, 2, 3)), null)).flag("distribution")
	g.from("Redis: Phoenix.PubSub, Nebulex, session stores")
	g.add("a cached entry", ext(tuple(atom("entry"), bin("key"), pairs(atom("id"), small(7)), atom("nil"), long(60000))))
	g.add("a cached entry with a fun", ext(tuple(atom("entry"), bin("key"), clause(0), atom("nil"), long(60000)))).flag("code")
	g.add("a broadcast with a pid of another node", ext(tuple(atom("broadcast"), pid(atom("app@10.0.0.9"), 100, 0, 1), bin("room:1"), tuple(atom("msg"), bin("hi"))))).flag("identity")
	g.from("ejabberd web admin: a form field")
	g.add("an id of a form", ext(tuple(bin("user"), bin("example.org"), str("acl"))))
	g.add("an id of a form with an export", ext(tuple(bin("user"), export(atom("erlang"), atom("halt"), small(1))))).flag("code")
	g.from("Livebook, Plug session, Phoenix.Token: behind a signature")
	g.add("a signed token", ext(tuple(small(42), smallBig(0, 0, 0x10, 0x5e, 0x5f, 0x9b, 1), long(86400))))
	g.from("Mix loopback PubSub: frames with a length in front")
	g.add("a frame whose length was not taken off", cat(u32(4), ext(atom("a"))))
	g.from("erl_boot_server")
	g.add("a command", ext(tuple(atom("boot"), str("25.2.3"))))
	g.from("tests of OTP for terms that fail late")
	g.add("a fun, then NaN", ext(tuple(fun{}.bytes(), floatBits(0x7ff8<<48)))).flag("not-finite", "code")
	g.add("a large binary, then NaN", ext(tuple(bin(string(copies(100, u8('x')))), floatBits(0x7ff8<<48)))).flag("not-finite")
	g.add("a pid, then NaN", ext(tuple(pid(foreign, 1, 2, 3), floatBits(0x7ff8<<48)))).flag("not-finite", "identity")
	g.add("unsorted maps in the key of a map", ext(pairs(pairs(small(2), null, small(1), null), pairs(small(9), null, small(3), null))))
	g.from("AMQP, HTTP: a body of another format")
	g.add("a body of JSON", []byte(`{"call":["calc","add",[1,2]]}`))
	g.add("a body of gzip", []byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0xab, 0xe6, 2, 0})
	g.add("a token in base64", []byte("g1AAAAAB"))
}

func decoderIncidents(g *group) {
	g.from("AtomVM issue 256: lengths")
	for _, c := range []struct {
		name string
		t    []byte
	}{
		{"an atom longer than the input", tag(100, u16(200), []byte("abc"))}, {"a binary longer than the input", tag(109, u32(200), []byte("abc"))},
		{"a string longer than the input", tag(107, u16(200), []byte("abc"))}, {"a tuple longer than the input", tag(104, u8(200), null)}, {"a big integer longer than the input", tag(110, u8(200), u8(0), []byte("abc"))},
	} {
		g.add(c.name, ext(c.t)).flag("claim")
	}
	g.from("AtomVM PR 2305: what a check of [safe] may miss")
	g.add("a fun without variables", ext(fun{module: atom("corpus_unknown_module")}.bytes())).flag("code")
	g.add("an export whose module is a binary", ext(export(bin("erlang"), atom("halt"), small(0)))).flag("code", "field-type")
	g.add("a pid of a node beyond ASCII", ext(pid(atom("caf\u00e9@b"), 1, 2, 3))).flag("identity")
	g.from("decoders in other languages")
	g.add("six bytes that claim a list", ext(tag(108, u32(1<<27)))).flag("claim")
	g.add("six bytes that claim a tuple", ext(tag(105, u32(1<<23)))).flag("claim")
	g.add("six bytes that claim a map", ext(tag(116, u32(1<<27)))).flag("claim")
	g.add("lists that claim what is left, in each other", ext(lying64())).flag("claim")
	g.add("a map with a binary as its key", ext(pairs(bin("key"), bin("value"))))
	g.add("a map with a list as its key", ext(pairs(list(small(1), atom("a")), bin("value"))))
	g.add("a map with a map as its key", ext(pairs(pairs(atom("a"), small(1)), bin("value"))))
	g.add("an improper list of binaries", ext(cells(bin("c"), bin("a"), bin("b"))))
	g.add("a bignum that must not be turned around in place", ext(tuple(smallBig(0, 1, 2, 3, 4, 5, 6, 7, 8, 9), smallBig(0, 1, 2, 3, 4, 5, 6, 7, 8, 9))))
	g.add("an integer beyond 16 bits", ext(long(70000)))
	g.add("an integer beyond 64 bits", ext(smallBig(0, 0, 0, 0, 0, 0, 0, 0, 0, 1)))
	g.add("a key twice, as strings", ext(pairs(str("a"), small(1), list(small('a')), small(2)))).flag("duplicate-key")
	g.add("NaN in a list", ext(list(floatBits(0x7ff8<<48)))).flag("not-finite")
}

// lying64 is 64 list heads, each claiming as many elements as bytes are left.
func lying64() (b []byte) {
	for i := range 64 {
		b = append(b, tag(108, u32((63-i)*5))...)
	}
	return b
}
