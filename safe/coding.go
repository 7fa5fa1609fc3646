package safe

import (
	"bufio"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"os"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/internal/wire"
	"github.com/beamgate/beamgate/limits"
)

// input reads the body of a message: as it came, and out of its coding. Until
// settle it also keeps what came, so that the body can be passed on untouched.
//
//	body ─► Read: counts, keeps ─► (gzip) ─► plain
type input struct {
	body  io.Reader
	plain io.Reader // of the term, if it is one
	caps  *limits.Limits
	coded bool
	keep  bool
	kept  []byte
	n     int64 // taken from body
	err   error // of body, or why no more is taken
}

// newInput starts on a body, which may be gzipped.
func newInput(body io.Reader, gzipped bool, caps *limits.Limits) *input {
	in := &input{body: body, caps: caps, keep: true}
	in.plain = in
	if gzipped {
		in.coded = true
		in.plain = &decoder{in: in, buf: bufio.NewReader(in)}
	}
	return in
}

// Read takes from the body. What is coded has the caps of the body too.
func (in *input) Read(p []byte) (int, error) {
	if in.err != nil {
		return 0, in.err
	}
	if in.coded {
		p = p[:min(int64(len(p)), in.most()+1-in.n)]
	}
	n, err := in.body.Read(p)
	if n < 0 || n > len(p) {
		n, err = 0, errBadRead
	}
	in.n += int64(n)
	if in.keep {
		in.kept = append(in.kept, p[:n]...)
	}
	if in.err = err; in.coded {
		if over := inRoom(in.caps, in.n); over != nil {
			in.err, n = over, 0
		}
	}
	return n, in.err
}

var errBadRead = errors.New("reader returned an invalid count")

// most is how long a body may be.
func (in *input) most() int64 { return max(min(in.caps.MaxBytes, in.caps.MaxBuffered), 0) }

// inRoom returns the refusal of a body of n bytes.
func inRoom(caps *limits.Limits, n int64) error {
	switch {
	case n > max(caps.MaxBytes, 0):
		return tooLarge(etf.CodeLimitBytes, "MaxBytes", caps.MaxBytes, n)
	case n > max(caps.MaxBuffered, 0):
		return tooLarge(etf.CodeLimitBuffered, "MaxBuffered", caps.MaxBuffered, n)
	}
	return nil
}

// first returns the first plain byte, or io.EOF.
func (in *input) first() (byte, error) {
	var one [1]byte
	_, err := readSome(in.plain, one[:])
	return one[0], err
}

// settle ends the keeping: the body will not be passed on as it came.
func (in *input) settle() { in.keep, in.kept = false, nil }

// gather returns the first byte and the rest of the plain bytes. The buffer
// doubles as they arrive, and size, a claim, only ever makes it smaller.
func (in *input) gather(first byte, size int64) ([]byte, error) {
	const start = 4 << 10
	room := int64(start)
	if size >= 0 {
		room = min(room, size+1) // a byte more shows the end
	}
	buf := append(make([]byte, 0, room), first)
	for {
		if err := inRoom(in.caps, int64(len(buf))); err != nil {
			return nil, err
		}
		if len(buf) == cap(buf) {
			room = 2 * int64(cap(buf))
			if size >= int64(cap(buf)) {
				room = min(room, size+1)
			}
			buf = append(make([]byte, 0, min(room, in.most()+1)), buf...)
		}
		n, err := readSome(in.plain, buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		switch {
		case err == io.EOF:
			return buf[:len(buf):len(buf)], nil
		case err != nil:
			return nil, err
		}
	}
}

// again returns all of the body as it came.
func (in *input) again() io.Reader {
	if len(in.kept) == 0 && in.err == io.EOF {
		return http.NoBody
	}
	kept := &replay{in.kept}
	in.settle()
	in.coded = false // what follows has no caps
	return io.MultiReader(kept, in)
}

// replay hands out bytes and lets go of them.
type replay struct{ b []byte }

func (r *replay) Read(p []byte) (int, error) {
	if len(r.b) == 0 {
		r.b = nil
		return 0, io.EOF
	}
	n := copy(p, r.b)
	r.b = r.b[n:]
	return n, nil
}

// readSome reads at least one byte, or returns an error and none.
func readSome(r io.Reader, p []byte) (int, error) {
	for range 100 {
		if n, err := r.Read(p); n > 0 || err != nil {
			if n > 0 {
				err = nil // it comes again
			}
			return n, err
		}
	}
	return 0, io.ErrNoProgress
}

// received turns the error of a body into a refusal.
func received(err error) *HTTPError {
	if e, ok := errors.AsType[*HTTPError](err); ok {
		return e
	}
	if e, ok := errors.AsType[*http.MaxBytesError](err); ok { // of a handler around this one
		return tooLarge(etf.CodeLimitBytes, "http.MaxBytesReader", e.Limit, e.Limit+1)
	}
	e := refuse(http.StatusBadRequest, etf.CodeRead)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		e.Status = http.StatusRequestTimeout
	}
	e.Err = err
	return e
}

// decoder inflates a body. Behind the one stream nothing may follow: a second
// member would be data to some receivers and nothing to others.
type decoder struct {
	in   *input
	buf  *bufio.Reader // a flate reader takes single bytes from it, and none too many
	z    io.Reader
	made int64
	err  error
}

func (d *decoder) Read(p []byte) (int, error) {
	if d.err == nil && d.z == nil {
		d.err = d.open()
	}
	if d.err != nil {
		return 0, d.err
	}
	p = p[:min(int64(len(p)), d.in.caps.MaxInflated+1-d.made)]
	n, err := d.z.Read(p)
	d.made += int64(n)
	if d.err = d.judge(err); d.err != nil && d.err != io.EOF {
		n = 0
	}
	return n, d.err
}

// open reads the header of the stream. An empty body is none.
func (d *decoder) open() error {
	if head, err := d.buf.Peek(1); len(head) == 0 {
		return err
	}
	z, err := gzip.NewReader(d.buf)
	if err != nil {
		return d.broken(err)
	}
	z.Multistream(false)
	d.z = z
	return nil
}

// judge holds what was inflated so far against the caps, and err against them.
func (d *decoder) judge(err error) error {
	used, ratio := d.in.n-int64(d.buf.Buffered()), d.in.caps.MaxRatio
	most, grace := d.in.caps.MaxInflated, int64(wire.RatioGrace)
	if err == io.EOF {
		grace = 0
	}
	switch {
	case err != nil && err != io.EOF:
		return d.broken(err)
	case d.made > most:
		return tooLarge(etf.CodeLimitInflated, "MaxInflated", most, d.made)
	case d.made > grace && (ratio <= 0 || (d.made-grace-1)/ratio >= used):
		return tooLarge(etf.CodeLimitRatio, "MaxRatio", ratio, (d.made+used-1)/used)
	case err == io.EOF:
		if _, err := d.buf.ReadByte(); err != io.EOF {
			return d.broken(err)
		}
	}
	return err
}

// broken is the failure of the body, if there is one, else of the coded data.
func (d *decoder) broken(err error) error {
	if d.in.err != nil && d.in.err != io.EOF {
		return d.in.err
	}
	e := refuse(http.StatusUnprocessableEntity, CodeEncodedData)
	e.Err = err // nil for bytes behind the stream
	return e
}
