package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	. "github.com/beamgate/beamgate/examples/gateway/internal/gatetest"
	"github.com/fsnotify/fsnotify"

	"github.com/beamgate/beamgate/examples/gateway/internal/term"
)

// program runs a subcommand.
func program(args ...string) (status int, stdout, stderr string) {
	var out, errs bytes.Buffer
	status = run(args, &out, &errs)
	return status, out.String(), errs.String()
}

// TestReference: REFERENCE.md is what the code says.
func TestReference(t *testing.T) {
	want, err := os.ReadFile("REFERENCE.md")
	if err != nil {
		t.Fatal(err)
	}
	status, got, stderr := program("reference")
	if status != 0 || got != string(want) {
		t.Errorf("REFERENCE.md is not what `gateway reference` prints (status %d, %s): write it again", status, stderr)
	}
	// Whatever bounds something says which attack it stops.
	for line := range strings.Lines(got) {
		cells := strings.Split(line, " | ")
		if len(cells) == 5 && strings.Contains(cells[0], ".max_") && strings.Trim(cells[4], " |\n") == "" && !strings.Contains(cells[0], "backoff") && !strings.Contains(cells[0], "max_age") {
			t.Errorf("no attack: %s", line)
		}
	}
}

func TestUsage(t *testing.T) {
	for _, args := range [][]string{{}, {"fly"}, {"run"}, {"check-config"}, {"budget"}, {"budget", "grant", "x"}, {"atoms"}, {"demo", "x"}} {
		if status, _, stderr := program(args...); status != 2 || stderr == "" {
			t.Errorf("%v: status %d, %q", args, status, stderr)
		}
	}
}

// TestMisuse: what is wrong with a command is said, and help is no mistake.
func TestMisuse(t *testing.T) {
	nowhere := Free(t)
	for _, c := range []struct {
		args   []string
		status int
		want   string
	}{
		{[]string{"frobnicate"}, 2, `unknown command "frobnicate"`},
		{[]string{"-h"}, 0, "usage: gateway COMMAND"},
		{[]string{"help"}, 0, "usage: gateway COMMAND"},
		{[]string{"run", "-h"}, 0, "usage: gateway run FILE"},
		{[]string{"budget", "--help"}, 0, "grant LEDGER N REASON"},
		{[]string{"check-config", "-h"}, 0, "-no-files"},
		{[]string{"atoms", "-h"}, 0, "-release"},
		{[]string{"atoms", "-smell"}, 2, "-smell"},
		{[]string{"atoms", "-release", "/nonexist"}, 1, "/nonexist"},
		{[]string{"budget"}, 2, "show, grant or reset?"},
		{[]string{"budget", "frob"}, 2, `there is no "frob"`},
		{[]string{"budget", "grant", "web", "3"}, 2, "grant: missing: REASON"},
		{[]string{"budget", "grant"}, 2, "grant: missing: LEDGER, N, REASON"},
		{[]string{"budget", "reset", "web", "two", "words"}, 2, "reset: 1 too many"},
		{[]string{"budget", "-admin", nowhere, "show"}, 1, "no gateway answers at " + nowhere + "; -admin HOST:PORT"},
	} {
		status, stdout, stderr := program(c.args...)
		if status != c.status || !strings.Contains(stdout+stderr, c.want) {
			t.Errorf("%v: status %d\n%s%s", c.args, status, stdout, stderr)
		}
	}
}

// TestExamples: the files that stand beside the program are good.
func TestExamples(t *testing.T) {
	paths, err := filepath.Glob("deploy/*.yaml")
	if err != nil || len(paths) == 0 {
		t.Fatal(err, paths)
	}
	for _, path := range paths {
		if strings.HasSuffix(path, "alerts.yaml") {
			continue
		}
		if status, stdout, stderr := program("check-config", "-no-files", path); status != 0 || !strings.Contains(stdout, "good") {
			t.Errorf("%s: %s", path, stderr)
		}
	}
	if status, _, stderr := program("check-config", "deploy/local.yaml"); status != 0 {
		t.Errorf("local.yaml needs files: %s", stderr)
	}
	if status, _, stderr := program("check-config", "deploy/gateway.yaml"); status != 1 || !strings.Contains(stderr, "deploy/gateway.yaml:7:15: admin.token_file: open /etc/beamgate/token") {
		t.Errorf("files of another machine: %d %s", status, stderr)
	}
	if _, stdout, _ := program("check-config", "-no-files", "deploy/local.yaml"); !strings.HasSuffix(stdout, ": good, 2 listeners, 2 upstreams, 1 ledger\n") {
		t.Errorf("%q", stdout)
	}
	odd := WriteFile(t, filepath.Join(t.TempDir(), "odd.yaml"), "version: 1\nledgers: [{name: a, max_new: 5, per_client: 6}]\nupstreams: [{name: a, address: 'localhost:1', ledger: a}]\nlisteners: [{name: a, listen: 'localhost:2', upstream: a}]\n")
	for _, args := range [][]string{{odd}, {"-no-files", odd}} {
		if status, stdout, stderr := program(append([]string{"check-config"}, args...)...); status != 0 || !strings.Contains(stderr, "warning: "+odd+":2:45: ledgers[0].per_client: is above") || !strings.Contains(stdout, "good") {
			t.Errorf("%v: %d %s%s", args, status, stdout, stderr)
		}
	}
	bad := WriteFile(t, filepath.Join(t.TempDir(), "bad.yaml"), "version: 1\nlistner: []\n")
	if status, _, stderr := program("check-config", "-no-files", bad); status != 1 || !strings.Contains(stderr, "bad.yaml:2:1:") {
		t.Errorf("%d %s", status, stderr)
	}
}

