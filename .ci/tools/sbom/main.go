// Command sbom writes a software bill of materials, CycloneDX 1.5 in JSON, of
// compiled Go programs. It reads what the linker recorded in them, so it lists
// what is inside and not what a go.mod might ask for. The same programs give
// the same bytes: no time, no random serial number, no path of the machine.
//
//	sbom dir…
//
// Each dir is searched for Go programs; they are named by their path in it.
package main

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
)

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: sbom dir...")
		os.Exit(2)
	}
	if err := run(os.Stdout, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "sbom:", err)
		os.Exit(1)
	}
}

// program is one executable and what was recorded in it.
type program struct {
	name   string
	sha256 string
	info   *debug.BuildInfo
}

func run(w io.Writer, dirs []string) error {
	var programs []program
	for _, dir := range dirs {
		found, err := scan(dir)
		if err != nil {
			return err
		}
		programs = append(programs, found...)
	}
	if len(programs) == 0 {
		return errors.New("no Go programs found")
	}
	out, err := json.MarshalIndent(document(programs), "", "  ")
	if err != nil {
		return err
	}
	_, err = w.Write(append(out, '\n'))
	return err
}

func scan(dir string) ([]program, error) {
	var found []program
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		info, err := buildinfo.Read(bytes.NewReader(data))
		if err != nil {
			return nil // no Go program
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(data)
		found = append(found, program{filepath.ToSlash(name), hex.EncodeToString(sum[:]), info})
		return nil
	})
	return found, err
}

// The parts of CycloneDX 1.5 that are used.
type (
	bom struct {
		Format       string       `json:"bomFormat"`
		Spec         string       `json:"specVersion"`
		Version      int          `json:"version"`
		Components   []component  `json:"components"`
		Dependencies []dependency `json:"dependencies"`
	}
	component struct {
		Type       string     `json:"type"`
		Ref        string     `json:"bom-ref"`
		Name       string     `json:"name"`
		Version    string     `json:"version,omitempty"`
		Hashes     []hash     `json:"hashes,omitempty"`
		PURL       string     `json:"purl,omitempty"`
		Properties []property `json:"properties,omitempty"`
	}
	hash struct {
		Alg     string `json:"alg"`
		Content string `json:"content"`
	}
	property struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	}
	dependency struct {
		Ref       string   `json:"ref"`
		DependsOn []string `json:"dependsOn"`
	}
)

// document lists the programs and the modules in them, each module once.
func document(programs []program) bom {
	slices.SortFunc(programs, func(a, b program) int { return cmp.Compare(a.name, b.name) })
	b := bom{Format: "CycloneDX", Spec: "1.5", Version: 1}
	modules := map[string]component{}
	for _, p := range programs {
		app := component{
			Type: "application", Ref: "program:" + p.name, Name: p.name, Version: p.info.Main.Version,
			Hashes:     []hash{{"SHA-256", p.sha256}},
			Properties: []property{{"go:package", p.info.Path}},
		}
		for _, s := range p.info.Settings {
			app.Properties = append(app.Properties, property{"go:build:" + s.Key, s.Value})
		}
		inside := []component{standard(p.info.GoVersion)}
		if p.info.Main.Path != "" {
			inside = append(inside, module(&p.info.Main))
		}
		for _, d := range p.info.Deps {
			inside = append(inside, module(d))
		}
		dep := dependency{Ref: app.Ref}
		for _, m := range inside {
			modules[m.Ref] = m
			dep.DependsOn = append(dep.DependsOn, m.Ref)
		}
		slices.Sort(dep.DependsOn)
		dep.DependsOn = slices.Compact(dep.DependsOn)
		b.Components = append(b.Components, app)
		b.Dependencies = append(b.Dependencies, dep)
	}
	for _, ref := range slices.Sorted(maps.Keys(modules)) {
		b.Components = append(b.Components, modules[ref])
	}
	return b
}

// standard is the standard library, which is of the compiler's version.
func standard(version string) component {
	ref := "pkg:golang/std@" + version
	return component{Type: "library", Ref: ref, Name: "std", Version: version, PURL: ref}
}

func module(m *debug.Module) component {
	c := component{Type: "library", Name: m.Path, Version: m.Version}
	if m.Sum != "" {
		c.Properties = append(c.Properties, property{"go:sum", m.Sum})
	}
	if r := m.Replace; r != nil {
		c.Properties = append(c.Properties, property{"go:replaced-by", r.Path + "@" + r.Version})
		if r.Sum != "" {
			c.Properties = append(c.Properties, property{"go:replaced-by:sum", r.Sum})
		}
	}
	c.PURL = "pkg:golang/" + m.Path
	if m.Version != "" {
		c.PURL += "@" + m.Version
	}
	c.Ref = c.PURL
	return c
}
