package harness

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
)

// WriteTable writes the counts of every class for people.
func (r *Report) WriteTable(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	head := []string{"class", "cases"}
	for _, o := range Outcomes() {
		head = append(head, strings.ReplaceAll(string(o), "_", " "))
	}
	fmt.Fprintln(t, strings.Join(append(head, "skipped"), "\t")+"\t")
	for _, c := range append(r.Classes[:len(r.Classes):len(r.Classes)], r.Total) {
		row := []string{c.Class, strconv.Itoa(c.Cases)}
		for _, o := range Outcomes() {
			row = append(row, strconv.Itoa(c.Outcomes[o]))
		}
		fmt.Fprintln(t, strings.Join(append(row, strconv.Itoa(c.Skipped)), "\t")+"\t")
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, note := range r.notes() {
		if _, err := fmt.Fprintln(w, note); err != nil {
			return err
		}
	}
	return nil
}

// notes are what the table does not show and should not hide.
func (r *Report) notes() []string {
	notes := r.doubts()
	add := func(n int, format string) {
		if n > 0 {
			notes = append(notes, fmt.Sprintf(format, n))
		}
	}
	add(r.Total.UsedUntold, "not told: how many bytes the term took, in %d accepted cases")
	add(r.Total.ValueUntold, "not told: the value, or not in a form that can be compared, in %d accepted cases")
	add(r.Total.NoReference, "not run: %d cases that this reference says nothing about")
	add(r.Unrepeated, "the program died, or hung, %d times of a payload that it survived alone: see what it keeps between payloads, or how busy the machine is")
	return notes
}

// doubts are what makes it doubtful that the decoder was asked at all.
func (r *Report) doubts() []string {
	var doubts []string
	switch {
	case r.Accepted == 0 && r.Total.Outcomes[FalseRefuse] > 0:
		why := r.EmptyListRefused
		if why == "" || why == unsaid {
			i := slices.IndexFunc(r.Disagreements, func(d Disagreement) bool { return d.Outcome == FalseRefuse })
			why = r.Disagreements[i].Detail
		}
		if why == "" {
			doubts = append(doubts, "accepted nothing; "+unsaid)
		} else {
			doubts = append(doubts, "accepted nothing; the first refusal says: "+why)
		}
	case r.EmptyListRefused != "":
		doubts = append(doubts, "refused the empty list, 131 106, which it was given first: "+r.EmptyListRefused)
	}
	if !r.Packet && r.Accepted == r.Total.Cases && r.Told == 0 {
		doubts = append(doubts, fmt.Sprintf("accepted all %d cases without output: does it read its input?", r.Total.Cases))
	}
	return doubts
}

// WriteList writes a line for each disagreement.
func (r *Report) WriteList(w io.Writer) error {
	for _, d := range r.Disagreements {
		line := string(d.Outcome) + "  " + d.ID
		if d.Rule != "" {
			line += ": " + d.Rule
		}
		if d.Detail != "" {
			line += " (" + d.Detail + ")"
		}
		if _, err := fmt.Fprintln(w, line); err != nil {
			return err
		}
	}
	return nil
}

// WriteJSON writes the report for programs.
func (r *Report) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", " ")
	return e.Encode(r)
}