// TestLocal runs local.yaml, which needs nothing, at other ports.
func TestLocal(t *testing.T) {
	text, err := os.ReadFile("deploy/local.yaml")
	if err != nil {
		t.Fatal(err)
	}
	listens := regexp.MustCompile(`listen: (\S+)`).FindAllStringSubmatch(string(text), -1)
	if len(listens) != 2 {
		t.Fatal(listens)
	}
	admin, yaml := Free(t), string(text)
	var doors []string
	for _, m := range listens {
		if !strings.HasPrefix(m[1], "127.0.0.1:") {
			t.Errorf("%s is no loopback", m[1])
		}
		doors = append(doors, Free(t))
		yaml = strings.Replace(yaml, m[1], doors[len(doors)-1], 1)
	}
	path := WriteFile(t, filepath.Join(t.TempDir(), "local.yaml"), yaml+"admin: {listen: '"+admin+"'}\n")
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- serveUntil(ctx, path, &lockedBuffer{}) }()
	defer func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}()
	post := func(url, body string) (int, string) {
		resp, err := http.Post(url, "application/x-www-form-urlencoded", strings.NewReader(body))
		if err != nil {
			return 0, err.Error()
		}
		defer resp.Body.Close()
		var b bytes.Buffer
		b.ReadFrom(resp.Body)
		return resp.StatusCode, b.String()
	}
	bomb, one := "\x83P\x00\x00\xff\xff", "\x83a\x01"
	Eventually(t, "it is ready", func() bool { status, _ := post("http://"+admin+"/ready", ""); return status != 0 })
	if status, body := post("http://"+doors[0], bomb); status != 422 || !strings.Contains(body, `"code":"rejected_compressed"`) {
		t.Errorf("%d %s", status, body)
	}
	if status, body := post("http://"+doors[1]+"/v1/check", one); status != 200 || !strings.Contains(body, `"verdict":"pass"`) {
		t.Errorf("%d %s", status, body)
	}
}

// running is the program, as run starts it.
type running struct {
	admin, door, dir string
	stop             func()
	log              *lockedBuffer
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// newRunning makes ready to run the program. If the test fails, it shows what the
// program said last.
func newRunning(t *testing.T) *running {
	t.Helper()
	r := &running{admin: Free(t), door: Free(t), dir: t.TempDir(), log: &lockedBuffer{}}
	t.Cleanup(func() {
		if t.Failed() {
			log := r.log.String()
			t.Logf("the gateway's log:\n%s", log[max(0, len(log)-5000):])
		}
	})
	return r
}

func start(t *testing.T, node *Node) *running {
	t.Helper()
	r := newRunning(t)
	WriteFile(t, filepath.Join(r.dir, "token"), "a token of some length\n")
	WriteFile(t, r.config(), r.text(node, 3))
	r.serve(t)
	Eventually(t, "it is ready", func() bool { return r.get("/ready") == "ready\n" })
	return r
}

// serve starts the program, as the files of its folder say.
func (r *running) serve(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- serveUntil(ctx, r.config(), r.log) }()
	r.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(r.stop)
}

func (r *running) config() string { return filepath.Join(r.dir, "gateway.yaml") }

func (r *running) text(node *Node, max int) string {
	return fmt.Sprintf(`version: 1
admin: {listen: '%s', token_file: %s, audit_file: %s}
ledgers:
  - {name: web, file: %s, max_new: %d}
upstreams:
  - {name: node, address: '%s', ledger: web}
listeners:
  - {name: door, listen: '%s', upstream: node}
`, r.admin, filepath.Join(r.dir, "token"), filepath.Join(r.dir, "audit"), filepath.Join(r.dir, "web.atoms"), max, node.Addr, r.door)
}

