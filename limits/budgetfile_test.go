package limits

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
)

// memDisk is a disk that can fail and crash. A crash leaves what was synced,
// and of the rest as much as the test wants.
type memDisk struct {
	mu      sync.Mutex
	now     map[string]*memInode // names as processes see them
	durable map[string]*memInode // names as they are after a crash
	ops     int
	temps   int
	fault   func(op string, n int) fault // decides about the n-th operation
}

type memInode struct {
	data   []byte
	synced int      // data[:synced] is on disk …
	lost   [][2]int // … but for these: their fsync failed, once
}

// memPage is small so that a lost commit spans pages.
const memPage = 64

// fault is what befalls one operation: the zero value nothing.
type fault struct {
	err  error
	done bool // the operation takes effect, and reports err all the same
	half bool // a write takes half effect
}

type memFile struct {
	disk *memDisk
	node *memInode
	name string
}

var errDiskFull = errors.New("no space left on this test's device")

func newMemDisk() *memDisk {
	return &memDisk{now: map[string]*memInode{}, durable: map[string]*memInode{}}
}

// step counts an operation; the caller gives mu back.
func (d *memDisk) step(op string) fault {
	d.mu.Lock()
	d.ops++
	if d.fault == nil {
		return fault{}
	}
	return d.fault(op, d.ops)
}

func (d *memDisk) open(path string, flag int) (file, error) {
	f := d.step("open")
	defer d.mu.Unlock()
	node := d.now[path]
	switch {
	case f.err != nil:
		return nil, f.err
	case flag&os.O_EXCL != 0 && node != nil:
		return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrExist}
	case flag&os.O_CREATE == 0 && node == nil:
		return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
	case node == nil:
		node = &memInode{}
		d.now[path] = node
	}
	return &memFile{d, node, path}, nil
}

func (d *memDisk) temp(path string) (file, error) {
	f := d.step("temp")
	defer d.mu.Unlock()
	if f.err != nil {
		return nil, f.err
	}
	d.temps++
	name, node := fmt.Sprint(path, ".tmp-", d.temps), &memInode{}
	d.now[name] = node
	return &memFile{d, node, name}, nil
}

func (d *memDisk) look(path string, f file) (int64, error) {
	ft := d.step("look")
	defer d.mu.Unlock()
	node := f.(*memFile).node
	if ft.err == nil && d.now[path] != node {
		ft.err = errSuperseded
	}
	return int64(len(node.data)), ft.err
}

func (d *memDisk) rename(from, to string) error {
	f := d.step("rename")
	defer d.mu.Unlock()
	if f.err == nil || f.done {
		d.now[to] = d.now[from]
		delete(d.now, from)
	}
	return f.err
}

func (d *memDisk) remove(path string) error {
	f := d.step("remove")
	defer d.mu.Unlock()
	if f.err == nil || f.done {
		delete(d.now, path)
	}
	return f.err
}

func (d *memDisk) syncDir(string) error {
	f := d.step("syncDir")
	defer d.mu.Unlock()
	if f.err == nil || f.done {
		d.durable = maps.Clone(d.now)
	}
	return f.err
}

func (f *memFile) ReadAt(p []byte, off int64) (int, error) {
	ft := f.disk.step("read")
	defer f.disk.mu.Unlock()
	if ft.err != nil {
		return 0, ft.err
	}
	if off >= int64(len(f.node.data)) {
		return 0, io.EOF
	}
	return copy(p, f.node.data[off:]), nil
}

func (f *memFile) Write(p []byte) (int, error) {
	ft := f.disk.step("write")
	defer f.disk.mu.Unlock()
	switch {
	case ft.half:
		p = p[:len(p)/2]
	case ft.err != nil && !ft.done:
		p = nil
	}
	for i := range f.node.lost { // the page that is written to is dirty again
		l := &f.node.lost[i]
		l[1] = max(l[0], min(l[1], len(f.node.data)/memPage*memPage))
	}
	f.node.data = append(f.node.data, p...)
	return len(p), ft.err
}

func (f *memFile) Sync() error {
	ft := f.disk.step("sync")
	defer f.disk.mu.Unlock()
	n := f.node
	if ft.err != nil && !ft.done {
		n.lost = append(n.lost, [2]int{n.synced, len(n.data)})
	}
	n.synced = len(n.data) // a later sync finds nothing to do and succeeds
	return ft.err
}

func (f *memFile) Close() error { ft := f.disk.step("close"); f.disk.mu.Unlock(); return ft.err }

func (f *memFile) Stat() (fs.FileInfo, error) { return nil, errors.ErrUnsupported }

func (f *memFile) Name() string { return f.name }

// crash returns the disk after a power failure: with the renames that were not
// synced or without, and with keep (of 4) quarters of the unsynced bytes.
func (d *memDisk) crash(renames bool, keep int) *memDisk {
	dir := d.durable
	if renames {
		dir = d.now
	}
	after := newMemDisk()
	for path, n := range dir {
		data := slices.Clone(n.data[:n.synced+(len(n.data)-n.synced)*keep/4])
		for _, l := range n.lost {
			clear(data[min(l[0], len(data)):min(l[1], len(data))])
		}
		after.put(path, data)
	}
	return after
}

func (d *memDisk) put(path string, data []byte) {
	n := &memInode{data: data, synced: len(data)}
	d.now[path], d.durable[path] = n, n
}

const memPath = "/budget"

