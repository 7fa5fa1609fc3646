package limits

// NOTE. The file of a budget is a journal of lines that a human can read:
//
//	<crc32c> <length> <word> <number> <argument>
//	04039dcc 001c beamgate-atoms/1 0 "created"    number = resets so far
//	5e9affb0 0008 open 0 0                        a process took the file over
//	5468448c 0010 name 1 "phoenix"                first name of a commit
//	6f62aa29 0012 also 2 "channel_1"              its other names
//
// Both fields in front are hexadecimal, of the text behind them. number counts
// the names so far: a missing line shows as a gap. Names are Go string literals.
//
// What is safe about it:
//   - Nothing but Reset ever shortens or replaces the file, and Reset means to
//     forget. Hence no compaction of living names, and no need for any: a name
//     stands there once, and an open adds about 30 bytes (and repeats the last
//     commit, whose fsync may be the one that failed).
//   - A torn last line is dropped: it was not acknowledged, since the fsync
//     covers whole lines. It is torn only if it lacks its newline and is shorter
//     than it claims. Any other damage locks the budget. The next open marks it,
//     on the same line: <torn bytes> \r <crc> <length> skip <number> <bytes>.
//   - One owner without file locks (flock is not portable; a lock file with a
//     pid outlives a crash, and in a container every pid is 1): the newest
//     opener or resetter wins. It appends its "open" line; an owner looks before
//     and after each write whether the file is still the one at its path and as
//     long as what it read and wrote. So an owner that lost the file cannot
//     acknowledge a commit, and what it acknowledged before was read by the next.
//     A write that slips in between both locks both, which a new open resolves.
//     This wants a file system whose appends and sizes are coherent: not NFS.
//
// What no single file can tell: that it is an older, complete copy of itself.
// Whoever restores one from a backup must Reset the budget with the node.

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
)

const (
	wordHead = "beamgate-atoms/1"
	wordOpen = "open"
	wordName = "name"
	wordAlso = "also"
	wordSkip = "skip"
	wordEnd  = "end" // of a snapshot

	linePrefix  = len("04039dcc 001c ")
	lineBytes   = 8192 // more than any line: a name is at most 4*1020+2 bytes quoted
	reasonBytes = 256
	openTries   = 8 // others may write while we read, but not for ever
)

// errSuperseded means that the journal has changed under its owner.
var errSuperseded = errors.New("another process opened, changed or removed the file")

// CreateAtomBudget makes a new budget of max names, kept in a new file at path.
// It fails with fs.ErrExist if there is one: creating is told apart from
// opening, so that a lost file is never taken for a first start. The file is
// private to its owner (mode 0600); its directory must exist.
func CreateAtomBudget(path string, max int64) (*AtomBudget, error) {
	return createBudget(osDisk{}, path, max)
}

// OpenAtomBudget opens the budget kept at path; max is the allowance, names in
// the file included. It takes the file over: a process that has it open is
// locked at its next commit.
//
// If the file is missing or damaged, or cannot be written, the budget opens
// locked and without an error: names that could be read pass, no other does
// until [AtomBudget.Reset]; ask [AtomBudget.Locked]. The error is for a file
// that cannot be opened at all.
func OpenAtomBudget(path string, max int64) (*AtomBudget, error) {
	return openBudget(osDisk{}, path, max)
}

func createBudget(d disk, path string, max int64) (*AtomBudget, error) {
	j, err := newJournal(d, path)
	if err != nil {
		return nil, err
	}
	j.f, err = d.open(j.path, os.O_RDWR|os.O_APPEND|os.O_CREATE|os.O_EXCL)
	if err != nil {
		return nil, fmt.Errorf("limits: creating an atom budget: %w", err)
	}
	err = j.write(appendHead(nil, 0, "created"))
	if err == nil {
		err = d.syncDir(filepath.Dir(j.path))
	}
	if err != nil {
		j.close()
		if !errors.Is(err, errSuperseded) { // else it is not ours to remove
			d.remove(j.path)
		}
		return nil, fmt.Errorf("limits: creating an atom budget: %w", err)
	}
	b := NewAtomBudget(max)
	b.log = j
	return b, nil
}

func openBudget(d disk, path string, max int64) (*AtomBudget, error) {
	j, err := newJournal(d, path)
	if err != nil {
		return nil, err
	}
	img, err := j.open()
	missing := errors.Is(err, fs.ErrNotExist)
	if img == nil && !missing {
		return nil, fmt.Errorf("limits: opening an atom budget: %w", err)
	}
	b := NewAtomBudget(max)
	b.log = j
	if img != nil {
		b.known.become(img.names)
		b.spent, b.resets = int64(len(img.names)), img.resets
	}
	switch {
	case missing:
		b.lockFor("its file is lost (CreateAtomBudget makes a first one)", err)
	case err != nil:
		b.lockFor("its file "+j.path+" cannot be trusted or written", err)
	}
	return b, nil
}