func (r *running) get(path string) string {
	resp, err := http.Get("http://" + r.admin + path)
	if err != nil {
		return err.Error()
	}
	defer resp.Body.Close()
	var b bytes.Buffer
	b.ReadFrom(resp.Body)
	return b.String()
}

// ask sends a message with new atoms, and reports whether it came back.
func (r *running) ask(t *testing.T, names ...string) bool {
	t.Helper()
	c, err := net.Dial("tcp", r.door)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var list []term.T
	for _, n := range names {
		list = append(list, term.Atom(n))
	}
	client := NewClient(t, c)
	client.Send(term.Message(term.List(list...)))
	_, err = client.Receive()
	return err == nil
}

// TestOperate: what an operator does in the life of a gateway.
func TestOperate(t *testing.T) {
	node := NewNode(t, nil)
	r := start(t, node)
	if r.get("/ping") != "pong\n" {
		t.Error("no pong")
	}
	if !r.ask(t, "a", "b", "c") || r.ask(t, "d") {
		t.Error("the ledger of 3 names is none")
	}
	if m := r.get("/metrics"); !strings.Contains(m, `beamgate_verdicts_total{code="limit_atom_budget",direction="to_node",limit="AtomBudget(web)",listener="door",mode="enforce",rule="atoms"} 1`) {
		t.Errorf("metrics:\n%s", m)
	}
	budget := func(args ...string) (int, string, string) {
		return program(append([]string{"budget", "-admin", r.admin}, args...)...)
	}
	if status, out, _ := budget("show"); status != 0 || !strings.Contains(out, "web    3      3     0") {
		t.Errorf("%d\n%s", status, out)
	}
	if status, _, errs := budget("grant", "web", "2", "release 7"); status != 1 || !strings.Contains(errs, "403") || !strings.Contains(errs, "-token-file") {
		t.Errorf("a grant without token: %d %s", status, errs)
	}
	token := "-token-file=" + filepath.Join(r.dir, "token")
	if status, out, errs := budget(token, "grant", "web", "2", "release 7"); status != 0 || !strings.Contains(out, "web    5      3     2") {
		t.Errorf("%d\n%s%s", status, out, errs)
	}
	if !r.ask(t, "d") {
		t.Error("the grant has no effect")
	}
	if status, _, errs := budget(token, "grant", "wob", "2", "x"); status != 1 || !strings.Contains(errs, "404") {
		t.Errorf("%d %s", status, errs)
	}
	if status, out, errs := budget(token, "reset", "web", "node started by hand"); status != 0 || !strings.Contains(out, "web    3      0     3") {
		t.Errorf("%d\n%s%s", status, out, errs)
	}
	audit, err := os.ReadFile(filepath.Join(r.dir, "audit"))
	if err != nil || strings.Count(string(audit), "\n") != 2 || !strings.Contains(string(audit), "release 7") || !strings.Contains(string(audit), `"what":"reset"`) {
		t.Errorf("%s %v", audit, err)
	}
}

// TestLogIsOurs: while the gateway runs, or the demonstration, what libraries write to the
// log of the process is not in that of the gateway, nor beside it.
func TestLogIsOurs(t *testing.T) {
	r := start(t, NewNode(t, nil))
	var beside bytes.Buffer
	if log.Writer() == io.Writer(os.Stderr) {
		t.Error("it is written to standard error")
	}
	log.Print("secret")
	if s := r.log.String(); strings.Contains(s, "secret") || !strings.Contains(s, `"msg":"library"`) {
		t.Error(s)
	}
	r.stop()
	defer log.SetOutput(log.Writer())
	log.SetOutput(&beside)
	shown := make(chan string)
	go func() {
		_, out, errs := program("demo", "-for", "1s")
		shown <- out + errs
	}()
	Eventually(t, "the demonstration has it", func() bool { return log.Writer() != io.Writer(&beside) })
	log.Print("secret")
	if s := <-shown + beside.String(); strings.Contains(s, "secret") {
		t.Error(s)
	}
	if log.Writer() != io.Writer(&beside) {
		t.Error("it is kept behind the end")
	}
}

// TestLostLedger: check-config warns of it, the gateway starts, and the operator sees
// that nothing is left, and why.
func TestLostLedger(t *testing.T) {
	r := start(t, NewNode(t, nil))
	r.stop()
	if err := os.Remove(filepath.Join(r.dir, "web.atoms")); err != nil {
		t.Fatal(err)
	}
	status, _, errs := program("check-config", r.config())
	if status != 0 || !strings.Contains(errs, "warning: "+r.config()+":4:23: ledgers[0].file: ") || !strings.Contains(errs, "is lost") {
		t.Errorf("%d %s", status, errs)
	}
	r.serve(t)
	Eventually(t, "it runs", func() bool { return r.get("/ping") == "pong\n" })
	Eventually(t, "the operator sees it", func() bool {
		status, out, _ := program("budget", "-admin", r.admin, "show")
		return status == 0 && strings.Contains(out, "web    3      0  locked") && strings.Contains(out, "web: until: ") && strings.Contains(out, "gateway budget reset web REASON")
	})
}