func mustCreate(t *testing.T, d disk, path string, n int64) *AtomBudget {
	t.Helper()
	b, err := createBudget(d, path, n)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// mustOpen opens a budget that must not be locked.
func mustOpen(t *testing.T, d disk, path string, n int64) *AtomBudget {
	t.Helper()
	b, err := openBudget(d, path, n)
	if err == nil {
		err = b.Locked()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// mustBeLocked asserts that no new name passes, for this reason.
func mustBeLocked(t *testing.T, b *AtomBudget, why string) {
	t.Helper()
	held, err := b.Reserve([]byte("a name that nobody has seen"))
	if held || !errors.Is(err, ErrBudgetLocked) || !strings.Contains(err.Error(), why) {
		t.Fatalf("Reserve = %v, %v; want locked: %s", held, err, why)
	}
}

func lineOf(data []byte, n int) (from, to int) {
	for range n {
		from += bytes.IndexByte(data[from:], '\n') + 1
	}
	return from, from + bytes.IndexByte(data[from:], '\n') + 1
}

func TestBudgetFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "phoenix.atoms")
	b, err := CreateAtomBudget(path, 6)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := CreateAtomBudget(path, 6); !errors.Is(err, fs.ErrExist) {
		t.Fatalf("creating over a budget: %v", err)
	}
	weird := []string{"", "é\u2028", "\xff\x00\r\n\"`", strings.Repeat("\xfe", budgetNameBytes)}
	mustSpend(t, b, weird...)
	mustReserve(t, b, "not committed")
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	for range 3 { // each time a crash: no Close
		if b, err = OpenAtomBudget(path, 6); err != nil {
			t.Fatal(err)
		}
		mustKnow(t, b, weird...)
		wantCounts(t, b, 4, 0, 2)
	}
	if err := b.Reset("node restarted"); err != nil {
		t.Fatal(err)
	}
	mustSpend(t, b, "again")
	if b, err = OpenAtomBudget(path, 0); err != nil || b.Stats().Resets != 1 {
		t.Fatalf("after Reset: %v, %+v", err, b.Stats())
	}
	mustKnow(t, b, "again")
	wantCounts(t, b, 1, 0, 0)
	if got, _ := filepath.Glob(path + ".tmp-*"); got != nil {
		t.Errorf("temporary files stay behind: %q", got)
	}
	if info, _ := os.Stat(path); runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, want 0600", info.Mode())
	}
}

func TestBudgetFileFormat(t *testing.T) {
	d := newMemDisk()
	b := mustCreate(t, d, memPath, 9)
	mustSpend(t, b, "phoenix", "channel_1")
	mustSpend(t, b, "three")
	mustOpen(t, d, memPath, 9)
	b = mustOpen(t, d, memPath, 9) // the last commit is confirmed: not again
	mustSpend(t, b, "four")
	want := "04039dcc 001c beamgate-atoms/1 0 \"created\"\n" +
		"5468448c 0010 name 1 \"phoenix\"\n" + "6f62aa29 0012 also 2 \"channel_1\"\n" + "95fba562 000e name 3 \"three\"\n" +
		"95fba562 000e name 3 \"three\"\n" + "b4b43fc3 0008 open 3 0\n" + "b4b43fc3 0008 open 3 0\n" + "a4d10a99 000d name 4 \"four\"\n"
	if got := string(d.now[memPath].data); got != want {
		t.Errorf("the format changed: raise the version\n%s\nwant\n%s", got, want)
	}
	if err := b.Reset("node restarted"); err != nil {
		t.Fatal(err)
	}
	mustSpend(t, b, "phoenix")
	want = "59b84b45 0023 beamgate-atoms/1 1 \"node restarted\"\n" + "5468448c 0010 name 1 \"phoenix\"\n"
	if got := string(d.now[memPath].data); got != want {
		t.Errorf("after Reset\n%s\nwant\n%s", got, want)
	}
}

func TestBudgetFileMissing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "atoms")
	b, err := OpenAtomBudget(path, 5)
	if err != nil {
		t.Fatal(err)
	}
	mustBeLocked(t, b, "AtomBudget is locked: its file is lost")
	b.SetLabel("phoenix")
	mustBeLocked(t, b, "AtomBudget(phoenix) is locked: its file is lost")
	if err := b.Locked(); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the cause is not found in %v", err)
	}
	b.Preload(slices.Values([]string{"ok"}))
	mustKnow(t, b, "ok")
	if err := b.Snapshot(io.Discard); !errors.Is(err, ErrBudgetLocked) {
		t.Errorf("a budget that forgot has a snapshot: %v", err)
	}
	if err := b.Reset("first start of the node"); err != nil {
		t.Fatal(err)
	}
	mustSpend(t, b, "a")
	if b, _ = OpenAtomBudget(path, 5); b.Locked() != nil {
		t.Fatal(b.Locked())
	}
	mustKnow(t, b, "a")
}

func TestBudgetFileCannotBeOpened(t *testing.T) {
	dir := t.TempDir()
	if _, err := OpenAtomBudget(dir, 5); err == nil || errors.Is(err, ErrBudgetLocked) {
		t.Errorf("opening a directory: %v", err)
	}
	lost := filepath.Join(dir, "lost", "atoms")
	if _, err := CreateAtomBudget(lost, 5); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("creating without a directory: %v", err)
	}
	b, err := OpenAtomBudget(lost, 5)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Reset("x"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Reset without a directory: %v", err)
	}
	mustBeLocked(t, b, "its reset failed")
}

func TestBudgetFileWithoutDirectory(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a current directory cannot be removed")
	}
	dir := t.TempDir()
	t.Chdir(dir)
	if err := os.Remove(dir); err != nil {
		t.Fatal(err)
	}
	_, err := CreateAtomBudget("atoms", 1)
	_, err2 := OpenAtomBudget("atoms", 1)
	if err == nil || err2 == nil {
		t.Errorf("a relative path to nowhere: %v, %v", err, err2)
	}
}

// session is a file as several processes leave it, with all kinds of lines, and
// what was acknowledged when the file had which size.
func session(t *testing.T) (data []byte, ackedAt map[string]int) {
	t.Helper()
	d, ackedAt := newMemDisk(), map[string]int{}
	spend := func(b *AtomBudget, names ...string) {
		mustSpend(t, b, names...)
		for _, s := range names {
			ackedAt[s] = len(d.now[memPath].data)
		}
	}
	b := mustCreate(t, d, memPath, 20)
	spend(b, "a", "bé")
	spend(b, "c")
	b = mustOpen(t, d, memPath, 20)
	spend(b, "d\r\n")
	d.fault = failOn("write", fault{err: errDiskFull, half: true})
	if err := b.Commit(mustReserve(t, b, "torn")); !errors.Is(err, errDiskFull) {
		t.Fatalf("Commit on a full disk = %v", err)
	}
	if again, err := openBudget(d, memPath, 20); err != nil || again.Locked() == nil {
		t.Fatalf("opened on a full disk: %v", err) // and tears its own line
	}
	d.fault = nil
	spend(mustOpen(t, d, memPath, 20), "e", "f")
	mustOpen(t, d, memPath, 20)
	return d.now[memPath].data, ackedAt
}

func failOn(op string, f fault) func(string, int) fault {
	return func(got string, _ int) fault {
		if got == op {
			return f
		}
		return fault{}
	}
}

