package config

import (
	"encoding"
	"fmt"
	"reflect"
	"strconv"
)

// setDefaults fills the struct that v points to with its defaults, nested
// structs included. A default that does not parse is a mistake in this package.
func setDefaults(v any) {
	s := reflect.ValueOf(v).Elem()
	for i := range s.NumField() {
		f := s.Field(i)
		text, ok := s.Type().Field(i).Tag.Lookup("default")
		switch {
		case ok:
			if err := setText(f, text); err != nil {
				panic(fmt.Sprintf("config: default of %s.%s: %v", s.Type().Name(), s.Type().Field(i).Name, err))
			}
		case f.Kind() == reflect.Struct:
			setDefaults(f.Addr().Interface())
		}
	}
}

func setText(f reflect.Value, text string) error {
	if u, ok := f.Addr().Interface().(encoding.TextUnmarshaler); ok {
		return u.UnmarshalText([]byte(text))
	}
	switch {
	case f.CanInt():
		n, err := strconv.ParseInt(text, 10, 64)
		f.SetInt(n)
		return err
	case f.Kind() == reflect.String:
		f.SetString(text)
		return nil
	}
	return fmt.Errorf("a %s has no default", f.Type())
}

// The elements of lists begin with their defaults, too.

// UnmarshalYAML reads a ledger.
func (l *Ledger) UnmarshalYAML(read func(any) error) error {
	type plain Ledger
	setDefaults(l)
	return read((*plain)(l))
}

// UnmarshalYAML reads an upstream.
func (u *Upstream) UnmarshalYAML(read func(any) error) error {
	type plain Upstream
	setDefaults(u)
	return read((*plain)(u))
}

// UnmarshalYAML reads a listener.
func (l *Listener) UnmarshalYAML(read func(any) error) error {
	type plain Listener
	setDefaults(l)
	return read((*plain)(l))
}
