package etf

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

// beamTestFS is a release of one-atom modules, each named by its path.
func beamTestFS(paths ...string) fstest.MapFS {
	tree := fstest.MapFS{}
	for _, p := range paths {
		tree[p] = &fstest.MapFile{Data: beamTestForm(beamTestChunk("AtU8", beamTestAtoms(p)))}
	}
	return tree
}

func TestAtomSetFromRelease(t *testing.T) {
	in := []string{"top.beam", "ebin/a.beam", "consolidated/b.beam", "app-1/ebin/c.beam", "lib/app-1.0/ebin/d.beam",
		"lib/app-1.0/ebin/e.beam", "lib/app/consolidated/f.beam", "releases/1.0/consolidated/g.beam", "plugins/p-1/ebin/h.beam"}
	out := []string{"lib/x.beam", "lib/app-1.0/priv/i.beam", "lib/app-1.0/ebin/sub/j.beam", "lib/app-1.0/examples/ebin/k.beam",
		"lib/app-1.0/ebin/l.app", "lib/app-1.0/src/m.erl", "bin/run", "ebin/noext", "ebin/n.beam.bak"}
	tree := beamTestFS(append(in, out...)...)
	for _, p := range out {
		tree[p].Data = []byte("must not be read")
	}
	s, err := AtomSetFromRelease(tree)
	if err != nil {
		t.Fatal(err)
	}
	atomSetSame(t, s, in...)

	// A directory of applications: examples inside them are not on the code path.
	tree = beamTestFS("a-1/ebin/x.beam", "b-1/consolidated/y.beam", "a-1/examples/ebin/no.beam", "lib")
	if s, err = AtomSetFromRelease(tree); err != nil {
		t.Fatal(err)
	}
	atomSetSame(t, s, "a-1/ebin/x.beam", "b-1/consolidated/y.beam")

	// Directories of applications under any name, with and without modules of the root's.
	for _, in := range [][]string{{"plugins/a-1/ebin/x.beam", "plugins/b-1/ebin/y.beam"}, {"plugins/a-1/ebin/x.beam", "ebin/y.beam"}} {
		if s, err = AtomSetFromRelease(beamTestFS(in...)); err != nil {
			t.Fatal(err)
		}
		atomSetSame(t, s, in...)
	}
}