// Every point at which a crash can cut the file: what was acknowledged by then
// is there, and no torn line locks the budget or returns allowance.
func TestBudgetFileEveryPrefix(t *testing.T) {
	data, ackedAt := session(t)
	_, head := lineOf(data, 0)
	for cut := range len(data) + 1 {
		d := newMemDisk()
		d.put(memPath, slices.Clone(data[:cut]))
		b, err := openBudget(d, memPath, 20)
		if err != nil {
			t.Fatal(err)
		}
		if cut < head-1 {
			mustBeLocked(t, b, "cut within its first line")
			continue
		}
		for range 2 { // the second time through what the first one wrote
			for s, size := range ackedAt {
				if cut >= size {
					mustKnow(t, b, s)
				}
			}
			if n := b.Committed() + b.Remaining(); b.Locked() != nil || n != 20 {
				t.Fatalf("cut at %d: %v, %d names in all", cut, b.Locked(), n)
			}
			mustSpend(t, b, fmt.Sprint("new", b.Committed()))
			b = mustOpen(t, d, memPath, 20)
			mustKnow(t, b, fmt.Sprint("new", b.Committed()-1))
		}
	}
}

// neverForgets opens data and asserts that it is locked or has all names.
func neverForgets(t *testing.T, what string, data []byte, names map[string]int) (locked bool) {
	t.Helper()
	d := newMemDisk()
	d.put(memPath, data)
	b, err := openBudget(d, memPath, 20)
	if err != nil {
		t.Fatal(err)
	}
	if b.Locked() != nil {
		mustBeLocked(t, b, "cannot be trusted")
		return true
	}
	for s := range names {
		if held, err := b.Reserve([]byte(s)); held || err != nil {
			t.Fatalf("%s: %q is forgotten, and the budget is not locked", what, s)
		}
	}
	return false
}

func TestBudgetFileEveryByteChanged(t *testing.T) {
	data, names := session(t)
	locked := 0
	for i, c := range data {
		for _, v := range []byte{c ^ 1, c ^ 0x80, '\n', '\r', '0', 0} {
			if v == c {
				continue
			}
			bad := slices.Clone(data)
			bad[i] = v
			if neverForgets(t, fmt.Sprintf("byte %d set to %q", i, v), bad, names) {
				locked++
			}
		}
	}
	if locked < 4*len(data) { // few bytes do not matter: those of a torn line
		t.Errorf("only %d changes noticed", locked)
	}
	data = data[:names["f"]] // the last byte is now the end of a name
	for v := range 256 {
		bad := slices.Clone(data)
		if bad[len(bad)-1] = byte(v); v != '\n' {
			neverForgets(t, fmt.Sprintf("last byte set to %#x", v), bad, names)
		}
	}
}

func TestBudgetFileEveryLineRemovedOrMoved(t *testing.T) {
	data, names := session(t)
	n := bytes.Count(data, []byte{'\n'})
	for i := range n {
		from, to := lineOf(data, i)
		without := slices.Concat(data[:from], data[to:])
		neverForgets(t, fmt.Sprintf("line %d removed", i), without, names)
		neverForgets(t, fmt.Sprintf("line %d moved", i), slices.Concat(without, data[from:to]), names)
		neverForgets(t, fmt.Sprintf("line %d repeated", i), slices.Concat(data[:to], data[from:]), names)
		for j := i + 1; j <= n; j++ {
			_, end := lineOf(data, j-1)
			zeroed := slices.Clone(data)
			clear(zeroed[from:end])
			neverForgets(t, fmt.Sprintf("lines %d to %d zeroed", i, j), zeroed, names)
		}
	}
}

// What can still be read of a damaged file goes on passing.
func TestBudgetFileDamagedStillPasses(t *testing.T) {
	data, _ := session(t)
	from, _ := lineOf(data, 2)
	data[from] ^= 1
	d := newMemDisk()
	d.put(memPath, slices.Clone(data))
	b, err := openBudget(d, memPath, 20)
	if err != nil {
		t.Fatal(err)
	}
	mustBeLocked(t, b, "line 3: damaged")
	mustKnow(t, b, "a", "c", "d\r\n", "e", "f")
	if !bytes.Equal(d.now[memPath].data, data) {
		t.Error("a damaged file was written to")
	}
	if err := b.Reset("node restarted"); err != nil {
		t.Fatal(err)
	}
	mustSpend(t, b, "a")
	mustKnow(t, mustOpen(t, d, memPath, 20), "a")
}

func TestBudgetFileBadLines(t *testing.T) {
	head := appendHead(nil, 0, "created")
	for want, lines := range map[string][]byte{
		"line 2: out of place":     slices.Concat(head, head),
		"line 1: out of place":     appendNames(nil, 0, "a"),
		"line 2: malformed":        slices.Concat(head, appendLine(nil, wordName, 1, `"a`)),
		"malformed":                slices.Concat(head, appendLine(nil, wordSkip, 0, "5")),
		"line 2: unknown":          slices.Concat(head, appendLine(nil, "lease", 0, "5")),
		"line 2: names are miss":   slices.Concat(head, appendNames(nil, 1, "b")),
		"line 2: too long":         slices.Concat(head, make([]byte, 2*lineBytes)),
		"line 0: empty":            {},
		"line 3: out of place":     slices.Concat(head, appendLine(nil, wordEnd, 0, "0"), appendNames(nil, 0, "a")),
		"line 2: this is a snap":   slices.Concat(head, appendLine(nil, wordEnd, 0, "0")),
		"line 2: damaged":          slices.Concat(head, []byte("\n")),
		"line 2: damaged at the e": slices.Concat(head, []byte("00000000 zzzz no length")),
	} {
		d := newMemDisk()
		d.put(memPath, lines)
		b, err := openBudget(d, memPath, 5)
		if err != nil {
			t.Fatal(err)
		}
		mustBeLocked(t, b, want)
	}
}

// A long reason must not make a first line that cannot be read back.
func TestBudgetFileLongReason(t *testing.T) {
	d := newMemDisk()
	b := mustCreate(t, d, memPath, 5)
	if err := b.Reset(strings.Repeat("\xff", lineBytes)); err != nil {
		t.Fatal(err)
	}
	mustOpen(t, d, memPath, 5)
}

