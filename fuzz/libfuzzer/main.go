// Libfuzzer is the entry for engines that drive a C function: libFuzzer, and what
// OSS-Fuzz and ClusterFuzzLite run with its interface. It is built as an archive
// and linked with the engine; .clusterfuzzlite/build.sh does both.
//
// An input is a payload with two bytes in front: how the payload is made of the
// rest, and who it is for. It is checked as FuzzAgree of package targets checks
// it: all drivers against each other and against the naive decoder.
package main

// #include <stddef.h>
// #include <stdint.h>
import "C"

import (
	"fmt"
	"sync"
	"unsafe"

	"github.com/beamgate/beamgate/fuzz/targets"
)

var engine = sync.OnceValues(targets.NewEngine)

// LLVMFuzzerTestOneInput is the name that the engines call. What panics is saved
// by them as a crash.
//
//export LLVMFuzzerTestOneInput
func LLVMFuzzerTestOneInput(data *C.uint8_t, size C.size_t) C.int {
	e, err := engine()
	if err != nil {
		panic(err)
	}
	if dis := e.Try(unsafe.Slice((*byte)(data), int(size))); dis != nil {
		panic(fmt.Sprint(dis))
	}
	return 0
}

func main() {}
