package web_test

import (
	"encoding/base64"
	"fmt"
	"testing"

	"github.com/beamgate/beamgate/examples/gateway/internal/beamnode"
	. "github.com/beamgate/beamgate/examples/gateway/internal/gatetest"
	"github.com/beamgate/beamgate/examples/gateway/internal/term"
	"github.com/beamgate/beamgate/safe"
)

// TestRealHTTP: a node learns no more atoms from HTTP than its ledger allows, and
// decodes nothing that is hostile, wherever it stands in a request.
func TestRealHTTP(t *testing.T) {
	modules := beamnode.Require(t)
	n, err := modules.StartHTTP()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.Kill(); n.Wait() })
	g := Start(t, conf(n.Addr, "max_new: 5", "", "http: {extract: [{in: query, name: since, forms: ['<digits>-<etf>']}]}"))
	seen := func(a answer) beamnode.Seen {
		t.Helper()
		s, err := beamnode.ParseSeen([]byte(a.body))
		if a.status != 200 || err != nil {
			t.Fatalf("%d %q, %v", a.status, a.body, err)
		}
		return s
	}
	seen(do(t, g, "POST", "/", good)) // whatever it loads for that is there now
	before := seen(do(t, g, "GET", "/", ""))
	for i := range 20 {
		a := do(t, g, "POST", "/", atoms(i, 1), "Content-Type", etf)
		if (a.status == 200) != (i < 5) {
			t.Errorf("name %d: %d %s", i, a.status, a.code)
		}
	}
	for i, body := range []string{export, good + "x", atoms(0, 3)[:9], string(term.Message(term.T{1, 2}))} {
		if a := do(t, g, "POST", "/", body, "Content-Type", "text/plain"); a.status != 422 {
			t.Errorf("%d: %d %s", i, a.status, a.code)
		}
		token := base64.StdEncoding.EncodeToString([]byte(body))
		if a := do(t, g, "GET", "/since?since=1-"+token, ""); a.status != 422 {
			t.Errorf("%d in the query: %d %s", i, a.status, a.code)
		}
	}
	after := seen(do(t, g, "GET", "/", ""))
	if got := after.Atoms - before.Atoms; got != 5 || after.Frames-before.Frames != 6 {
		t.Errorf("%d new atoms of 5, %d requests of 6", got, after.Frames-before.Frames)
	}
	a := do(t, g, "GET", "/since?since=1-"+base64.StdEncoding.EncodeToString([]byte(list)), "")
	if v, err := safe.Decode([]byte(a.body)); err != nil || v.String() != "{since,[1,2]}" {
		t.Errorf("%d %v, %v", a.status, v, err)
	}
	do(t, g, "GET", "/fun", "").want(t, 502, "rejected_export")
	if fmt.Sprint(g.Ledger("web").Stats().Committed) != "5" {
		t.Errorf("%+v", g.Ledger("web").Stats())
	}
}