// life runs a budget through everything while its disk may fail. It returns
// what was acknowledged and must not be forgotten, now and by the next open.
func life(t *testing.T, d *memDisk) (acked map[string]int) {
	t.Helper()
	acked = map[string]int{}
	b, err := createBudget(d, memPath, 10)
	if err != nil {
		return acked
	}
	spend := func(names ...string) {
		var held []string
		for _, s := range names {
			if ok, err := b.Reserve([]byte(s)); ok && err == nil {
				held = append(held, s)
			}
		}
		before := b.Stats()
		if err := b.Commit(held); err == nil {
			for _, s := range held {
				acked[s] = 1
			}
		} else if b.Release(held); b.Remaining() != before.Remaining {
			t.Errorf("a commit that failed gives back allowance: %+v", b.Stats())
		}
		for s := range acked {
			mustKnow(t, b, s)
		}
	}
	spend("a", "b")
	spend("c")
	b.Close()
	if b, err = openBudget(d, memPath, 10); err != nil {
		return acked
	}
	if b.Locked() == nil {
		spend("d")
	}
	if err := b.Reset("node restarted"); err == nil || b.Locked() != nil {
		clear(acked) // the file may have been replaced, as Reset was told to
	}
	spend("e")
	spend("f", "g")
	return acked
}

// Every operation on the disk fails in turn, in several ways, and then the
// power too, in several ways: nothing acknowledged is forgotten by a budget
// that admits new names.
func TestBudgetFileEveryFailure(t *testing.T) {
	clean := newMemDisk()
	life(t, clean)
	for n := 1; n <= clean.ops; n++ {
		for _, f := range []fault{
			{err: errDiskFull}, {err: errDiskFull, done: true}, {err: errDiskFull, half: true}, {half: true},
		} {
			for _, forEver := range []bool{false, true} {
				d := newMemDisk()
				d.fault = func(_ string, i int) fault {
					if i == n || forEver && i > n {
						return f
					}
					return fault{}
				}
				acked := life(t, d)
				for keep := range 5 {
					for _, renames := range []bool{false, true} {
						checkAfterCrash(t, fmt.Sprintf("operation %d: %+v", n, f), d.crash(renames, keep), acked)
					}
				}
				d.fault = nil // no crash: the process alone has died
				checkAfterCrash(t, fmt.Sprintf("operation %d: %+v, no crash", n, f), d, acked)
			}
		}
	}
}

func checkAfterCrash(t *testing.T, what string, d *memDisk, acked map[string]int) {
	t.Helper()
	b, err := openBudget(d, memPath, 10)
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	if b.Locked() != nil {
		mustBeLocked(t, b, "file")
		return
	}
	for s := range acked {
		if held, err := b.Reserve([]byte(s)); held || err != nil {
			t.Fatalf("%s: %q is forgotten after the crash", what, s)
		}
	}
	// What passes now must survive one more crash.
	names := maps.Collect(func(yield func(string, int) bool) {
		for s := range b.Names() {
			yield(s, 1)
		}
	})
	if again, _ := openBudget(d.crash(false, 0), memPath, 10); again.Locked() == nil {
		for s := range names {
			mustKnow(t, again, s)
		}
	}
}

func TestBudgetFileFailedCommit(t *testing.T) {
	d := newMemDisk()
	b := mustCreate(t, d, memPath, 5)
	b.SetLabel("phoenix")
	mustSpend(t, b, "a")
	held := mustReserve(t, b, "b", "c")
	other := mustReserve(t, b, "other")
	d.fault = failOn("sync", fault{err: errDiskFull})
	err := b.Commit(held)
	for _, want := range []error{ErrBudgetLocked, errDiskFull} {
		if !errors.Is(err, want) {
			t.Fatalf("Commit = %v; want %v in it", err, want)
		}
	}
	wantCounts(t, b, 1, 3, 1)
	b.Release(held)
	b.Release(held)
	b.Release(other)
	wantCounts(t, b, 1, 2, 2) // b and c may be on disk: spent, yet they do not pass
	d.fault = nil
	mustBeLocked(t, b, "AtomBudget(phoenix) is locked: a commit could not be recorded: no space left")
	if _, err := b.Reserve([]byte("b")); !errors.Is(err, ErrBudgetLocked) {
		t.Errorf("a name in doubt passes: %v", err)
	}
	mustKnow(t, b, "a")
	again := mustOpen(t, d, memPath, 5)
	mustKnow(t, again, "a", "b", "c")
	if err := b.Reset("node restarted"); err != nil {
		t.Fatal(err)
	}
	wantCounts(t, b, 0, 0, 5)
	mustSpend(t, b, "b")
}

// A disk that is full locks a budget, and one with room again unlocks it: nothing
// that was committed is forgotten, and what failed is spent or free as the file says.
func TestBudgetFileReopen(t *testing.T) {
	for _, half := range []bool{false, true} {
		d := newMemDisk()
		b := mustCreate(t, d, memPath, 5)
		if err := b.Reopen(); err != nil {
			t.Errorf("Reopen of a budget that is not locked = %v", err)
		}
		mustSpend(t, b, "a")
		kept := mustReserve(t, b, "kept")
		held := mustReserve(t, b, "b", "c")
		d.fault = failOn("write", fault{err: errDiskFull, half: half})
		if err := b.Commit(held); !errors.Is(err, errDiskFull) {
			t.Fatalf("Commit = %v", err)
		}
		b.Release(held)
		for range 3 {
			if err := b.Reopen(); !errors.Is(err, errDiskFull) {
				t.Fatalf("Reopen on a full disk = %v", err)
			}
			mustBeLocked(t, b, "no space left")
		}
		d.fault = nil
		if err := b.Reopen(); err != nil {
			t.Fatal(err)
		}
		spent := b.Committed()
		wantCounts(t, b, spent, 1, 4-spent) // what was kept is reserved still
		mustKnow(t, b, "a")
		if err := b.Commit(kept); err != nil {
			t.Error(err)
		}
		mustSpend(t, b, "d")
		again := mustOpen(t, d, memPath, 5)
		mustKnow(t, again, "a", "kept", "d")
		if again.Committed() != b.Committed() {
			t.Errorf("the file has %d names, the budget %d", again.Committed(), b.Committed())
		}
	}
}