// Reopen goes on with the file of a locked budget, if that is sound and holds every
// name that was committed: a disk that was full has room again, say. What is reserved
// stays reserved, and of names whose commit failed those are spent that the file
// has. On error the budget stays locked. That is so, too, while the file is lost,
// damaged or older than this budget, and when another process took it over: it
// would only be taken back and forth. A budget that is not locked is left alone.
func (b *AtomBudget) Reopen() error {
	b.io.Lock()
	defer b.io.Unlock()
	b.mu.RLock()
	lock, closed := b.lock, b.closed
	b.mu.RUnlock()
	switch {
	case lock == nil:
		return nil
	case closed || b.log == nil || errors.Is(lock, errSuperseded):
		return lock
	}
	b.log.close()
	img, err := b.log.open()
	if err == nil {
		err = b.adopt(img)
	}
	if err != nil {
		b.log.close()
		return fmt.Errorf("limits: opening an atom budget again: %w", err)
	}
	return nil
}

// adopt lifts the lock if img is what the budget knows, and perhaps more. Caller
// holds io.
func (b *AtomBudget) adopt(img *image) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for s, paid := range b.known.all() {
		if paid && !img.names[s] {
			return errors.New("the file lacks names that were committed")
		}
	}
	if img.resets != b.resets {
		return errors.New("the file is of another incarnation")
	}
	for s := range img.names {
		if !b.known.paid(s) {
			delete(b.held, s)
			b.known.add(s, true)
			b.spent++
		}
	}
	for _, h := range b.held {
		h.doubtful = false
		b.drop(h)
	}
	b.lock = nil
	return nil
}

// Close gives the file back. New names are refused from then on, a commit under
// way is finished first. Further calls do nothing.
func (b *AtomBudget) Close() error {
	b.io.Lock()
	defer b.io.Unlock()
	b.mu.Lock()
	if !b.closed {
		b.closed = true
		b.lock = &lockedError{title: b.title(), why: "it is closed", until: "it is opened again"}
	}
	b.mu.Unlock()
	if b.log == nil {
		return nil
	}
	return b.log.close()
}

// Snapshot writes the committed names to w, for whoever keeps them elsewhere
// than in a file here. What is committed later is not in it: forward nothing
// before the snapshot that holds its names is safe. A locked budget has none,
// since it might forget a name.
func (b *AtomBudget) Snapshot(w io.Writer) error {
	b.mu.RLock()
	lock, resets := b.lock, b.resets
	b.mu.RUnlock()
	if lock != nil {
		return lock
	}
	names := b.paid()
	bw := bufio.NewWriter(w)
	bw.Write(appendHead(nil, resets, "snapshot"))
	for i, s := range names {
		bw.Write(appendNames(nil, int64(i), s))
	}
	bw.Write(appendLine(nil, wordEnd, int64(len(names)), "0"))
	return bw.Flush()
}

// RestoreAtomBudget reads what Snapshot wrote into a budget in memory of max
// names, the restored ones included. A snapshot that is cut short, altered or
// followed by anything is an error. It reads to the end of r.
func RestoreAtomBudget(r io.Reader, max int64) (*AtomBudget, error) {
	img := load(r)
	if img.bad == nil && (!img.ended || img.lead != "") {
		img.fail("cut short: no end")
	}
	if img.bad != nil {
		return nil, fmt.Errorf("limits: snapshot of an atom budget: %w", img.bad)
	}
	b := NewAtomBudget(max)
	b.known.become(img.names)
	b.spent, b.resets = int64(len(img.names)), img.resets
	return b, nil
}

// group is the commits that share one write and one fsync. done and err are
// guarded by io.
type group struct {
	names []string
	done  bool
	err   error
}

// queue adds names to the next write. Caller holds mu.
func (b *AtomBudget) queue(names []string) *group {
	if b.next == nil {
		b.next = &group{}
	}
	for _, s := range names {
		if h := b.held[s]; h != nil {
			h.queued++
			b.next.names = append(b.next.names, h.name)
		}
	}
	return b.next
}

