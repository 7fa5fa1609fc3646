package main

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"time"
)

func TestProgressOfStream(t *testing.T) {
	var out, errs bytes.Buffer
	if code := run([]string{"-progress", "on", "-stream", "1", "testdata/in/rpc.etf"}, nil, &out, &errs); code != exitOK {
		t.Fatal(code, errs.String())
	}
	const first, clear = "\r\x1b[Ktestdata/in/rpc.etf: 114 B of 114 B, 100 %", "\r\x1b[K"
	if got := errs.String(); !strings.HasPrefix(got, first) || !strings.HasSuffix(got, clear) {
		t.Errorf("%q", got)
	}
	if strings.Contains(out.String(), "\x1b") {
		t.Errorf("%q", &out)
	}
}

func TestProgressOfFolder(t *testing.T) {
	var out, errs bytes.Buffer
	run([]string{"-progress", "on", "-summary", "testdata/in"}, nil, &out, &errs)
	if got := errs.String(); !strings.HasPrefix(got, "\r\x1b[K1: testdata/in/closure.etf") {
		t.Errorf("%q", got)
	}
}

// TestProgressIsRare writes a line now and then and at the end, not for each
// read.
func TestProgressIsRare(t *testing.T) {
	var w bytes.Buffer
	p := &progress{w: &w, on: true}
	for i := range int64(100) {
		p.next = time.Now().Add(time.Hour)
		if i == 50 {
			p.next = time.Time{}
		}
		p.bytes("x", i<<20, -1, i == 99)
	}
	if got, want := w.String(), "\r\x1b[Kx: 50.0 MiB\r\x1b[Kx: 99.0 MiB"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestProgressAuto is silent unless somebody watches.
func TestProgressAuto(t *testing.T) {
	f, err := os.Create(t.TempDir() + "/log")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0) // a device, as a terminal is
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	for _, tt := range []struct {
		p    *progress
		want bool
	}{
		{newProgress(f, "auto"), false}, {newProgress(null, "auto"), true}, {newProgress(null, "off"), false},
		{newProgress(f, "on"), true}, {newProgress(&bytes.Buffer{}, "auto"), false},
	} {
		if tt.p.on != tt.want {
			t.Errorf("on is %v, want %v", tt.p.on, tt.want)
		}
	}
}

// TestStdinIsTerminal tells somebody who waits what the program waits for.
func TestStdinIsTerminal(t *testing.T) {
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	var out, errs bytes.Buffer
	if code := run(nil, null, &out, &errs); code != exitRefused || !strings.Contains(errs.String(), "reading a term from stdin") {
		t.Errorf("%d, %s", code, &errs)
	}
}

func TestHuman(t *testing.T) {
	for n, want := range map[int64]string{0: "0 B", 1023: "1023 B", 1024: "1.0 KiB", 3 << 30: "3.0 GiB", 1<<63 - 1: "8.0 EiB"} {
		if got := human(n); got != want {
			t.Errorf("human(%d) is %q, want %q", n, got, want)
		}
	}
}