// A name whose fsync failed stands in the file, and is spent.
func TestBudgetFileReopenTakesWhatFailed(t *testing.T) {
	d := newMemDisk()
	b := mustCreate(t, d, memPath, 5)
	held := mustReserve(t, b, "b", "c")
	d.fault = failOn("sync", fault{err: errDiskFull})
	if err := b.Commit(held); !errors.Is(err, errDiskFull) {
		t.Fatalf("Commit = %v", err)
	}
	b.Release(held)
	d.fault = nil
	if err := b.Reopen(); err != nil {
		t.Fatal(err)
	}
	wantCounts(t, b, 2, 0, 3)
	mustKnow(t, b, "b", "c")
}

// What cannot be trusted stays locked: a file that is lost, that lacks names, that is
// of another incarnation, or that another process owns.
func TestBudgetFileReopenRefuses(t *testing.T) {
	for what, spoil := range map[string]func(path string) error{
		"lost":    os.Remove,
		"damaged": func(path string) error { return os.WriteFile(path, []byte("nothing\n"), 0o600) },
		"older": func(path string) error {
			os.Remove(path)
			old, err := CreateAtomBudget(path, 5)
			old.Close()
			return err
		},
		"of another incarnation": func(path string) error {
			other, err := OpenAtomBudget(path, 5)
			if err == nil {
				err = other.Reset("another")
			}
			for _, name := range []string{"a", "b"} {
				other.Reserve([]byte(name))
			}
			return errors.Join(err, other.Commit([]string{"a", "b"}), other.Close())
		},
	} {
		path := filepath.Join(t.TempDir(), "atoms")
		b := mustCreate(t, osDisk{}, path, 5)
		mustSpend(t, b, "a")
		b.mu.Lock()
		b.lockFor("the disk was full", errDiskFull)
		b.mu.Unlock()
		if err := spoil(path); err != nil {
			t.Fatal(err)
		}
		if err := b.Reopen(); err == nil {
			t.Errorf("%s: it is open again", what)
		}
		mustBeLocked(t, b, "the disk was full")
		mustKnow(t, b, "a")
	}
	path := filepath.Join(t.TempDir(), "atoms")
	old := mustCreate(t, osDisk{}, path, 5)
	mustSpend(t, mustOpen(t, osDisk{}, path, 5), "a")
	if err := old.Commit(mustReserve(t, old, "b")); !errors.Is(err, errSuperseded) {
		t.Fatalf("Commit of a former owner = %v", err)
	}
	if err := old.Reopen(); !errors.Is(err, errSuperseded) {
		t.Errorf("Reopen of a former owner = %v", err)
	}
	old.Close()
	if err := old.Reopen(); !errors.Is(err, ErrBudgetLocked) {
		t.Errorf("Reopen of a closed budget = %v", err)
	}
}

// The bytes of a failed fsync look fine to the next process, until a crash.
func TestBudgetFileFailedSyncIsWrittenAgain(t *testing.T) {
	d := newMemDisk()
	b := mustCreate(t, d, memPath, 5)
	d.fault = failOn("sync", fault{err: errDiskFull})
	names := []string{"a", strings.Repeat("b", 3*memPage), "c"}
	if err := b.Commit(mustReserve(t, b, names...)); err == nil {
		t.Fatal("Commit succeeds without fsync")
	}
	d.fault = nil
	mustKnow(t, mustOpen(t, d, memPath, 5), names...) // so they may be forwarded now
	after, err := openBudget(d.crash(false, 0), memPath, 5)
	if err != nil {
		t.Fatal(err)
	}
	mustBeLocked(t, after, "line 2: damaged") // the first copy, which was lost
	mustKnow(t, after, names...)

	d.fault = failOn("sync", fault{err: errDiskFull})
	sick, err := openBudget(d, memPath, 5)
	if err != nil {
		t.Fatal(err)
	}
	mustBeLocked(t, sick, "no space left")
}

// A name whose commit is nowhere on disk, and cannot be, does not pass.
func TestBudgetFileUnconfirmedCommitOnSickDisk(t *testing.T) {
	d := newMemDisk()
	b := mustCreate(t, d, memPath, 5)
	mustSpend(t, b, "a")
	mustSpend(t, b, "b")
	d.fault = failOn("sync", fault{err: errDiskFull})
	sick, err := openBudget(d, memPath, 5)
	if err != nil {
		t.Fatal(err)
	}
	mustKnow(t, sick, "a")
	if _, err := sick.Reserve([]byte("b")); !errors.Is(err, ErrBudgetLocked) {
		t.Errorf("the last commit passes before an fsync: %v", err)
	}
	d.fault = nil
	mustKnow(t, mustOpen(t, d, memPath, 5), "a", "b")
}

func TestBudgetFileCommitIsDurable(t *testing.T) {
	d := newMemDisk()
	b := mustCreate(t, d, memPath, 100)
	for i := range 20 {
		mustSpend(t, b, fmt.Sprint("x", i), fmt.Sprint("y", i))
		after := mustOpen(t, d.crash(false, 0), memPath, 100)
		wantCounts(t, after, int64(2*i+2), 0, int64(100-2*i-2))
	}
}

func TestBudgetFileConcurrent(t *testing.T) {
	d := newMemDisk()
	b := mustCreate(t, d, memPath, 40)
	acked := hammer(t, b, 100)
	wantCounts(t, b, int64(len(acked)), 0, int64(40-len(acked)))
	after := mustOpen(t, d.crash(false, 0), memPath, 40)
	for s := range acked {
		mustKnow(t, after, s)
	}
	wantCounts(t, after, int64(len(acked)), 0, int64(40-len(acked)))
}

// gate holds back the first fsync until n names wait behind it.
func gate(d *memDisk) (entered, open chan struct{}, syncs *int) {
	entered, open, syncs = make(chan struct{}), make(chan struct{}), new(int)
	d.fault = func(op string, _ int) fault {
		if op == "sync" {
			if *syncs++; *syncs == 1 {
				d.mu.Unlock()
				close(entered)
				<-open
				d.mu.Lock()
			}
		}
		return fault{}
	}
	return entered, open, syncs
}

func waitQueued(b *AtomBudget, n int) {
	for {
		b.mu.RLock()
		done := b.next != nil && len(b.next.names) == n
		b.mu.RUnlock()
		if done {
			return
		}
		runtime.Gosched()
	}
}