// TestReloadOnChange: a file that changes comes into force, a broken one does not.
func TestReloadOnChange(t *testing.T) {
	node := NewNode(t, nil)
	r := start(t, node)
	WriteFile(t, r.config(), r.text(node, 7))
	defer func() {
		if t.Failed() {
			t.Log(r.log.String())
		}
	}()
	Eventually(t, "the new file is in force", func() bool { return strings.Contains(r.get("/v1/budgets"), `"max":7`) })
	WriteFile(t, r.config(), strings.Replace(r.text(node, 9), "upstream: node", "upstream: nowhere", 1))
	Eventually(t, "the broken file is refused", func() bool {
		return strings.Contains(r.log.String(), "reload refused") && strings.Contains(r.log.String(), "listeners[0].upstream")
	})
	for key, text := range map[string]string{"admin": r.text(node, 7), "ledger web": r.text(node, 7)} {
		text = strings.Replace(text, "web.atoms", map[string]string{"admin": "web.atoms", "ledger web": "other.atoms"}[key], 1)
		if key == "admin" {
			text = strings.Replace(text, ", audit_file: "+filepath.Join(r.dir, "audit"), "", 1)
		}
		WriteFile(t, r.config(), text)
		Eventually(t, "it says that it has to be restarted: "+key, func() bool {
			return regexp.MustCompile(key + `: [a-z ]*cannot change while the gateway runs: restart it`).MatchString(r.log.String())
		})
	}
	if b := r.get("/v1/budgets"); !strings.Contains(b, `"max":7`) {
		t.Error(b)
	}
	if m := r.get("/metrics"); !strings.Contains(m, `beamgate_reloads_total{result="refused"} 3`) {
		t.Error("the refused reload is not counted")
	}
	r.stop()
	if log := r.log.String(); !strings.Contains(log, "draining") {
		t.Error(log)
	}
}

// TestAtomsCommand: of the modules that the release of this machine would load.
func TestAtomsCommand(t *testing.T) {
	if status, _, stderr := program("atoms", "-release", t.TempDir()); status != 1 || stderr == "" {
		t.Errorf("an empty folder: %d %s", status, stderr)
	}
}

// TestAdminIsLocal: what a browser was lured into sending is refused.
func TestAdminIsLocal(t *testing.T) {
	r := start(t, NewNode(t, nil))
	for _, change := range []func(*http.Request){
		func(q *http.Request) { q.Host = "evil.example" },
		func(q *http.Request) { q.Header.Set("Origin", "https://evil.example") },
	} {
		q, err := http.NewRequest("GET", "http://"+r.admin+"/v1/budgets", nil)
		if err != nil {
			t.Fatal(err)
		}
		change(q)
		resp, err := http.DefaultClient.Do(q)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusForbidden {
			t.Errorf("%v %v: %s", q.Host, q.Header, resp.Status)
		}
	}
}

// TestNoTokenFile: without one nothing can be granted, and that is what is said.
func TestNoTokenFile(t *testing.T) {
	r := newRunning(t)
	text := strings.Replace(r.text(NewNode(t, nil), 3), ", token_file: "+filepath.Join(r.dir, "token"), "", 1)
	WriteFile(t, r.config(), text)
	r.serve(t)
	Eventually(t, "it is ready", func() bool { return r.get("/ready") == "ready\n" })
	status, _, errs := program("budget", "-admin", r.admin, "grant", "web", "2", "x")
	if status != 1 || !strings.Contains(errs, "403") || !strings.Contains(errs, "admin.token_file is not configured") {
		t.Errorf("%d %s", status, errs)
	}
}

// TestWatcherError: after an error of the watcher, which has lost events perhaps, the file
// is read anyway, and changes are seen as before.
func TestWatcherError(t *testing.T) {
	c := &changes{path: "/etc/beamgate/gateway.yaml", hup: make(chan os.Signal), events: make(chan fsnotify.Event), errors: make(chan error)}
	read := make(chan bool)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go c.until(ctx, func() { read <- true })
	for range 2 {
		c.errors <- fsnotify.ErrEventOverflow
		<-read
	}
	c.events <- fsnotify.Event{Name: c.path}
	<-read
}