// flush waits for the journal. Whoever gets it first writes for all that queued
// meanwhile; they find their group done.
func (b *AtomBudget) flush(g *group) error {
	b.io.Lock()
	defer b.io.Unlock()
	if g.done {
		return g.err
	}
	b.mu.Lock()
	b.next = nil // it was g: groups leave under io only, and done
	batch, lock := b.fresh(g.names), b.lock
	b.mu.Unlock()

	g.done = true
	if lock != nil {
		g.err = lock
	} else {
		g.err = b.log.append(batch)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if g.err != nil && lock == nil {
		b.lockFor("a commit could not be recorded", g.err)
		g.err = b.lock
		b.doubt(batch)
	}
	b.unqueue(g.names)
	if g.err == nil {
		b.settle(batch)
	}
	return g.err
}

// fresh returns the names that no earlier group has committed, each once.
func (b *AtomBudget) fresh(names []string) []string {
	batch := make([]string, 0, len(names))
	seen := make(map[string]bool, len(names))
	for _, s := range names {
		if b.held[s] != nil && !seen[s] {
			seen[s] = true
			batch = append(batch, s)
		}
	}
	return batch
}

// doubt pins names that a failed write may have recorded: spent, yet not known.
func (b *AtomBudget) doubt(names []string) {
	for _, s := range names {
		b.held[s].doubtful = true
	}
}

func (b *AtomBudget) unqueue(names []string) {
	for _, s := range names {
		if h := b.held[s]; h != nil {
			h.queued--
			b.drop(h)
		}
	}
}

// lockFor refuses new names from now on. Caller holds mu or has b for itself.
func (b *AtomBudget) lockFor(why string, cause error) {
	b.lock = &lockedError{b.title(), why, "it is reset with its node (or opened again, if the file is sound)", cause}
}

// restart replaces the file, if there is one. Caller holds io.
func (b *AtomBudget) restart(resets int64, reason string) error {
	if b.log == nil {
		return nil
	}
	err := b.log.replace(appendHead(nil, resets, reason))
	if err != nil && b.log.f == nil {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.lockFor("its reset failed", err)
		return b.lock
	}
	return err
}

// journal is the file of one budget, and what its owner knows of it.
type journal struct {
	disk disk
	path string // absolute and without links: a chdir must not move it
	f    file   // nil: not usable until replaced
	size int64  // bytes read at open and written since
	n    int64  // names in it
}

func newJournal(d disk, path string) (*journal, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("limits: path of an atom budget: %w", err)
	}
	return &journal{disk: d, path: realPath(abs)}, nil
}

// realPath follows links, so that one file has one name: what replaces the file
// must not replace a link to it instead. The file need not exist.
func realPath(abs string) string {
	if p, err := filepath.EvalSymlinks(abs); err == nil {
		return p
	}
	dir, base := filepath.Split(abs)
	if p, err := filepath.EvalSymlinks(filepath.Clean(dir)); err == nil {
		return filepath.Join(p, base)
	}
	return abs
}

// open reads the file and takes it over. The image is nil if there was nothing
// to read; with an image, an error means that the journal must not be written.
func (j *journal) open() (img *image, err error) {
	for range openTries {
		img, err = j.takeOver()
		if err == nil {
			return img, nil
		}
		j.close()
		if !errors.Is(err, errSuperseded) {
			break
		}
	}
	return img, err
}

func (j *journal) takeOver() (*image, error) {
	f, err := j.disk.open(j.path, os.O_RDWR|os.O_APPEND)
	if err != nil {
		return nil, err
	}
	j.f = f
	img := load(io.NewSectionReader(f, 0, math.MaxInt64))
	if err := f.Sync(); err != nil { // a name read may be one that is not on disk
		img.forget()
		return img, err
	}
	if img.ended {
		img.fail("this is a snapshot, for RestoreAtomBudget")
	}
	if img.bad != nil {
		return img, img.bad
	}
	j.size, j.n = img.size, int64(len(img.names))
	if err := j.write(img.repair()); err != nil {
		return img, err
	}
	return img, j.write(appendLine(nil, wordOpen, j.n, "0"))
}

// append records names in one write and returns when they are on disk.
func (j *journal) append(names []string) error {
	if err := j.write(appendNames(nil, j.n, names...)); err != nil {
		return err
	}
	j.n += int64(len(names))
	return nil
}

// write appends buf durably, unless or until someone else has changed the file.
func (j *journal) write(buf []byte) error {
	if len(buf) == 0 {
		return nil
	}
	if err := j.owned(); err != nil {
		return err
	}
	if err := writeSync(j.f, buf); err != nil {
		return err
	}
	j.size += int64(len(buf))
	return j.owned()
}

func (j *journal) owned() error {
	size, err := j.disk.look(j.path, j.f)
	if err == nil && size != j.size {
		err = errSuperseded
	}
	return err
}