func TestBudgetFileGroupCommit(t *testing.T) {
	d := newMemDisk()
	b := mustCreate(t, d, memPath, 20)
	entered, open, syncs := gate(d)
	var wg sync.WaitGroup
	commit := func(names ...string) {
		mustReserve(t, b, names...)
		wg.Go(func() {
			if err := b.Commit(names); err != nil {
				t.Errorf("Commit(%q) = %v", names, err)
			}
		})
	}
	mustReserve(t, b, "first")
	commit("first")
	<-entered
	b.Release([]string{"first", "first"}) // a place under way is not given back
	wantCounts(t, b, 0, 1, 19)
	for i := range 8 {
		commit(fmt.Sprint("n", i), "shared")
	}
	commit("first") // again, while it is being written
	waitQueued(b, 17)
	mustReserve(t, b, "no lock is held while the disk works")
	close(open)
	wg.Wait()
	if *syncs != 2 {
		t.Errorf("%d fsyncs for 10 commits of which 9 waited, want 2", *syncs)
	}
	wantCounts(t, b, 10, 1, 9)
	if n := bytes.Count(d.now[memPath].data, []byte(`"shared"`)); n != 1 {
		t.Errorf("a name of 8 commits is recorded %d times", n)
	}
	d.fault = nil
	wantCounts(t, mustOpen(t, d, memPath, 20), 10, 0, 10)
}

// Whoever waits behind a commit that fails is refused, and spends nothing.
func TestBudgetFileGroupCommitFails(t *testing.T) {
	d := newMemDisk()
	b := mustCreate(t, d, memPath, 20)
	entered, open, _ := gate(d)
	blocked := d.fault
	d.fault = func(op string, n int) fault {
		blocked(op, n)
		return failOn("sync", fault{err: errDiskFull})(op, n)
	}
	var wg sync.WaitGroup
	commit := func(name string) {
		mustReserve(t, b, name)
		wg.Go(func() {
			if err := b.Commit([]string{name}); !errors.Is(err, errDiskFull) {
				t.Errorf("Commit(%s) = %v", name, err)
			}
			b.Release([]string{name})
		})
	}
	commit("first")
	<-entered
	commit("second")
	waitQueued(b, 1)
	b.Release([]string{"second", "second"}) // too early and too often
	close(open)
	wg.Wait()
	wantCounts(t, b, 0, 1, 19) // first is in doubt
}

func TestBudgetFileResetDuringCommit(t *testing.T) {
	d := newMemDisk()
	b := mustCreate(t, d, memPath, 20)
	entered, open, _ := gate(d)
	var wg sync.WaitGroup
	mustReserve(t, b, "first", "second")
	wg.Go(func() {
		if err := b.Commit([]string{"first"}); err != nil {
			t.Errorf("Commit under way = %v", err)
		}
	})
	<-entered
	wg.Go(func() { // either before Reset or after it, both are right
		if err := b.Commit([]string{"second"}); err != nil && !errors.Is(err, ErrNotReserved) {
			t.Errorf("Commit beside Reset = %v", err)
		}
	})
	waitQueued(b, 1)
	wg.Go(func() {
		if err := b.Reset("node restarted"); err != nil {
			t.Errorf("Reset = %v", err)
		}
	})
	close(open)
	wg.Wait()
	wantCounts(t, b, 0, 0, 20)
	wantCounts(t, mustOpen(t, d, memPath, 20), 0, 0, 20)
}

// A commit that queued behind Reset fails: its term began before.
func TestBudgetFileResetVoidsQueue(t *testing.T) {
	d := newMemDisk()
	b := mustCreate(t, d, memPath, 20)
	b.mu.Lock()
	b.held = map[string]*hold{"a": {name: "a", refs: 1}}
	g, err := b.enlist([]string{"a"})
	b.mu.Unlock()
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Reset("node restarted"); err != nil {
		t.Fatal(err)
	}
	if err := b.flush(g); !errors.Is(err, ErrNotReserved) {
		t.Errorf("a commit from before Reset = %v", err)
	}
	wantCounts(t, b, 0, 0, 20)
}