func TestAtomSetFromReleaseNamesTheFile(t *testing.T) {
	for what, tc := range map[string]struct {
		file, want string
		change     func(tree fstest.MapFS)
	}{
		"damaged":   {"lib/a/ebin/bad.beam", "no FOR1", func(tree fstest.MapFS) { tree["lib/a/ebin/bad.beam"] = &fstest.MapFile{Data: []byte("?")} }},
		"no file":   {"lib/a/ebin/dir.beam", "not a regular file", func(tree fstest.MapFS) { tree["lib/a/ebin/dir.beam/x"] = &fstest.MapFile{} }},
		"a pipe":    {"ebin/p.beam", "not a regular file", func(tree fstest.MapFS) { tree["ebin/p.beam"] = &fstest.MapFile{Mode: fs.ModeNamedPipe} }},
		"no zip":    {"lib/a.ez", "not a valid zip", func(tree fstest.MapFS) { tree["lib/a.ez"] = &fstest.MapFile{Data: []byte("?")} }},
		"in a zip":  {"lib/a.ez!a/ebin/x.beam", "no FOR1", func(tree fstest.MapFS) { tree["lib/a.ez"] = &fstest.MapFile{Data: beamTestZip("a/ebin/x.beam", "?")} }},
		"bad entry": {"lib/a.ez!a/ebin/x.beam", "unsupported", func(tree fstest.MapFS) { tree["lib/a.ez"] = &fstest.MapFile{Data: beamTestBadZip()} }},
	} {
		tree := beamTestFS("lib/a/ebin/good.beam")
		tc.change(tree)
		s, err := AtomSetFromRelease(tree)
		var e *AtomSetError
		if !errors.As(err, &e) || e.File != tc.file || s != nil || !strings.Contains(err.Error(), tc.want) || !strings.Contains(err.Error(), tc.file) {
			t.Errorf("%s: %v", what, err)
		}
	}
	for what, tree := range map[string]fs.FS{"empty": fstest.MapFS{}, "no modules": fstest.MapFS{"lib/a/ebin/a.app": {}}, "too deep": beamTestFS("a/b/c/ebin/x.beam")} {
		if _, err := AtomSetFromRelease(tree); err == nil || !strings.Contains(err.Error(), "no compiled module") {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// beamTestBroken fails on one operation with one path.
type beamTestBroken struct {
	fstest.MapFS
	op, path string
}

var errBeamTestBroken = errors.New("disk on fire")

func (f beamTestBroken) Open(name string) (fs.File, error) {
	if f.op == "open" && name == f.path {
		return nil, errBeamTestBroken
	}
	return f.MapFS.Open(name)
}

func (f beamTestBroken) ReadDir(name string) ([]fs.DirEntry, error) {
	if f.op == "readdir" && name == f.path {
		return nil, errBeamTestBroken
	}
	return f.MapFS.ReadDir(name)
}

func (f beamTestBroken) Stat(name string) (fs.FileInfo, error) {
	if f.op == "stat" && name == f.path {
		return nil, errBeamTestBroken
	}
	return f.MapFS.Stat(name)
}

// beamTestSecond fails the second time a directory is read: the root is read
// for its modules, then for its directories.
type beamTestSecond struct {
	fstest.MapFS
	times *int
}

func (f beamTestSecond) ReadDir(name string) ([]fs.DirEntry, error) {
	if *f.times++; *f.times == 2 {
		return nil, errBeamTestBroken
	}
	return f.MapFS.ReadDir(name)
}

func TestAtomSetFromReleaseReportsTheFileSystem(t *testing.T) {
	tree := beamTestFS("lib/a/ebin/x.beam")
	tree["lib/a.ez"] = &fstest.MapFile{Data: beamTestZip("a/ebin/y.beam", "")}
	for _, f := range []beamTestBroken{
		{tree, "readdir", "."}, {tree, "readdir", "lib"}, {tree, "readdir", "lib/a/ebin"},
		{tree, "open", "lib/a/ebin/x.beam"}, {tree, "stat", "lib/a/ebin/x.beam"}, {tree, "open", "lib/a.ez"},
	} {
		var e *AtomSetError
		if _, err := AtomSetFromRelease(f); !errors.Is(err, errBeamTestBroken) || !errors.As(err, &e) || e.File != f.path {
			t.Errorf("%s of %s: %v", f.op, f.path, err)
		}
	}
	if _, err := AtomSetFromRelease(beamTestSecond{tree, new(int)}); !errors.Is(err, errBeamTestBroken) {
		t.Errorf("second reading of the root: %v", err)
	}
}

// beamTestZip is an archive of pairs of name and content.
func beamTestZip(members ...string) []byte {
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for i := 0; i < len(members); i += 2 {
		f, _ := w.Create(members[i])
		io.WriteString(f, members[i+1])
	}
	w.Close()
	return out.Bytes()
}

// beamTestBadZip holds a module packed in a way nobody knows.
func beamTestBadZip() []byte {
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	f, _ := w.CreateRaw(&zip.FileHeader{Name: "a/ebin/x.beam", Method: 99})
	io.WriteString(f, "?")
	w.Close()
	return out.Bytes()
}

func TestAtomSetFromReleaseArchive(t *testing.T) {
	module := func(atom string) string { return string(beamTestForm(beamTestChunk("AtU8", beamTestAtoms(atom)))) }
	tree := fstest.MapFS{"lib/a-1.ez": {Data: beamTestZip(
		"a-1/ebin/x.beam", module("in_archive"), "ebin/y.beam", module("no_app_dir"), "a-1/ebin/z.beam", string(beamTestGzip([]byte(module("gzipped")))),
		"a-1/ebin/a.app", "no module", "a-1/priv/p.beam", "no module", "x/a-1/ebin/p.beam", "too deep", "t.beam", "no code directory")}}
	s, err := AtomSetFromRelease(tree)
	if err != nil {
		t.Fatal(err)
	}
	atomSetSame(t, s, "in_archive", "no_app_dir", "gzipped")

	// An archive and what is in it count: the same bytes may be listed often.
	size := int64(len(tree["lib/a-1.ez"].Data))
	c := newBeamCollector()
	c.left = size + 10
	if err := c.release(tree); err == nil || !strings.Contains(err.Error(), `"lib/a-1.ez!a-1/ebin/x.beam": the release is larger`) {
		t.Error(err)
	}
	c = newBeamCollector()
	c.maxFile = size - 1
	if err := c.release(tree); err == nil || !strings.Contains(err.Error(), "more than") {
		t.Error(err)
	}
}

func TestAtomSetFromReleaseFollowsLinks(t *testing.T) {
	dir := t.TempDir()
	write := func(p string, data []byte) {
		t.Helper()
		p = filepath.Join(dir, filepath.FromSlash(p))
		if err := os.MkdirAll(filepath.Dir(p), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("build/app/ebin/x.beam", beamTestForm(beamTestChunk("AtU8", beamTestAtoms("linked"))))
	write("rel/lib/own/ebin/y.beam", beamTestForm(beamTestChunk("AtU8", beamTestAtoms("own"))))
	for link, to := range map[string]string{"rel/lib/app": "../../build/app", "rel/lib/round": "../lib", "rel/lib/gone": "../nowhere"} {
		if err := os.Symlink(to, filepath.Join(dir, filepath.FromSlash(link))); err != nil {
			t.Skip("no symbolic links here: ", err)
		}
	}
	s, err := AtomSetFromRelease(os.DirFS(filepath.Join(dir, "rel")))
	if err != nil {
		t.Fatal(err)
	}
	atomSetSame(t, s, "linked", "own")
}
