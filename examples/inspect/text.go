package main

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io"
	"strconv"
	"strings"
)

// decode returns r, or what its text stands for under -hex and -base64.
func (j *job) decode(r io.Reader) io.Reader {
	switch {
	case j.hex:
		return hexReader{hex.NewDecoder(&textFilter{r: r})}
	case j.base64:
		return base64.NewDecoder(base64.RawStdEncoding, &textFilter{r: r, base64: true})
	}
	return r
}

// hexReader gives the one vague error of package hex a name.
type hexReader struct{ r io.Reader }

func (h hexReader) Read(p []byte) (int, error) {
	n, err := h.r.Read(p)
	if err == io.ErrUnexpectedEOF {
		err = hex.ErrLength
	}
	return n, err
}

// textFilter drops white space, and brings base64 into one form: the standard
// alphabet without padding.
type textFilter struct {
	r      io.Reader
	base64 bool
	padded bool // an = was seen
}

var errPadding = errors.New("base64: text behind the padding")

func (f *textFilter) Read(p []byte) (int, error) {
	n, err := f.r.Read(p)
	kept := p[:0]
	for _, c := range p[:n] {
		switch {
		case c == ' ' || c == '\t' || c == '\r' || c == '\n':
			continue
		case !f.base64:
		case c == '=':
			f.padded = true
			continue
		case f.padded:
			return len(kept), errPadding
		case c == '-':
			c = '+'
		case c == '_':
			c = '/'
		}
		kept = append(kept, c)
	}
	return len(kept), err
}

var errLiteral = errors.New("neither hex nor base64 nor <<131,…>>")

// literal decodes the text of -e: as -hex or -base64 say, or as it looks. A term
// starts with 131, which is 83 in hex and g in base64, so no term has two
// readings.
func (j *job) literal(text string) ([]byte, error) {
	if j.hex || j.base64 {
		return io.ReadAll(j.decode(strings.NewReader(text)))
	}
	if b, err := erlangBytes(text); err == nil {
		return b, nil
	}
	for _, o := range []options{{hex: true}, {base64: true}} {
		as := job{options: &o}
		if b, err := io.ReadAll(as.decode(strings.NewReader(text))); err == nil {
			return b, nil
		}
	}
	return nil, errLiteral
}

// erlangBytes reads a binary as Erlang's shell prints it: <<131,97,1>>.
func erlangBytes(text string) ([]byte, error) {
	inner, opened := strings.CutPrefix(strings.TrimSpace(text), "<<")
	inner, closed := strings.CutSuffix(inner, ">>")
	if !opened || !closed {
		return nil, errLiteral
	}
	var b bytes.Buffer
	for _, number := range strings.Split(inner, ",") {
		v, err := strconv.ParseUint(strings.TrimSpace(number), 10, 8)
		if err != nil {
			return nil, err
		}
		b.WriteByte(byte(v))
	}
	return b.Bytes(), nil
}
