package etf

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"io/fs"
	"path"
	"strings"
)

// beamMaxDepth is how many directories stand above a code directory of a
// release: lib/app-1.0/ebin, releases/1.0/consolidated.
const beamMaxDepth = 2

// AtomSetFromRelease returns the atoms that exist once every module of a
// release is loaded, as a node in embedded mode does at its start.
//
// It reads the *.beam files in lib/*/ebin of a release, of an installation of
// Erlang or Elixir or of a _build/prod, in lib/*/consolidated and
// releases/*/consolidated (Elixir's protocols), and ebin/*.beam in archives
// (lib/*.ez). Other names than lib and releases do as well, as RabbitMQ's plugins.
// The root may itself be such a directory of applications, or one application,
// or one directory of modules: where an application stands in it, folders two steps
// down are examples and tests. Symbolic links are followed as far as fsys allows.
//
// What ReadBeamAtoms says of a module holds for each. A file that cannot be
// read whole is an error that names it, since a set with holes refuses honest
// terms in production; a tree without any module is an error too.
//
// Not in a release's modules, and so not in the set, are the atoms compiled
// into the emulator (some 700 that no module of OTP 25 names), those of
// modules preloaded from elsewhere, of .app files, boot scripts and
// configuration, and those the program makes at run time. Join them with
// Union, from names or from a dump (see ReadAtomSet), or let an allowance of
// new names take them.
//
// A release may take 2 GiB, unpacked, of which a file at most 64 MiB; the set
// at most 4 Mi names in 64 MiB.
func AtomSetFromRelease(fsys fs.FS) (*AtomSet, error) {
	c := newBeamCollector()
	if err := c.release(fsys); err != nil {
		return nil, err
	}
	return c.set(), nil
}

// release adds every module of a tree.
func (c *beamCollector) release(fsys fs.FS) error {
	if err := c.modulesIn(fsys, "."); err != nil {
		return err
	}
	depth := beamMaxDepth
	if info, err := fs.Stat(fsys, "lib"); err != nil || !info.IsDir() {
		if apps, _ := fs.Glob(fsys, "*/ebin"); len(apps) > 0 {
			depth-- // a lib itself
		}
	}
	if err := c.tree(fsys, ".", depth); err != nil {
		return err
	}
	if c.modules == 0 {
		return &AtomSetError{Err: errors.New("no compiled module: is this the root of a release?")}
	}
	return nil
}

// tree looks for code directories and archives. The depth ends it, also where
// links make a circle.
func (c *beamCollector) tree(fsys fs.FS, dir string, depth int) error {
	entries, err := fs.ReadDir(fsys, dir)
	if err != nil {
		return &AtomSetError{File: dir, Err: err}
	}
	for _, entry := range entries {
		name := path.Join(dir, entry.Name())
		switch isDir := beamIsDir(fsys, name, entry); {
		case isDir && (entry.Name() == "ebin" || entry.Name() == "consolidated"):
			err = c.modulesIn(fsys, name)
		case isDir && depth > 0:
			err = c.tree(fsys, name, depth-1)
		case !isDir && path.Ext(name) == ".ez":
			err = c.read(fsys, name, c.archive)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// beamIsDir reports whether an entry is a directory or a link to one. A link
// to nowhere is not: old builds are full of them.
func beamIsDir(fsys fs.FS, name string, entry fs.DirEntry) bool {
	if entry.Type()&fs.ModeSymlink == 0 {
		return entry.IsDir()
	}
	info, err := fs.Stat(fsys, name)
	return err == nil && info.IsDir()
}

// modulesIn adds every module of one directory.
func (c *beamCollector) modulesIn(fsys fs.FS, dir string) error {
	entries, err := fs.ReadDir(fsys, dir)
	if err != nil {
		return &AtomSetError{File: dir, Err: err}
	}
	for _, entry := range entries {
		if path.Ext(entry.Name()) != ".beam" {
			continue
		}
		if err := c.read(fsys, path.Join(dir, entry.Name()), c.oneModule); err != nil {
			return err
		}
	}
	return nil
}

// read opens one file for use and puts its name on the error. It asks first
// what the file is, for opening a named pipe would wait for ever.
func (c *beamCollector) read(fsys fs.FS, name string, use func(name string, r io.Reader) error) error {
	info, err := fs.Stat(fsys, name)
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("not a regular file")
	}
	if err != nil {
		return &AtomSetError{File: name, Err: err}
	}
	f, err := fsys.Open(name)
	if err != nil {
		return &AtomSetError{File: name, Err: err}
	}
	defer f.Close()
	return use(name, f)
}

// oneModule adds one file's module.
func (c *beamCollector) oneModule(name string, r io.Reader) error {
	if err := c.module(r); err != nil {
		return &AtomSetError{File: name, Err: err}
	}
	return nil
}

// archive adds the modules of a zip archive, app-1.0/ebin/*.beam inside.
func (c *beamCollector) archive(name string, r io.Reader) error {
	var data bytes.Buffer
	if err := c.fill(&data, r, c.maxFile); err != nil {
		return &AtomSetError{File: name, Err: err}
	}
	z, err := zip.NewReader(bytes.NewReader(data.Bytes()), int64(data.Len()))
	if err != nil {
		return &AtomSetError{File: name, Err: err}
	}
	for _, member := range z.File {
		dir := path.Base(path.Dir(member.Name))
		if path.Ext(member.Name) != ".beam" || dir != "ebin" || strings.Count(member.Name, "/") > beamMaxDepth {
			continue
		}
		f, err := member.Open()
		if err == nil {
			err = c.module(f)
			f.Close()
		}
		if err != nil {
			return &AtomSetError{File: name + "!" + member.Name, Err: err}
		}
	}
	return nil
}
