package main

import (
	"bytes"
	"errors"
	"fmt"
	"math/big"
	"reflect"
	"time"

	ergo "github.com/ergo-services/ergo/etf"
	ergolib "github.com/ergo-services/ergo/lib"
	"github.com/fxamacker/cbor/v2"
	"github.com/go-json-experiment/json"
	okeuday "github.com/okeuday/erlang_go/v2/erlang"

	"github.com/beamgate/beamgate/bench/internal/column"
	"github.com/beamgate/beamgate/etf"
)

// library is one column of the table.
type library struct {
	key, title string
	etf        bool // it reads external terms; else its own format
	read       func(in []byte, want any) []any
	free       func(in []byte) (any, error) // into an any
	refuses    func(in []byte, into any) bool
	write      func(v any) ([]byte, error)
}

var libraries = []library{
	{key: "beamgate", title: "beamgate", etf: true, read: one(mode().Unmarshal), free: free(mode().Unmarshal), refuses: refuses(strict().Unmarshal), write: etf.Marshal},
	{key: "ergo", title: "ergo", etf: true, read: ergoRead, free: func(in []byte) (any, error) { return column.ErgoDecode(in) }, refuses: ergoRefuses, write: ergoWrite},
	{key: "okeuday", title: "erlang_go", etf: true, read: okeudayRead, free: okeuday.BinaryToTerm, refuses: okeudayRefuses, write: func(v any) ([]byte, error) { return okeuday.TermToBinary(v, -1) }},
	{key: "json", title: "encoding/json v2", read: one(jsonRead), free: free(jsonRead), refuses: refuses(jsonStrict), write: func(v any) ([]byte, error) { return json.Marshal(v, json.Deterministic(true)) }},
	{key: "cbor", title: "fxamacker/cbor", read: one(cbor.Unmarshal), free: free(cbor.Unmarshal), refuses: refuses(cborStrict().Unmarshal), write: cborWrite().Marshal},
}

func mode() *etf.Mode {
	c := etf.OTP()
	c.Unmarshal.AtomKeys = true
	return must(c.Compile())
}

// strict is what refuses as much as it can by options.
func strict() *etf.Mode {
	c := etf.OTP()
	c.Unmarshal.RefuseUnknown = true
	return must(c.Compile())
}

func cborStrict() cbor.DecMode {
	return must(cbor.DecOptions{DupMapKey: cbor.DupMapKeyEnforcedAPF, ExtraReturnErrors: cbor.ExtraDecErrorUnknownField}.DecMode())
}

func cborWrite() cbor.EncMode {
	return must(cbor.EncOptions{Sort: cbor.SortCoreDeterministic, Time: cbor.TimeRFC3339Nano}.EncMode())
}

func jsonRead(in []byte, v any) error { return json.Unmarshal(in, v) }
func jsonStrict(in []byte, v any) error {
	return json.Unmarshal(in, v, json.RejectUnknownMembers(true))
}

// one makes the one way to read a value like want.
func one(unmarshal func([]byte, any) error) func([]byte, any) []any {
	return func(in []byte, want any) []any {
		to := reflect.New(reflect.TypeOf(want))
		if unmarshal(in, to.Interface()) != nil {
			return nil
		}
		return []any{to.Elem().Interface()}
	}
}

func free(unmarshal func([]byte, any) error) func([]byte) (any, error) {
	return func(in []byte) (v any, err error) { return v, unmarshal(in, &v) }
}

func refuses(unmarshal func([]byte, any) error) func([]byte, any) bool {
	return func(in []byte, into any) bool {
		return unmarshal(in, reflect.New(reflect.TypeOf(into)).Interface()) != nil
	}
}

// ergoRead tries the ways that ergo has: as it was decoded, and its two functions
// that fill Go types.
func ergoRead(in []byte, want any) (all []any) {
	v, err := column.ErgoDecode(in)
	if err != nil {
		return nil
	}
	all = append(all, v)
	for _, into := range []func(ergo.Term, any) error{ergo.TermIntoStruct, ergo.TermProplistIntoStruct} {
		if to := reflect.New(reflect.TypeOf(want)); try(func() error { return into(v, to.Interface()) }) == nil {
			all = append(all, to.Elem().Interface())
		}
	}
	return all
}

func ergoRefuses(in []byte, into any) bool {
	v, err := column.ErgoDecode(in)
	if err != nil {
		return true
	}
	return ergo.TermIntoStruct(v, reflect.New(reflect.TypeOf(into)).Interface()) != nil
}

func ergoWrite(v any) ([]byte, error) {
	buf := ergolib.TakeBuffer()
	defer ergolib.ReleaseBuffer(buf)
	buf.AppendByte(131)
	err := ergo.Encode(v, buf, ergo.EncodeOptions{FlagBigPidRef: true, FlagBigCreation: true})
	return bytes.Clone(buf.B), err
}

// okeudayRead has no Go types to fill.
func okeudayRead(in []byte, want any) []any {
	v, err := okeuday.BinaryToTerm(in)
	if err != nil {
		return nil
	}
	return []any{v}
}

// okeudayRefuses asks for an error: there is no type to fill that could differ.
func okeudayRefuses(in []byte, into any) bool {
	_, err := okeuday.BinaryToTerm(in)
	return err != nil
}

// patience is how long a check may take. Some encoders never end with some
// values; they are left running until the program ends.
const patience = 5 * time.Second

// try turns a panic into an error, and waiting too.
func try(f func() error) error {
	done := make(chan error, 1)
	go func() {
		defer func() {
			if r := recover(); r != nil {
				done <- fmt.Errorf("panic: %v", r)
			}
		}()
		done <- f()
	}()
	select {
	case err := <-done:
		return err
	case <-time.After(patience):
		return errors.New("it does not end")
	}
}

// same compares Go values, times by the instant and the offset.
func same(a, b any) bool {
	if x, ok := a.(time.Time); ok {
		y, ok := b.(time.Time)
		_, p := x.Zone()
		_, q := y.Zone()
		return ok && x.Equal(y) && p == q
	}
	if x, ok := a.(*big.Int); ok {
		y, ok := b.(*big.Int)
		return ok && x != nil && y != nil && x.Cmp(y) == 0
	}
	return reflect.DeepEqual(a, b)
}

// equal reports whether two encodings are the same term, whatever bytes they have.
func equal(a, b []byte) bool {
	x, err := mode().Decode(a)
	if err != nil {
		return false
	}
	y, err := mode().Decode(b)
	return err == nil && etf.Equal(x, y)
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err) // a mistake in this program
	}
	return v
}

// alike compares what came out of an any with what was put in: integers of all
// types are alike.
func alike(a, b any) bool {
	switch x := a.(type) {
	case uint64:
		n, ok := b.(int64)
		return ok && n >= 0 && uint64(n) == x
	case big.Int:
		return same(&x, b)
	case []any:
		y, ok := b.([]any)
		if !ok || len(x) != len(y) {
			return false
		}
		for i := range x {
			if !alike(x[i], y[i]) {
				return false
			}
		}
		return true
	case map[string]any:
		y, ok := b.(map[string]any)
		if !ok || len(x) != len(y) {
			return false
		}
		for k := range x {
			if !alike(x[k], y[k]) {
				return false
			}
		}
		return true
	case map[any]any:
		y := map[string]any{}
		for k, v := range x {
			s, ok := k.(string)
			if !ok {
				return false
			}
			y[s] = v
		}
		return alike(y, b)
	}
	return same(a, b)
}
