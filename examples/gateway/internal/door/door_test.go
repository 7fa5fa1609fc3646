package door

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/beamgate/beamgate/examples/gateway/internal/config"
	"github.com/beamgate/beamgate/limits"
)

func TestClientKey(t *testing.T) {
	key := func(addr, identity string) string {
		return Client{Addr: netip.MustParseAddr(addr), Identity: identity}.Key()
	}
	for _, same := range [][2]string{
		{key("192.0.2.1", ""), key("::ffff:192.0.2.1", "")},
		{key("2001:db8:1:2::1", ""), key("2001:db8:1:2:ffff::9", "")}, // one client has a /64
		{key("192.0.2.1", "billing"), key("192.0.2.2", "billing")},
	} {
		if same[0] != same[1] {
			t.Errorf("%q and %q", same[0], same[1])
		}
	}
	for _, other := range [][2]string{
		{key("192.0.2.1", ""), key("192.0.2.2", "")},
		{key("2001:db8:1:2::1", ""), key("2001:db8:1:3::1", "")},
		{key("192.0.2.1", "192.0.2.2"), key("192.0.2.2", "")}, // a name that looks like an address
	} {
		if other[0] == other[1] {
			t.Errorf("%q twice", other[0])
		}
	}
}

func TestParseModes(t *testing.T) {
	m := ParseModes("shadow", map[string]string{"term": "enforce", "rate": "off"})
	if m[Term] != Enforce || m[Rate] != Off || m[Atoms] != Shadow || m[Answer] != Shadow || m[Connections] != Enforce || m[Deadline] != Enforce {
		t.Error(m)
	}
	for r := range rules {
		if r.String() == "" {
			t.Errorf("rule %d has no name", r)
		}
	}
}

// TestRulesOfTheFile: those that have modes there are those that have modes here.
func TestRulesOfTheFile(t *testing.T) {
	var have []string
	for r := range rules {
		if r != Connections && r != Deadline && r != Down {
			have = append(have, r.String())
		}
	}
	_, err := config.Parse("test.yaml", []byte("version: 1\nlisteners: [{rules: {none: off}}]\n"))
	_, list, ok := strings.Cut(fmt.Sprint(err), "rules.none: is no rule; there are ")
	list, _, _ = strings.Cut(list, "\n")
	want := strings.Split(list, ", ")
	slices.Sort(have)
	slices.Sort(want)
	if !ok || !slices.Equal(have, want) {
		t.Errorf("%v here, %v in the file: %v", have, want, err)
	}
}

func TestClientsList(t *testing.T) {
	in := Clients([]string{"billing", "10.0.0.0/8", "2001:db8::/32", "fe80::/10"})
	for _, c := range []struct {
		who  Client
		want bool
	}{
		{Client{Addr: netip.MustParseAddr("10.1.2.3")}, true},
		{Client{Addr: netip.MustParseAddr("::ffff:10.1.2.3")}, true},
		{Client{Addr: netip.MustParseAddr("11.1.2.3")}, false},
		{Client{Addr: netip.MustParseAddr("2001:db8::1")}, true},
		{Client{Addr: netip.MustParseAddr("fe80::1")}, true},
		{Client{Addr: netip.MustParseAddr("fe80::1%eth0")}, true},
		{Client{Addr: netip.MustParseAddr("fec0::1%eth0")}, false},
		{Client{Addr: netip.MustParseAddr("11.1.2.3"), Identity: "billing"}, true},
		{Client{Addr: netip.MustParseAddr("11.1.2.3"), Identity: "shop"}, false},
	} {
		if in(c.who) != c.want {
			t.Errorf("%+v: %v", c.who, !c.want)
		}
	}
	if !Clients(nil)(Client{}) {
		t.Error("nobody named means everybody")
	}
}

// TestOutgrown: what is too long is told by the bound that it breaks. Frames bound only
// what goes on in frames.
func TestOutgrown(t *testing.T) {
	for _, c := range []struct {
		protocol string
		caps     config.Caps
		n        int64
		want     string // code and limit
	}{
		{config.ProtocolFrames, nil, 255, ""},
		{config.ProtocolFrames, nil, 256, "frame_size packet"},
		{config.ProtocolBERT, nil, 256, "frame_size packet"},
		{config.ProtocolHTTP, nil, 256, ""},
		{config.ProtocolForward, nil, 256, ""},
		{config.ProtocolHTTP, config.Caps{"MaxBytes": 100}, 100, ""},
		{config.ProtocolHTTP, config.Caps{"MaxBytes": 100}, 101, "limit_bytes MaxBytes"},
		{config.ProtocolFrames, config.Caps{"MaxBytes": 100}, 101, "limit_bytes MaxBytes"},
		{config.ProtocolHTTP, config.Caps{"MaxBuffered": 100}, 101, "limit_buffered MaxBuffered"},
	} {
		d, err := New(config.Listener{Protocol: c.protocol, Packet: 1, Caps: c.caps}, nil, nil, Shared{})
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		p := &Pass{packet: d.packet()}
		p.now.Store(&rulesOf{door: d})
		if r := p.outgrown(c.n); r != nil {
			var e *limits.Error
			if !errors.As(r, &e) || e.Got != c.n {
				t.Fatalf("%+v: %v", c, r)
			}
			got = r.Code + " " + e.Name
		}
		if got != c.want {
			t.Errorf("%+v: %q", c, got)
		}
	}
}
