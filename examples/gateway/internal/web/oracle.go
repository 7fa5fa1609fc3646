package web

import (
	"encoding/json"
	"errors"
	"net/http"

	"github.com/beamgate/beamgate/examples/gateway/internal/door"
	"github.com/beamgate/beamgate/limits"
)

// Verdict is what POST /v1/check answers.
type Verdict struct {
	Verdict string `json:"verdict"` // pass or refuse
	Term    bool   `json:"term"`    // the body is one
	Bytes   int64  `json:"bytes"`
	Rule    string `json:"rule,omitempty"`
	Code    string `json:"code,omitempty"`
	Offset  *int64 `json:"offset,omitempty"`
	Path    string `json:"path,omitempty"`
	Limit   string `json:"limit,omitempty"`
}

// oracle answers whether the request could go on, for proxies that ask before they
// send it on themselves. It counts as sent: its names are spent. The status is 200,
// or that of the refusal, for proxies which look at nothing else.
func (x *exchange) oracle() {
	switch {
	case x.r.URL.Path != "/v1/check":
		x.refuse(x.must("path"))
		return
	case x.r.Method != http.MethodPost:
		x.w.Header().Set("Allow", http.MethodPost)
		x.refuse(x.must("method"))
		return
	}
	r := x.ask()
	v := Verdict{Verdict: "pass", Term: x.asked.Body != nil, Bytes: int64(len(x.asked.Body))}
	code := http.StatusOK
	if r != nil {
		code = status(r)
		v.refused(r, x.pass.Door().Config.Detail)
	}
	x.w.Header().Set("Content-Type", "application/json")
	x.w.Header().Set("Cache-Control", "no-store")
	x.w.WriteHeader(code)
	json.NewEncoder(x.w).Encode(v)
}

// refused fills in a refusal, as far as clients are told.
func (v *Verdict) refused(r *door.Refusal, detail string) {
	v.Verdict = "refuse"
	if detail == "none" {
		return
	}
	v.Rule, v.Code = r.Rule.String(), r.Code
	if detail != "full" {
		return
	}
	if e, ok := r.Where(); ok {
		v.Offset, v.Path = &e.Offset, e.Path.String()
	}
	var l *limits.Error
	if errors.As(r.Err, &l) {
		v.Limit = l.Name
	}
}
