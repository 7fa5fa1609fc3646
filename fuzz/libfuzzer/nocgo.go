//go:build !cgo

package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "libfuzzer: built without cgo, which is what it is for")
	os.Exit(2)
}