// replace puts a file of these lines in place of the journal. While j.f is not
// nil after an error, the old one is untouched and goes on.
func (j *journal) replace(lines []byte) error {
	tmp, err := j.stage(lines)
	if err != nil {
		return err
	}
	j.close() // first: not every system renames over an open file
	if err = j.disk.rename(tmp, j.path); err != nil {
		j.disk.remove(tmp)
		return err
	}
	if err = j.disk.syncDir(filepath.Dir(j.path)); err != nil {
		// Which of the two files a crash would leave is not known. With neither,
		// the budget opens locked.
		j.disk.remove(j.path)
		return err
	}
	j.f, err = j.disk.open(j.path, os.O_RDWR|os.O_APPEND)
	if err != nil {
		j.f = nil
		return err
	}
	j.size, j.n = int64(len(lines)), 0
	return nil
}

// stage writes lines to a new file beside the journal and returns its path.
func (j *journal) stage(lines []byte) (string, error) {
	f, err := j.disk.temp(j.path)
	if err != nil {
		return "", err
	}
	err = writeSync(f, lines)
	if e := f.Close(); err == nil {
		err = e
	}
	if err != nil {
		j.disk.remove(f.Name())
	}
	return f.Name(), err
}

func (j *journal) close() error {
	if j.f == nil {
		return nil
	}
	f := j.f
	j.f = nil
	return f.Close()
}

func writeSync(f file, buf []byte) error {
	n, err := f.Write(buf)
	if err == nil && n < len(buf) {
		err = io.ErrShortWrite
	}
	if err != nil {
		return err
	}
	return f.Sync()
}

// appendLine appends one line; arg is quoted already or a number.
func appendLine(dst []byte, word string, n int64, arg string) []byte {
	return frame(dst, fmt.Appendf(nil, "%s %d %s", word, n, arg))
}

func frame(dst, body []byte) []byte {
	sum := crc32.Checksum(body, crc32.MakeTable(crc32.Castagnoli))
	return fmt.Appendf(dst, "%08x %04x %s\n", sum, len(body), body)
}

func appendHead(dst []byte, resets int64, reason string) []byte {
	return appendLine(dst, wordHead, resets, strconv.Quote(reason[:min(len(reason), reasonBytes)]))
}

// appendNames appends the names of one commit, after n others.
func appendNames(dst []byte, n int64, names ...string) []byte {
	for i, s := range names {
		word := wordAlso
		if i == 0 {
			word = wordName
		}
		dst = appendLine(dst, word, n+int64(i)+1, strconv.Quote(s))
	}
	return dst
}

// image is what a journal or a snapshot says.
type image struct {
	names  map[string]bool // all true
	last   []string        // the last commit, until a later open confirms it
	resets int64
	ended  bool  // by the end line of a snapshot
	lines  int   // read so far
	size   int64 // bytes read
	lead   string
	torn   int   // bytes of a torn last line
	bad    error // the first thing wrong
}

// load reads lines to the end of r, on beyond damage: whatever name can be read
// passes in a locked budget.
func load(r io.Reader) *image {
	img := &image{names: make(map[string]bool)}
	br := bufio.NewReaderSize(r, lineBytes)
	for {
		line, err := br.ReadSlice('\n')
		img.size += int64(len(line))
		switch {
		case err == nil:
			img.line(line[:len(line)-1])
		case err == bufio.ErrBufferFull:
			img.lines++
			img.fail("too long")
		case err == io.EOF:
			img.tail(line)
			return img
		default:
			img.bad = fmt.Errorf("after line %d: %w", img.lines, err)
			return img
		}
	}
}

func (img *image) fail(why string) {
	if img.bad == nil {
		img.bad = fmt.Errorf("line %d: %s", img.lines, why)
	}
}

// line reads a line that had its newline.
func (img *image) line(line []byte) {
	img.lines++
	torn := bytes.LastIndexByte(line, '\r')
	body, ok := unframe(line[torn+1:])
	if !ok {
		img.fail("damaged")
		return
	}
	word, rest, _ := strings.Cut(string(body), " ")
	num, arg, _ := strings.Cut(rest, " ")
	n, err := strconv.ParseInt(num, 10, 64)
	text, skip := arg, 0
	if word == wordSkip && err == nil {
		skip, err = strconv.Atoi(arg)
	} else if strings.HasPrefix(arg, `"`) && err == nil {
		text, err = strconv.Unquote(arg)
	}
	if err != nil || skip != max(torn, 0) {
		img.fail("malformed")
		return
	}
	img.record(word, n, text)
}

