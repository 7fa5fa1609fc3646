package main

import (
	"fmt"
	"io"
	"os"
	"time"
)

// progress is one line on stderr that is written again and again.
type progress struct {
	w     io.Writer
	on    bool
	next  time.Time // no sooner is another line written
	shown bool
}

// every is how often the line is written.
const every = time.Second / 4

// newProgress returns the progress for -progress when; auto is on if w is a
// terminal, and then silent for runs that end at once.
func newProgress(w io.Writer, when string) *progress {
	p := &progress{w: w, on: when == "on"}
	if when == "auto" && terminal(w) {
		p.on, p.next = true, time.Now().Add(every)
	}
	return p
}

// terminal reports whether f, a reader or writer, is a terminal or a device like
// one.
func terminal(f any) bool {
	file, ok := f.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// reader returns r, watched if anybody looks. size is -1 if it is not known.
func (p *progress) reader(r io.Reader, name string, size int64) io.Reader {
	if !p.on {
		return r
	}
	return &progressReader{r: r, p: p, name: name, size: size}
}

// bytes shows how far a large input is read; with end it does so now.
func (p *progress) bytes(name string, done, size int64, end bool) {
	if size > 0 {
		p.line(end, "%s: %s of %s, %d %%", printable(name), human(done), human(size), 100*done/size)
		return
	}
	p.line(end, "%s: %s", printable(name), human(done))
}

// files shows how many inputs were looked at.
func (p *progress) files(n int, name string) { p.line(false, "%d: %s", n, printable(name)) }

func (p *progress) line(now bool, format string, args ...any) {
	if !p.on || !now && time.Now().Before(p.next) {
		return
	}
	fmt.Fprintf(p.w, "\r\x1b[K"+format, args...)
	p.next, p.shown = time.Now().Add(every), true
}

// clear makes place for other output.
func (p *progress) clear() {
	if p.shown {
		fmt.Fprint(p.w, "\r\x1b[K")
		p.shown = false
	}
}

// human prints a number of bytes with three digits or so.
func human(n int64) string {
	if n < 1<<10 {
		return fmt.Sprintf("%d B", n)
	}
	v, unit := float64(n), 0
	for ; v >= 1<<10; unit++ {
		v /= 1 << 10
	}
	return fmt.Sprintf("%.1f %ciB", v, "KMGTPE"[unit-1])
}
