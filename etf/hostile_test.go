package etf_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/internal/wire"
)

// hostileDrivers are those of drivers that keep nothing of their own.
func hostileDrivers() (some []driver) {
	for _, d := range drivers {
		if d.family == "tokens" || d.family == "terms" && d.name != "Decode" || d.name == "mixed 2" || d.name == "mixed 3" {
			continue // they write down what they read, or are like another
		}
		some = append(some, d)
	}
	count := func(d *etf.Decoder) (string, error) {
		return "", untilEOF(func() error { _, err := d.ReadToken(); return err })
	}
	payloads := func(d *etf.Decoder) (string, error) {
		return "", untilEOF(func() error {
			tok, err := d.ReadToken()
			if err == nil && tok.Kind == etf.KindBinary {
				_, err = d.WritePayload(io.Discard)
			}
			return err
		})
	}
	terms := func(d *etf.Decoder) (string, error) {
		return "", untilEOF(func() error { _, err := d.ReadTerm(); return err })
	}
	tree := func(m *etf.Mode, b []byte) (string, error) { _, err := m.Decode(b); return "", err }
	for i := range some {
		if some[i].name == "Decode" {
			some[i].slice = tree
		}
	}
	return append(some, driver{name: "ReadToken", decoder: count}, driver{name: "WritePayload", decoder: payloads}, driver{name: "ReadTerm", holds: true, decoder: terms})
}

// Allocation is bounded by the bytes received, over all of a term's life. A
// validator's tables have up to 4 places of 16 bytes for a key of 6 bytes, and
// were doubled, so that all of them together are up to four times that; a tree
// has 16 bytes for a term of one byte, and lists in pieces move.
const (
	allocValidate = 48
	allocTree     = 80
	allocBase     = 512 << 10 // buffers, and the state of flate
)

// TestAllocationFollowsInput reads each hostile input with every driver and
// counts the bytes that were allocated meanwhile.
func TestAllocationFollowsInput(t *testing.T) {
	m := compile(t, etf.Default())
	for _, a := range attacks() {
		in := a.make(mebi / 8)
		for _, d := range hostileDrivers() {
			for _, s := range sources[:2] {
				if d.decoder != nil && s.reader == nil && !d.holds {
					continue // as over a reader, without its buffer
				}
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				_, err, ok := d.run(m, s, in)
				runtime.ReadMemStats(&after)
				if !ok {
					continue
				}
				received := uint64(len(in))
				if e, isError := err.(*etf.Error); isError && !e.Inflated && e.Code != etf.CodeLimitRatio {
					received = max(uint64(e.Offset), 1)
				}
				factor := uint64(allocValidate)
				if d.name == "Decode" || d.holds {
					factor = allocTree
				}
				if in[1] == wire.TagCompressed {
					factor *= 100 // MaxRatio
				}
				if got := after.TotalAlloc - before.TotalAlloc; got > received*factor+allocBase {
					t.Errorf("%s, %s over %s: %d KiB allocated for %d KiB received", a.name, d.name, s.name, got>>10, received>>10)
				}
			}
		}
	}
}

// checkAttack holds the verdict of Default against the table, and reports the
// first that differs.
func checkAttack(t testing.TB, a attack, d driver, s source, err error) {
	t.Helper()
	var code etf.Code
	if e, ok := err.(*etf.Error); ok {
		code = e.Code
	} else if err != nil {
		t.Errorf("%s, %s over %s: odd error %v", a.name, d.name, s.name, err)
	}
	held := d.holds && code == etf.CodeLimitBuffered
	if code != a.want && !held && !t.Failed() {
		t.Errorf("%s, %s over %s: %v, want %s", a.name, d.name, s.name, err, a.want)
	}
}

// TestResidentMemory runs the attacks at full size in a child process, which
// must not grow beyond 256 MiB and has to say something clean about each.
func TestResidentMemory(t *testing.T) {
	t.Parallel()
	if os.Getenv(childEnv) != "" || raceEnabled {
		t.Skip("the child, or the race detector, which takes memory of its own")
	}
	if _, err := os.Stat("/proc/self/status"); err != nil {
		t.Skip("resident memory is read from /proc")
	}
	const most = 256 << 10 // KiB
	for _, which := range []string{"all", "most keys"} {
		if testing.Short() {
			which = "short"
		}
		t.Run(which, func(t *testing.T) {
			cmd := exec.Command(os.Args[0], "-test.run=^TestAttackInChild$", "-test.v")
			cmd.Env = append(os.Environ(), childEnv+"="+which)
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			seen := 0
			for line := range strings.Lines(string(out)) {
				if name, peak, ok := strings.Cut(strings.TrimSpace(line), " VmHWM: "); ok {
					seen++
					if n, err := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(peak), " kB")); err != nil || n > most {
						t.Errorf("%s: resident memory reached %s", name, peak)
					}
				}
			}
			if seen == 0 {
				t.Errorf("the child measured nothing\n%s", out)
			}
		})
	}
}

const childEnv = "BEAMGATE_ATTACK"

