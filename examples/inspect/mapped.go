package main

import (
	"fmt"
	"runtime/debug"

	"golang.org/x/exp/mmap"
)

// mapped is a file that is read through the page cache without a copy on the
// heap.
type mapped struct{ *mmap.ReaderAt }

func openMapped(path string) (mapped, error) {
	m, err := mmap.Open(path)
	return mapped{m}, err
}

// ReadAt implements io.ReaderAt. Where somebody has cut the file short since it
// was opened, the processor faults: that would end the program, and is made an
// error.
func (m mapped) ReadAt(p []byte, off int64) (n int, err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		switch r := recover().(type) {
		case nil:
		case interface{ Addr() uintptr }:
			n, err = 0, fmt.Errorf("the file changed while it was read: %v", r)
		default:
			panic(r)
		}
	}()
	return m.ReaderAt.ReadAt(p, off)
}
