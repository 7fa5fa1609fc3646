package web_test

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	. "github.com/beamgate/beamgate/examples/gateway/internal/gatetest"
	"github.com/beamgate/beamgate/examples/gateway/internal/term"
)

// TestRebar3: a Hex client that decodes whatever it is answered, behind the forward
// proxy and behind a mirror. A hostile answer becomes a clean error.
func TestRebar3(t *testing.T) {
	rebar3 := Program(t, "rebar3")
	api := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/vnd.hex+erlang; charset=utf-8")
		switch r.URL.Path {
		case "/api/packages/good":
			w.Write(term.Message(term.Map(
				term.Bin("name"), term.Bin("good"), term.Bin("meta"), term.Map(
					term.Bin("description"), term.Bin("A package that is fine"), term.Bin("licenses"), term.List(term.Bin("Apache-2.0")), term.Bin("links"), term.Map(term.Bin("GitHub"), term.Bin("https://example.org"))),
				term.Bin("releases"), term.List(term.Map(term.Bin("version"), term.Bin("1.2.3"))))))
		case "/api/packages/code":
			io.WriteString(w, export)
		case "/api/packages/names":
			io.WriteString(w, atoms(0, 100))
		default:
			http.NotFound(w, r)
		}
	}
	s := newSite(t, api)
	signer := NewCA(t)
	forward := Start(t, forwardConf(signer.Path(), signer.KeyPath(), s.ca.Path(), "https://"+s.addr, "127.0.0.0/8, '::1/128'", ""))
	o := newOrigin(t, api)
	cert, key := signer.Files("localhost")
	mirror := Start(t, conf(o.addr(), "", "", fmt.Sprintf("tls: {cert: %s, key: %s}\nprofile: hex\nanswers: {ledger: web, max_atoms: 10}", cert, key)))
	_, mirrorPort, _ := strings.Cut(mirror.Addr("door"), ":")

	ask := func(url, proxy, roots, name string) string {
		home := t.TempDir()
		config := filepath.Join(home, ".config", "rebar3", "rebar.config")
		os.MkdirAll(filepath.Dir(config), 0o700)
		WriteFile(t, config, fmt.Sprintf(`{ssl_cacerts_path, [%q]}.
{hex, [{repos, [#{name => <<"hexpm">>, api_url => <<%q>>}]}]}.
%s
`, roots, url+"/api", proxy))
		WriteFile(t, filepath.Join(home, "rebar.config"), "{deps, []}.\n")
		cmd := exec.Command(rebar3, "pkgs", name)
		cmd.Dir = home
		cmd.Env = append(os.Environ(), "HOME="+home, "XDG_CONFIG_HOME="+filepath.Join(home, ".config"), "REBAR_COLOR=none")
		out, _ := cmd.CombinedOutput()
		return string(out)
	}
	site, mirrored := "https://"+s.addr, "https://localhost:"+mirrorPort
	proxied := fmt.Sprintf("{https_proxy, %q}.", "http://"+forward.Addr("door"))
	const clean = "hexpm: Error fetching from this repo."
	exports := func() bool { return forward.Count("rule=answer", "code=rejected_export") > 0 }
	spent := func() bool { return mirror.Count("rule=answer", "code=limit_atom_budget") > 0 }
	for _, c := range []struct {
		way, url, proxy, roots, name, want string
		refused                            func() bool // and counted
	}{
		{"forward", site, proxied, signer.Path(), "good", "1.2.3", nil},
		{"forward", site, proxied, signer.Path(), "code", clean, exports},
		{"mirror", mirrored, "", signer.Path(), "good", "1.2.3", nil},
		{"mirror", mirrored, "", signer.Path(), "names", clean, spent},
	} {
		// rebar3 gives up after some seconds, which a busy machine may need: it says the
		// same then as for an answer that was refused.
		got := ""
		for range 8 {
			if got = ask(c.url, c.proxy, c.roots, c.name); strings.Contains(got, c.want) && (c.refused == nil || c.refused()) {
				break
			}
		}
		if !strings.Contains(got, c.want) {
			t.Errorf("%s, %s: %s", c.way, c.name, got)
		}
		if c.refused != nil && !c.refused() {
			t.Errorf("%s, %s: the refusal is not counted", c.way, c.name)
		}
	}
	// Without the gateway the client gets the fun, and ends.
	if got := ask(site, "", s.ca.Path(), "code"); strings.Contains(got, "hexpm") {
		t.Errorf("directly: %s", got)
	}
}