// record takes one good line in. A number above the names read so far means
// that a line before it is gone.
func (img *image) record(word string, n int64, text string) {
	count := int64(len(img.names))
	if (word == wordHead) != (img.lines == 1) || img.ended {
		img.fail("out of place")
	}
	switch word {
	case wordHead:
		img.resets, count = n, n
	case wordName, wordAlso:
		img.name(word, text)
		count++
	case wordOpen:
		img.last = nil
	case wordEnd:
		img.ended = true
	case wordSkip:
	default:
		img.fail("unknown, perhaps of a newer version")
	}
	if n > count || n < count && img.ended {
		img.fail("names are missing before it")
	}
}

func (img *image) name(word, name string) {
	if word == wordName {
		img.last = nil
	}
	img.names[name] = true
	img.last = append(img.last, name)
}

// tail reads what stands behind the last newline, and decides how the next
// write has to begin.
func (img *image) tail(line []byte) {
	if len(line) > 0 {
		if _, ok := unframe(line[bytes.LastIndexByte(line, '\r')+1:]); ok {
			img.line(line)
			img.lead = "\n"
		} else if isTorn(line) {
			img.lead, img.torn = "\r", len(line)
		} else {
			img.lines++
			img.fail("damaged at the end of the file")
		}
	}
	if img.lines == 0 {
		img.fail("empty or cut within its first line")
	}
}

// isTorn reports whether each \r-separated part stops before the length it
// claims. A line that was written whole, with any one byte changed, does not.
func isTorn(line []byte) bool {
	for part := range bytes.SplitSeq(line, []byte{'\r'}) {
		if len(part) < linePrefix {
			continue
		}
		n, err := strconv.ParseUint(string(part[linePrefix-5:linePrefix-1]), 16, 16)
		if err != nil || len(part) >= linePrefix+int(n) {
			return false
		}
	}
	return true
}

// unframe returns the text of a line if its length and checksum are right.
func unframe(line []byte) (body []byte, ok bool) {
	if len(line) < linePrefix {
		return nil, false
	}
	body = line[linePrefix:]
	want := frame(nil, body)
	return body, bytes.Equal(line, want[:len(want)-1])
}

// repair returns what to write before the file is taken over: the end of a torn
// line, and the last commit again. That one may have met an fsync that failed,
// after which a second fsync of the same bytes proves nothing.
func (img *image) repair() []byte {
	n := int64(len(img.names))
	buf := []byte(img.lead)
	if img.torn > 0 {
		buf = appendLine(buf, wordSkip, n, strconv.Itoa(img.torn))
	}
	return appendNames(buf, max(0, n-int64(len(img.last))), img.last...)
}

// forget drops the names of the last commit, which may not be on disk.
func (img *image) forget() {
	for _, s := range img.last {
		delete(img.names, s)
	}
}

// disk and file are what a journal needs of an operating system; tests put a
// failing or crashing one in their place.
type disk interface {
	open(path string, flag int) (file, error)
	temp(path string) (file, error) // new, in the directory of path
	look(path string, f file) (size int64, err error)
	rename(from, to string) error
	remove(path string) error
	syncDir(dir string) error
}

type file interface {
	io.ReaderAt
	io.Writer
	io.Closer
	Sync() error
	Stat() (fs.FileInfo, error)
	Name() string
}

type osDisk struct{}

func (osDisk) open(path string, flag int) (file, error) {
	return asFile(os.OpenFile(path, flag, 0o600))
}

func (osDisk) temp(path string) (file, error) {
	return asFile(os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".tmp-*"))
}

// asFile keeps a nil *os.File from becoming a file that is not nil.
func asFile(f *os.File, err error) (file, error) {
	if err != nil {
		return nil, err
	}
	return f, nil
}

// look returns the size of f, or errSuperseded if path is another file by now.
func (osDisk) look(path string, f file) (int64, error) {
	at, err := os.Stat(path)
	if err != nil {
		return 0, fmt.Errorf("%w: %w", errSuperseded, err)
	}
	mine, err := f.Stat()
	if err != nil {
		return 0, err
	}
	if !os.SameFile(at, mine) {
		return 0, errSuperseded
	}
	return mine.Size(), nil
}

func (osDisk) rename(from, to string) error { return os.Rename(from, to) }

func (osDisk) remove(path string) error { return os.Remove(path) }

// syncDir makes a creation or renaming durable. Windows can neither do nor need it.
func (osDisk) syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	if err = d.Sync(); runtime.GOOS == "windows" {
		return nil
	}
	return err
}
