package gen

import (
	"strconv"
	"strings"
)

// names are the atoms of generated payloads. They are few enough for a BEAM that
// judges millions of payloads: an atom is for ever.
var names = func() []string {
	all := []string{
		"a", "ok", "error", "true", "false", "nil", "undefined", "", "b", "c", "id", "name", "value", "key",
		"reply", "$gen_call", "$gen_cast", "noproc", "normal", "lists", "maps", "erlang", "erl_eval",
		"Elixir.Date", "Elixir.Range", "Elixir.MyApp.Accounts.User", "__struct__", "__meta__", "calendar",
		"inserted_at", "updated_at", "nonode@nohost", "app@10.0.0.1",
		"\u00e9", "caf\u00e9", "\u00ff", "\u0080", "e\u0301", "\u0100", "\u20ac", "日本語", "\U0001F600", "\x00", "a\x00b",
		"\uFFFE", "\uFEFFbom", "\uD7FF", "\uE000", "\U0010FFFF", " ", "with space", "'", "\\", "\n",
		strings.Repeat("x", 255), strings.Repeat("\u00e9", 255), strings.Repeat("\u20ac", 255),
		strings.Repeat("\U0001F600", 255), strings.Repeat("y", 254), strings.Repeat("\u00e9", 127),
		strings.Repeat("\u00e9", 128), "x" + strings.Repeat("\u00e9", 127),
	}
	for i := range 400 {
		all = append(all, "k"+strconv.Itoa(i))
	}
	return all
}()

const commonNames = 33 // at the start of names

// nodes are names for nodes: nothing has to look like one.
var nodes = []string{"app@10.0.0.1", "nonode@nohost", "b@c", "", "true", "\u00e9@host"}

func (g *Gen) name() string {
	if g.t.chance(60) {
		return names[g.t.n(len(names))]
	}
	return names[g.t.n(commonNames)]
}

func (g *Gen) atom(name string) { g.b = g.appendAtom(g.b, name) }

// appendAtom appends an atom in one of the encodings that hold its name.
func (g *Gen) appendAtom(b []byte, name string) []byte {
	k := g.t.n(8)
	if old, ok := latin1(name); ok && k >= 5 && len(old) <= 255 {
		if k == 5 {
			return append(be.AppendUint16(append(b, 100), uint16(len(old))), old...)
		}
		return append(append(b, 115, byte(len(old))), old...)
	}
	if len(name) < 256 && k != 4 {
		return append(append(b, 119, byte(len(name))), name...)
	}
	return append(be.AppendUint16(append(b, 118), uint16(len(name))), name...)
}

// latin1 returns the name in Latin-1 if that has its characters.
func latin1(name string) (b []byte, ok bool) {
	for _, r := range name {
		if r > 255 {
			return nil, false
		}
		b = append(b, byte(r))
	}
	return b, true
}

// utf8Of is the name that bytes in Latin-1 stand for.
func utf8Of(old []byte) string {
	var s strings.Builder
	for _, c := range old {
		s.WriteRune(rune(c))
	}
	return s.String()
}
