// Package token finds terms in base64 inside of HTTP requests: in the query, a
// form, JSON, a header or a cookie. They are only looked at; the request goes on
// with the characters that came, so that a signature over them holds.
package token

import (
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/beamgate/beamgate/examples/gateway/internal/config"
)

// Why a request cannot be judged. The codes are those of metrics.
var (
	ErrForm = errors.New("token_form") // a value of no form that was named
	ErrSize = errors.New("token_size") // longer than max_bytes
	ErrRead = errors.New("token_read") // no query, form or JSON that could be read in one way
)

// Rule is an extractor.
type Rule struct {
	config.Extract
	forms []*regexp.Regexp
}

// Compile makes a rule of its configuration.
func Compile(c config.Extract) (*Rule, error) {
	r := &Rule{Extract: c}
	if c.In == "header" || c.In == "json" || c.In == "query" || c.In == "cookie" || c.In == "form" {
		forms := c.Forms
		if len(forms) == 0 {
			forms = []string{"<etf>"}
		}
		for _, f := range forms {
			re, err := regexp.Compile(pattern(f))
			if err != nil {
				return nil, fmt.Errorf("%s: %w", f, err)
			}
			r.forms = append(r.forms, re)
		}
		return r, nil
	}
	return nil, fmt.Errorf("there is no place %q", c.In)
}

// holes are what stands for more than itself in a form.
var holes = strings.NewReplacer(
	"<etf>", `([A-Za-z0-9+/_-]+={0,2})`,
	"<any>", `[A-Za-z0-9+/=_.~-]*`,
	"<digits>", `[0-9]+`,
)

// pattern is a form as a regular expression. QuoteMeta leaves < and > alone.
func pattern(form string) string { return `\A` + holes.Replace(regexp.QuoteMeta(form)) + `\z` }

// Path reports whether requests to this path are meant. One that servers clean, each
// in its own way, may lead anywhere, and so is meant by every rule.
func (r *Rule) Path(path string) bool {
	for _, p := range r.Paths {
		if strings.HasPrefix(path, p) {
			return true
		}
	}
	return len(r.Paths) == 0 || unclean(path)
}

// unclean reports whether a path, decoded, has an empty segment before its end, or one
// that stands for this place or the one above.
func unclean(path string) bool {
	if strings.Contains(path, "//") {
		return true
	}
	for segment := range strings.SplitSeq(path, "/") {
		if segment == "." || segment == ".." {
			return true
		}
	}
	return false
}

// Terms returns the terms that a value may stand for: none, or one, or several if
// several forms fit, since nobody knows which one the receiver goes by. Beside an error
// it returns those that it found all the same.
func (r *Rule) Terms(value string) (terms [][]byte, err error) {
	if int64(len(value)) > int64(r.Max) {
		err = ErrSize
	}
	fits := false
	for _, f := range r.forms {
		m := f.FindStringSubmatch(value)
		if m == nil {
			continue
		}
		fits = true
		if len(m) < 2 {
			continue
		}
		if b, bad := decode(m[1]); bad == nil {
			terms = append(terms, b)
		} else if err == nil {
			err = ErrForm
		}
	}
	if !fits && r.Others != "pass" && err == nil {
		err = ErrForm
	}
	return terms, err
}

var alphabet = strings.NewReplacer("-", "+", "_", "/")

// decode decodes base64 of either alphabet, padded or not. There is one text for
// the same bytes but for that: bits that no byte has are refused.
func decode(text string) ([]byte, error) {
	return base64.RawStdEncoding.Strict().DecodeString(alphabet.Replace(strings.TrimRight(text, "=")))
}