func TestBudgetFileNewestOwnerWins(t *testing.T) {
	path := filepath.Join(t.TempDir(), "atoms")
	old := mustCreate(t, osDisk{}, path, 9)
	mustSpend(t, old, "a")
	second := mustOpen(t, osDisk{}, path, 9)
	mustKnow(t, second, "a")
	mustSpend(t, second, "b")
	if err := old.Commit(mustReserve(t, old, "c")); !errors.Is(err, errSuperseded) {
		t.Fatalf("Commit of a former owner = %v", err)
	}
	mustBeLocked(t, old, "another process")
	mustSpend(t, second, "d") // the former owner did no harm
	third := mustOpen(t, osDisk{}, path, 9)
	mustKnow(t, third, "a", "b", "d")
	if err := old.Reset("by its operator"); err != nil { // takes it back
		t.Fatal(err)
	}
	mustSpend(t, old, "e")
	if err := third.Commit(mustReserve(t, third, "f")); !errors.Is(err, errSuperseded) {
		t.Fatalf("Commit after someone else's Reset = %v", err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := old.Commit(mustReserve(t, old, "g")); !errors.Is(err, ErrBudgetLocked) {
		t.Fatalf("Commit after the file was removed = %v", err)
	}
}

// Two owners race for one file: no acknowledged name is ever lost.
func TestBudgetFileOwnersRace(t *testing.T) {
	for round := range 60 {
		d := newMemDisk()
		mustCreate(t, d, memPath, 1000)
		var wg sync.WaitGroup
		var mu sync.Mutex
		var acked []string
		for owner := range 3 {
			wg.Go(func() {
				rng := rand.New(rand.NewPCG(uint64(round), uint64(owner)))
				b, err := openBudget(d, memPath, 1000)
				for i := 0; err == nil && b.Locked() == nil && i < 10; i++ {
					s := fmt.Sprint("owner", owner, "name", i)
					if held, err := b.Reserve([]byte(s)); held && err == nil && b.Commit([]string{s}) == nil {
						mu.Lock()
						acked = append(acked, s)
						mu.Unlock()
					}
					for range rng.IntN(4) {
						runtime.Gosched()
					}
				}
			})
		}
		wg.Wait()
		mustKnow(t, mustOpen(t, d, memPath, 1000), acked...)
	}
}

// A former owner's write that slips in behind the new owner's open: neither may
// go on, and the next open has it all.
func TestBudgetFileStrayWrite(t *testing.T) {
	d := newMemDisk()
	old := mustCreate(t, d, memPath, 9)
	mustSpend(t, old, "a")
	var taker *AtomBudget
	d.fault = func(op string, _ int) fault {
		if op == "write" { // between the look and the write of old
			d.fault = nil
			d.mu.Unlock()
			taker = mustOpen(t, d, memPath, 9)
			d.mu.Lock()
		}
		return fault{}
	}
	if err := old.Commit(mustReserve(t, old, "stray")); !errors.Is(err, errSuperseded) {
		t.Fatalf("Commit that lost the file meanwhile = %v", err)
	}
	if err := taker.Commit(mustReserve(t, taker, "b")); !errors.Is(err, errSuperseded) {
		t.Fatalf("Commit with unread lines in the file = %v", err)
	}
	next := mustOpen(t, d, memPath, 9)
	mustKnow(t, next, "a", "stray")
	mustSpend(t, next, "b")
}

func TestBudgetFileBusy(t *testing.T) {
	d := newMemDisk()
	mustSpend(t, mustCreate(t, d, memPath, 9), "a")
	noise := appendLine(nil, wordOpen, 0, "0")
	d.fault = func(op string, _ int) fault { // someone opens it all the time
		if op == "write" {
			d.now[memPath].data = append(d.now[memPath].data, noise...)
		}
		return fault{}
	}
	b, err := openBudget(d, memPath, 9)
	if err != nil {
		t.Fatal(err)
	}
	mustBeLocked(t, b, "another process")
	mustKnow(t, b, "a")
	d.fault = func(op string, _ int) fault { // someone opened it just now
		if op == "write" {
			d.fault = nil
			d.now[memPath].data = append(d.now[memPath].data, noise...)
		}
		return fault{}
	}
	mustSpend(t, mustOpen(t, d, memPath, 9), "b")
}

func TestBudgetFileShortWrite(t *testing.T) {
	d := newMemDisk()
	b := mustCreate(t, d, memPath, 9)
	d.fault = failOn("write", fault{half: true})
	if err := b.Commit(mustReserve(t, b, "a")); !errors.Is(err, io.ErrShortWrite) {
		t.Errorf("Commit = %v", err)
	}
}

func TestBudgetFileCreateFails(t *testing.T) {
	for _, op := range []string{"open", "write", "sync", "look", "syncDir"} {
		d := newMemDisk()
		d.fault = failOn(op, fault{err: errDiskFull})
		if _, err := createBudget(d, memPath, 9); !errors.Is(err, errDiskFull) {
			t.Errorf("%s fails: create = %v", op, err)
		}
		d.fault = nil
		mustCreate(t, d, memPath, 9) // nothing is left in the way
	}
	d := newMemDisk()
	d.fault = func(op string, _ int) fault {
		if op == "sync" {
			d.now[memPath] = &memInode{} // another process replaces it
		}
		return fault{}
	}
	if _, err := createBudget(d, memPath, 9); !errors.Is(err, errSuperseded) {
		t.Errorf("create = %v", err)
	}
	if d.now[memPath] == nil {
		t.Error("the file of another process was removed")
	}
}

func TestBudgetFileResetFails(t *testing.T) {
	for op, locks := range map[string]bool{"temp": false, "write": false, "sync": false, "rename": true, "syncDir": true, "open": true} {
		d := newMemDisk()
		b := mustCreate(t, d, memPath, 9)
		mustSpend(t, b, "a")
		mustReserve(t, b, "b")
		d.fault = failOn(op, fault{err: errDiskFull})
		if err := b.Reset("x"); !errors.Is(err, errDiskFull) {
			t.Errorf("%s fails: Reset = %v", op, err)
		}
		wantCounts(t, b, 1, 1, 7)
		mustKnow(t, b, "a")
		d.fault = nil
		if locks {
			mustBeLocked(t, b, "its reset failed")
		} else if err := b.Commit([]string{"b"}); err != nil {
			t.Errorf("%s fails: Commit after it = %v", op, err)
		}
		if err := b.Reset("second try"); err != nil {
			t.Fatal(err)
		}
		mustSpend(t, b, "a")
		if len(d.now) != 1 {
			t.Errorf("%s fails: files stay behind: %d", op, len(d.now))
		}
	}
}

func TestBudgetFileClose(t *testing.T) {
	d := newMemDisk()
	b := mustCreate(t, d, memPath, 9)
	mustReserve(t, b, "a")
	d.fault = failOn("close", fault{err: errDiskFull})
	if err := b.Close(); !errors.Is(err, errDiskFull) {
		t.Errorf("Close = %v", err)
	}
	if err := errors.Join(b.Close(), mustOpen(t, newCopy(d), memPath, 9).Close()); err != nil {
		t.Errorf("Close = %v", err)
	}
	if err := b.Commit([]string{"a"}); !errors.Is(err, ErrBudgetLocked) {
		t.Errorf("Commit after Close = %v", err)
	}
	mustBeLocked(t, b, "closed")
}

func newCopy(d *memDisk) *memDisk { return d.crash(true, 4) }

func TestBudgetSnapshot(t *testing.T) {
	b := NewAtomBudget(6)
	b.Reset("twice")
	b.Reset("over")
	b.Preload(slices.Values([]string{"ok"}))
	mustSpend(t, b, "z", "", "\xff\n")
	mustReserve(t, b, "not committed")
	var buf bytes.Buffer
	if err := b.Snapshot(&buf); err != nil {
		t.Fatal(err)
	}
	got, err := RestoreAtomBudget(bytes.NewReader(buf.Bytes()), 5)
	if err != nil {
		t.Fatal(err)
	}
	wantCounts(t, got, 3, 0, 2)
	mustKnow(t, got, "z", "", "\xff\n")
	if n := got.Stats().Resets; n != 2 {
		t.Errorf("%d resets, want 2", n)
	}
	mustSpend(t, got, "ok")
	for i, c := range buf.Bytes() {
		if _, err := RestoreAtomBudget(bytes.NewReader(buf.Bytes()[:i]), 5); err == nil {
			t.Fatalf("restored from the first %d bytes", i)
		}
		for _, v := range []byte{c ^ 1, c ^ 0x20, c ^ 0x80, '\n', '\r'} {
			bad := bytes.Clone(buf.Bytes())
			bad[i] = v
			if _, err := RestoreAtomBudget(bytes.NewReader(bad), 5); err == nil && v != c {
				t.Fatalf("restored with byte %d set to %q", i, v)
			}
		}
	}
	short := appendLine(appendNames(appendHead(nil, 0, "x"), 0, "a"), wordEnd, 0, "0")
	if _, err := RestoreAtomBudget(bytes.NewReader(short), 5); err == nil {
		t.Error("restored with more names than the end counts")
	}
	for _, more := range []string{"\n", "x", "04039dcc 001c beamgate-atoms/1 0 \"created\"\n"} {
		if _, err := RestoreAtomBudget(strings.NewReader(buf.String()+more), 5); err == nil {
			t.Errorf("restored with %q behind the end", more)
		}
	}
}

func TestBudgetSnapshotFails(t *testing.T) {
	b := NewAtomBudget(6)
	if err := b.Snapshot(fullWriter{}); !errors.Is(err, errDiskFull) {
		t.Errorf("Snapshot to a full disk = %v", err)
	}
	if _, err := RestoreAtomBudget(fullWriter{}, 6); err == nil || !strings.Contains(err.Error(), errDiskFull.Error()) {
		t.Errorf("Restore from a broken reader = %v", err)
	}
	d := newMemDisk()
	mustSpend(t, mustCreate(t, d, memPath, 9), "a")
	if _, err := RestoreAtomBudget(bytes.NewReader(d.now[memPath].data), 9); err == nil || !strings.Contains(err.Error(), "no end") {
		t.Errorf("Restore of a journal = %v", err)
	}
}

type fullWriter struct{}

func (fullWriter) Write([]byte) (int, error) { return 0, errDiskFull }

func (fullWriter) Read([]byte) (int, error) { return 0, errDiskFull }

func TestOSDiskErrors(t *testing.T) {
	d, path := osDisk{}, filepath.Join(t.TempDir(), "f")
	f, err := d.open(path, os.O_RDWR|os.O_CREATE)
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
	if _, err := d.look(path, f); err == nil || errors.Is(err, errSuperseded) {
		t.Errorf("look at a closed file = %v", err)
	}
	if _, err := d.look(path+"2", f); !errors.Is(err, errSuperseded) || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("look at a file that is gone = %v", err)
	}
	if err := d.remove(path + "2"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("remove of nothing = %v", err)
	}
	if err := d.syncDir(path + "2"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("syncDir of nothing = %v", err)
	}
}

// FuzzBudgetFile opens any file twice. A line that begins with "=" gets its
// length and checksum here, which no mutation would guess.
func FuzzBudgetFile(f *testing.F) {
	f.Add([]byte("=beamgate-atoms/1 0 \"x\"\n=name 1 \"a\"\n=also 2 \"b\"\n=open 2 0\n00000000 00"))
	f.Add([]byte("=beamgate-atoms/1 0 \"x\"\n=name 1 \"a\"\nabc\r=skip 1 3\n=name 1 \"a\"\n=end 1 0\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		var data []byte
		for line := range bytes.Lines(text) {
			before, body, ok := bytes.Cut(line, []byte("="))
			data = append(data, before...)
			if ok {
				data = frame(data, bytes.TrimSuffix(body, []byte("\n")))
			}
		}
		d := newMemDisk()
		d.put(memPath, data)
		b, err := openBudget(d, memPath, 20)
		if err != nil {
			t.Fatal(err)
		}
		names := slices.Collect(b.Names())
		if b.Locked() != nil {
			mustBeLocked(t, b, "cannot be trusted")
			return
		}
		again := mustOpen(t, d, memPath, 20)
		if got := slices.Collect(again.Names()); !slices.Equal(got, names) {
			t.Fatalf("opened twice: %q, then %q", names, got)
		}
	})
}

func BenchmarkBudgetFileLoad(b *testing.B) {
	lines := appendHead(nil, 0, "created")
	for i := range 10_000 {
		lines = appendNames(lines, int64(i), fmt.Sprint("Elixir.MyApp.Module", i))
	}
	b.SetBytes(int64(len(lines)))
	for b.Loop() {
		if img := load(bytes.NewReader(lines)); len(img.names) != 10_000 {
			b.Fatal(img.bad)
		}
	}
}

// TestBudgetFileThroughLinks: a file is one budget, by whatever name.
func TestBudgetFileThroughLinks(t *testing.T) {
	dir := t.TempDir()
	real, link := filepath.Join(dir, "real"), filepath.Join(dir, "link")
	b, err := CreateAtomBudget(real, 3)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(real, link); err != nil {
		t.Fatal(err)
	}
	other, err := OpenAtomBudget(link, 3)
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Reset("through the link"); err != nil {
		t.Fatal(err)
	}
	if held, err := b.Reserve([]byte("a")); held && err == nil {
		if err := b.Commit([]string{"a"}); err == nil {
			t.Error("the first owner goes on")
		}
	}
	again, err := OpenAtomBudget(real, 3)
	if err != nil || again.Locked() != nil || again.Stats().Resets != 1 {
		t.Errorf("%v, %+v", err, again.Stats())
	}
	if fi, err := os.Lstat(link); err != nil || fi.Mode()&fs.ModeSymlink == 0 {
		t.Errorf("the link was replaced: %v, %v", fi, err)
	}
}

// TestBudgetFileResetHalfDone: where the new file may or may not outlive a crash,
// the next opening is locked, not empty.
func TestBudgetFileResetHalfDone(t *testing.T) {
	d := newMemDisk()
	b, err := createBudget(d, "/budget", 3)
	if err != nil {
		t.Fatal(err)
	}
	if held, err := b.Reserve([]byte("a")); !held || err != nil || b.Commit([]string{"a"}) != nil {
		t.Fatal(err)
	}
	d.fault = func(op string, n int) fault {
		return fault{err: map[bool]error{true: errors.New("the disk fails")}[op == "syncDir"]}
	}
	if err := b.Reset("new node"); err == nil || b.Locked() == nil {
		t.Errorf("%v, locked %v", err, b.Locked())
	}
	d.fault = nil
	again, err := openBudget(d, "/budget", 3)
	if err != nil || again.Locked() == nil {
		t.Errorf("%v, %+v", err, again.Stats())
	}
}
