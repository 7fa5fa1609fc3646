package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"math"
	"os"
	"path/filepath"
	"strings"
)

// input is something to inspect.
type input struct {
	name string
	path string // of a file
	text string // of -e
	std  bool   // stdin
}

// inputs returns what the command line names, folders file by file. An error is
// about one input, and others follow.
func (j *job) inputs() iter.Seq2[input, error] {
	return func(yield func(input, error) bool) {
		for i, text := range j.literals {
			if !yield(input{name: fmt.Sprintf("-e #%d", i+1), text: text}, nil) {
				return
			}
		}
		paths := j.paths
		if len(paths) == 0 && len(j.literals) == 0 {
			paths = []string{"-"}
		}
		for _, p := range paths {
			if p == "-" {
				if !yield(input{name: "stdin", std: true}, nil) {
					return
				}
			} else if !j.walk(p, yield) {
				return
			}
		}
	}
}

// walk yields a file, or the regular files of a folder and all below it that
// match, without hidden ones. A folder without such a file is an error: whoever waits for
// the exit status would take nothing for nothing refused.
func (j *job) walk(root string, yield func(input, error) bool) bool {
	if info, err := os.Stat(root); err == nil && info.IsDir() {
		root += string(filepath.Separator) // follows a symbolic link
	}
	goOn, found := true, false
	filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
		case path == root && !d.IsDir(): // as named, a symbolic link or a pipe too
		case path != root && strings.HasPrefix(d.Name(), "."):
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		case d.IsDir():
			return nil
		default:
			if match, _ := filepath.Match(j.match, d.Name()); !match || !d.Type().IsRegular() {
				return nil
			}
		}
		found = true
		if goOn = yield(input{name: path, path: path}, err); !goOn {
			return fs.SkipAll
		}
		return nil
	})
	if !found {
		return yield(input{name: root}, fmt.Errorf("no file there matches %s", j.match))
	}
	return goOn
}

// source is an open input.
type source struct {
	data  []byte           // all of it, unless it is large
	large func() io.Reader // a large one from its start
	again bool             // large may be called more than once
	size  int64            // of a large one, -1 if not known
	close func() error
}

func noClose() error { return nil }

// open gets an input into memory, or ready to be streamed if it is large.
func (j *job) open(in input) (*source, error) {
	switch {
	case in.std:
		if terminal(j.stdin) {
			fmt.Fprintln(j.stderr, "inspect: reading a term from stdin; -help says what else there is")
		}
		return j.load(j.stdin)
	case in.path == "":
		b, err := j.literal(in.text)
		return &source{data: b, close: noClose}, err
	}
	info, err := os.Stat(in.path)
	switch {
	case err != nil:
		return nil, err
	case info.Mode().IsRegular() && info.Size() > j.large:
		return j.openMapped(in.path)
	}
	f, err := os.Open(in.path)
	if err != nil {
		return nil, err
	}
	s, err := j.load(f)
	if err != nil || s.large == nil {
		return s, errors.Join(err, f.Close())
	}
	s.close = f.Close
	return s, nil
}

// load reads r if it is small, and else keeps what was read for a stream.
func (j *job) load(r io.Reader) (*source, error) {
	r = j.decode(r)
	b, err := io.ReadAll(io.LimitReader(r, min(j.large, math.MaxInt64-1)+1))
	if err != nil {
		return nil, err
	}
	s := &source{data: b, size: -1, close: noClose}
	if int64(len(b)) > j.large {
		s.data = nil
		s.large = func() io.Reader { return io.MultiReader(bytes.NewReader(b), r) }
	}
	return s, nil
}

// openMapped maps a large file, so that its pages are the kernel's to keep or to
// drop.
func (j *job) openMapped(path string) (*source, error) {
	m, err := openMapped(path)
	if err != nil {
		return nil, err
	}
	s := &source{again: true, size: int64(m.Len()), close: m.Close}
	s.large = func() io.Reader { return j.decode(io.NewSectionReader(m, 0, int64(m.Len()))) }
	if j.hex || j.base64 {
		s.size = -1
	}
	return s, nil
}
