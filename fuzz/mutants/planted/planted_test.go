package main

import (
	"strings"
	"testing"
)

// TestPlaces: each bug has its place in the source, and each class of the list
// has one.
func TestPlaces(t *testing.T) {
	files, err := patch("../../..")
	if err != nil {
		t.Fatal(err)
	}
	names, classes := map[string]bool{}, map[string]bool{}
	for _, b := range bugs {
		if names[b.name] {
			t.Errorf("two bugs are called %s", b.name)
		}
		names[b.name], classes[b.class] = true, true
		if !strings.Contains(b.new, `("`+b.name+`"`) {
			t.Errorf("%s does not ask whether it is planted: %s", b.name, b.new)
		}
		if !strings.Contains(string(files[b.file]), `("`+b.name+`"`) {
			t.Errorf("%s is not in %s", b.name, b.file)
		}
	}
	if len(classes) != 7 {
		t.Errorf("%d classes of bugs: %v", len(classes), classes)
	}
}

// TestPlantFailsLoudly: a place that is gone, or there twice, is an error.
func TestPlantFailsLoudly(t *testing.T) {
	b := bug{name: "x", old: "a < b", new: "a <= b"}
	if got, err := plant("if a < b {", []bug{b}); err != nil || got != "if a <= b {" {
		t.Errorf("%q, %v", got, err)
	}
	for _, text := range []string{"", "if a > b {", "a < b; a < b"} {
		if got, err := plant(text, []bug{b}); err == nil {
			t.Errorf("%q: %q without an error", text, got)
		}
	}
	if _, err := plant("if a < b {", []bug{b, b}); err == nil {
		t.Error("two bugs in one place without an error")
	}
}
