package config

import (
	"fmt"
	"io"
	"reflect"
	"strings"
)

// Reference writes a table of every key, in Markdown, from the tags of the types.
func Reference(w io.Writer) error {
	var b strings.Builder
	b.WriteString("| key | default | unit | what it does | the attack it stops |\n|---|---|---|---|---|\n")
	keys(&b, "", reflect.TypeFor[File]())
	_, err := io.WriteString(w, b.String())
	return err
}

func keys(b *strings.Builder, at string, t reflect.Type) {
	for i := range t.NumField() {
		f := t.Field(i)
		key := at + f.Tag.Get("yaml")
		inner := f.Type
		suffix := ""
		if inner.Kind() == reflect.Pointer || inner.Kind() == reflect.Slice {
			if inner.Kind() == reflect.Slice && inner.Elem().Kind() == reflect.Struct {
				suffix = "[]"
			}
			inner = inner.Elem()
		}
		def := f.Tag.Get("default")
		if def != "" {
			def = "`" + def + "`"
		}
		switch needs := f.Tag.Get("needs"); needs {
		case "":
		case "yes":
			def = "**required**"
		default:
			def = "**required** " + needs
		}
		cells := []string{"`" + key + suffix + "`", def, f.Tag.Get("unit"), f.Tag.Get("doc"), f.Tag.Get("stops")}
		for i, c := range cells {
			cells[i] = strings.ReplaceAll(c, "|", "\\|")
		}
		fmt.Fprintf(b, "| %s |\n", strings.Join(cells, " | "))
		if inner.Kind() == reflect.Struct && inner != reflect.TypeFor[Duration]() && inner != reflect.TypeFor[Range]() {
			keys(b, key+suffix+".", inner)
		}
	}
}
