package main

import (
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// sparse writes a list of one binary of n zeros that takes no room on the disk.
func sparse(t *testing.T, n int64) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "sparse.etf")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString("\x83l\x00\x00\x00\x01m" + string([]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)})); err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt([]byte("j"), 11+n); err != nil {
		t.Fatal(err)
	}
	return name
}

// TestHugeFile reads a file larger than 2 GiB with a small heap.
func TestHugeFile(t *testing.T) {
	size := int64(1<<31 + 1<<20)
	if testing.Short() {
		size = 64 << 20
	}
	name := sparse(t, size)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	r := inspect(t, "", "-limit", "bytes=NoLimit", "-limit", "blob=NoLimit", "-limit", "heapwords=NoLimit", "-json", name)
	runtime.ReadMemStats(&after)
	r.want(t, exitOK, `"verdict":"accepted"`, "")
	if got := after.TotalAlloc - before.TotalAlloc; got > 4<<20 {
		t.Errorf("%d bytes allocated for %d of input", got, size)
	}
	inspect(t, "", "-safe", name).want(t, exitRefused, "code    limit_bytes\n", "")
}

// TestFileCutShort takes the pages away from under a reader.
func TestFileCutShort(t *testing.T) {
	name := sparse(t, 1<<20)
	m, err := openMapped(name)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	r := io.NewSectionReader(m, 0, int64(m.Len()))
	b := make([]byte, 100)
	if _, err := io.ReadFull(r, b); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(name, 10); err != nil {
		t.Fatal(err)
	}
	if n, err := r.ReadAt(b, 1<<19); n != 0 || err == nil || !strings.Contains(err.Error(), "changed") {
		t.Errorf("%d, %v", n, err)
	}
}

func TestMappedPanicsElse(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a nil pointer was taken for a short file")
		}
	}()
	mapped{}.ReadAt(nil, 0)
}
