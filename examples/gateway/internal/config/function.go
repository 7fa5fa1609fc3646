package config

import (
	"errors"
	"strconv"
	"strings"
)

// Function is one function, or several, of a node.
type Function struct {
	Module string
	Name   string // "*" for any
	Arity  int    // -1 for any
}

// ParseFunction reads Mod:Fun/Arity, with * for any Fun or Arity.
func ParseFunction(text string) (Function, error) {
	module, rest, ok1 := strings.Cut(text, ":")
	name, arity, ok2 := strings.Cut(rest, "/")
	f := Function{Module: module, Name: name, Arity: -1}
	if !ok1 || !ok2 || module == "" || module == "*" || name == "" {
		return f, errors.New("is not of the form Mod:Fun/Arity")
	}
	if arity == "*" {
		return f, nil
	}
	n, err := strconv.Atoi(arity)
	if err != nil || n < 0 || n > 255 {
		return f, errors.New("has no arity from 0 to 255, or *, behind its /")
	}
	f.Arity = n
	return f, nil
}

// Matches reports whether a call of this function is meant.
func (f Function) Matches(module, name string, arity int) bool {
	return f.Module == module && (f.Name == "*" || f.Name == name) && (f.Arity < 0 || f.Arity == arity)
}
