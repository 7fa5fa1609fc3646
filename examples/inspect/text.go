package main

import (
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

// erlangBytes reads a binary as Erlang's shell prints and takes it: numbers of 0 to
// 255 and strings of such characters, as in <<131,107,0,2,"hi">>.
func erlangBytes(text string) ([]byte, error) {
	rest, opened := strings.CutPrefix(strings.TrimSpace(text), "<<")
	rest, closed := strings.CutSuffix(rest, ">>")
	if !opened || !closed {
		return nil, errLiteral
	}
	var b []byte
	for {
		rest = strings.TrimSpace(rest)
		if strings.HasPrefix(rest, `"`) {
			quoted, err := strconv.QuotedPrefix(rest)
			if err != nil {
				return nil, errLiteral
			}
			chars, err := strconv.Unquote(quoted)
			if err != nil {
				return nil, errLiteral
			}
			for _, r := range chars {
				if r > 255 {
					return nil, errLiteral
				}
				b = append(b, byte(r))
			}
			rest = strings.TrimSpace(rest[len(quoted):])
		} else {
			at := strings.IndexByte(rest, ',')
			if at < 0 {
				at = len(rest)
			}
			v, err := strconv.ParseUint(strings.TrimSpace(rest[:at]), 10, 8)
			if err != nil {
				return nil, errLiteral
			}
			b, rest = append(b, byte(v)), rest[at:]
		}
		if rest == "" {
			return b, nil
		}
		if rest[0] != ',' {
			return nil, errLiteral
		}
		rest = rest[1:]
	}
}
