package harness

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// identities are the tags whose value is an object of named fields, with the
// fields.
var identities = map[string][]string{
	"pid":       {"creation", "id", "node", "serial"},
	"port":      {"creation", "id", "node"},
	"reference": {"creation", "ids", "node"},
	"export":    {"arity", "function", "module"},
	"fun":       {"arity", "creator", "free", "index", "module", "old_index", "old_uniq", "uniq"},
}

// normIdentity reads pids, ports, references and funs: all fields, no others.
func normIdentity(tag string, o map[string]any) (string, error) {
	fields, ok := identities[tag]
	if !ok || !has(o, fields...) {
		return "", fmt.Errorf("%w: tag %.40q", errValue, tag)
	}
	parts := []string{tag}
	for _, name := range fields {
		part, err := normField(name, o[name])
		if err != nil {
			return "", fmt.Errorf("%w of %s", err, tag)
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, ";"), nil
}

// normField reads a field by its name: names are plain strings here, and only
// the creator and the free variables of a fun are terms.
func normField(name string, v any) (string, error) {
	bad := fmt.Errorf("%w: field %s", errValue, name)
	switch name {
	case "node", "module", "function", "uniq":
		if s, ok := v.(string); ok {
			return strconv.Quote(s), nil
		}
		return "", bad
	case "creator":
		return norm(v)
	case "free":
		if all, ok := v.([]any); ok {
			return normAll("free", all)
		}
		return "", bad
	case "ids":
		return normWords(v)
	}
	// A number, or one with a tag since it is large.
	part, err := norm(v)
	if err != nil || !isInteger(part) {
		return "", bad
	}
	return part, nil
}

// normWords reads the words of a reference. Zeros at the end carry nothing: a
// BEAM compares references as if all had them.
func normWords(v any) (string, error) {
	all, ok := v.([]any)
	if !ok || slices.ContainsFunc(all, func(v any) bool { _, ok := v.(json.Number); return !ok }) {
		return "", fmt.Errorf("%w: field ids", errValue)
	}
	for len(all) > 1 && all[len(all)-1] == json.Number("0") {
		all = all[:len(all)-1]
	}
	return normAll("ids", all)
}

// isInteger tells whether a normal text is that of an integer: no other starts
// with a sign or a digit.
func isInteger(text string) bool {
	return text[0] == '-' || text[0] >= '0' && text[0] <= '9'
}