// TestAttackInChild is the child of TestResidentMemory.
func TestAttackInChild(t *testing.T) {
	which := os.Getenv(childEnv)
	if which == "" {
		t.Skip("started by TestResidentMemory")
	}
	m := compile(t, etf.Default())
	if which == "most keys" { // as many as the caps let through
		_, err := m.ValidateReader(io.MultiReader(bytes.NewReader(ext(maps(4*mebi))), &pairs{n: 4 * mebi}))
		if err != nil {
			t.Error(err)
		}
		reportPeak(which)
		return
	}
	for _, a := range attacks() {
		if which == "short" && a.want == "" {
			continue
		}
		debug.FreeOSMemory()
		os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) // the peak starts anew, where the kernel can
		in := a.make(a.full)
		for _, d := range hostileDrivers() {
			for _, s := range sources[:2] {
				if d.name == "ValidateReader" || d.name == "Decode" {
					if _, err, ok := d.run(m, s, in); ok {
						checkAttack(t, a, d, s, err)
					}
				}
			}
		}
		reportPeak(a.name)
	}
}

// pairs reads as n pairs of an integer key and [], made as they are read: what a
// test holds would count as resident too.
type pairs struct {
	n, i int
	buf  [6]byte
	rest []byte // of buf
}

func (p *pairs) Read(b []byte) (int, error) {
	if len(p.rest) == 0 {
		if p.i == p.n {
			return 0, io.EOF
		}
		binary.BigEndian.PutUint32(p.buf[1:], uint32(p.i))
		p.buf[0], p.buf[5] = wire.TagInteger, wire.TagNil
		p.rest = p.buf[:]
		p.i++
	}
	n := copy(b, p.rest)
	p.rest = p.rest[n:]
	return n, nil
}

func reportPeak(name string) {
	status, _ := os.ReadFile("/proc/self/status")
	for line := range strings.Lines(string(status)) {
		if peak, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			fmt.Printf("%s VmHWM: %s\n", name, strings.TrimSpace(peak))
		}
	}
}

// TestEndlessNesting reads 60 million nested lists from a generated stream.
func TestEndlessNesting(t *testing.T) {
	m := compile(t, etf.Default())
	for _, piece := range [][]byte{head(1), {wire0}, cat(maps(1), null), maps(1), head(0)} {
		_, err := m.ValidateReader(io.MultiReader(bytes.NewReader([]byte{131}), &endless{piece: piece, left: 300 * mebi}))
		if err == nil {
			t.Errorf("%x: accepted", piece)
		}
	}
}

const wire0 = 0 // an unknown tag

// endless repeats a piece.
type endless struct {
	piece []byte
	at    int
	left  int64
}

func (e *endless) Read(p []byte) (int, error) {
	if e.left <= 0 {
		return 0, io.EOF
	}
	n := int(min(e.left, int64(len(p))))
	for i := range p[:n] {
		p[i] = e.piece[e.at]
		if e.at++; e.at == len(e.piece) {
			e.at = 0
		}
	}
	e.left -= int64(n)
	return n, nil
}

// TestLinearTime compares inputs of n and 16n bytes in one run. Sixteen times the work
// is to be expected, and some times more where the larger tables leave a cache that
// others use too; 256 times would be quadratic.
func TestLinearTime(t *testing.T) {
	if testing.Short() || raceEnabled {
		t.Skip("takes time to compare")
	}
	c := etf.Default()
	c.Policy.Allow = etf.Identities
	m := compile(t, c)
	oneByte := source{"one byte", func(b []byte) io.Reader { return iotest.OneByteReader(bytes.NewReader(b)) }}
	more := []attack{
		{name: "long binary", make: func(n int) []byte { return ext(bin(string(make([]byte, n)))) }},
		{name: "long integer in a key", make: func(n int) []byte {
			return ext(mapOf(largeBig(false, make([]byte, min(n, 64<<10))...), null, null, null))
		}},
		{name: "pids", make: func(n int) []byte { return ext(head(int64(n/18)), times(n/18, newPid(self, 1, 1, 1)), null) }},
		{name: "funs", make: func(n int) []byte { return ext(head(int64(n/61)), times(n/61, fun(null)), null) }},
	}
	for _, a := range append(attacks(), more...) {
		if a.want != "" && a.want != etf.CodeDuplicateKey && a.want != etf.CodeFloatNotFinite {
			continue
		}
		for _, d := range hostileDrivers() {
			for _, s := range []source{sources[0], oneByte} {
				if d.name != "Decode" && d.name != "Validate" && d.name != "ValidateReader" && d.name != "ReadTerm" {
					continue
				}
				const n, bound = 16 << 10, 96
				small, large := a.make(n), a.make(16*n)
				if _, _, ok := d.run(m, s, small); !ok {
					continue
				}
				ratio := 0.0
				for range 5 { // noise makes a ratio larger now and then, not always
					ratio = float64(spent(d, m, s, large)) / float64(max(spent(d, m, s, small), 10*time.Microsecond))
					if ratio < bound {
						break
					}
				}
				if ratio >= bound {
					t.Errorf("%s, %s over %s: sixteen times the input takes %.1f times as long", a.name, d.name, s.name, ratio)
				}
			}
		}
	}
}

// spent is the shortest of some runs.
func spent(d driver, m *etf.Mode, s source, in []byte) time.Duration {
	best := time.Hour
	for range 3 {
		start := time.Now()
		d.run(m, s, in)
		best = min(best, time.Since(start))
	}
	return best
}
