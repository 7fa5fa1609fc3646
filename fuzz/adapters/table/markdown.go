package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/beamgate/beamgate/fuzz/adapters"
	"github.com/beamgate/beamgate/fuzz/conformance/harness"
)

// The markers stand on lines of their own.
const (
	begin = "<!-- conformance table: begin, made by make conformance -->\n"
	end   = "<!-- conformance table: end -->\n"
)

const head = "| decoder | held against | class | cases | agree | false accept | false refuse | crash | hang | memory | wrong used | wrong value | value not told |\n" +
	"|---|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n"

// rows are the lines of one decoder, a class each.
func rows(a adapters.Adapter, r *harness.Report) string {
	var b strings.Builder
	for _, t := range r.Classes {
		fmt.Fprintf(&b, "| %s | %s | %s | %d ", a.Name, a.Against, t.Class, t.Cases)
		for _, o := range harness.Outcomes() {
			fmt.Fprintf(&b, "| %d ", t.Outcomes[o])
		}
		fmt.Fprintf(&b, "| %d |\n", t.ValueUntold)
	}
	return b.String()
}

// between returns what stands before, between and behind the markers.
func between(text string) (before, table, behind string, err error) {
	before, rest, ok := strings.Cut(text, begin)
	table, behind, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		return "", "", "", fmt.Errorf("the markers are not there: %q and %q", begin, end)
	}
	return before, strings.Trim(table, "\n") + "\n", behind, nil
}

// rewrite puts the table between the markers of a file.
func rewrite(file, table string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	before, _, behind, err := between(string(text))
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return os.WriteFile(file, []byte(before+begin+"\n"+table+"\n"+end+behind), 0o644)
}
