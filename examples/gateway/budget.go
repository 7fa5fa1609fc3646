package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/beamgate/beamgate/examples/gateway/internal/admin"
)

const budgetUsage = `usage: gateway budget [flags] show
       gateway budget [flags] grant LEDGER N REASON
       gateway budget [flags] reset LEDGER REASON
`

// budget asks the running gateway, which alone owns the files of its ledgers.
func budget(args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("budget", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() { fmt.Fprint(stderr, budgetUsage); flags.PrintDefaults() }
	addr := flags.String("admin", "127.0.0.1:9180", "address of the admin listener")
	token := flags.String("token-file", "", "file with the token, for grant and reset")
	if flags.Parse(args) != nil {
		return 2
	}
	args = flags.Args()
	o := operator{base: "http://" + *addr + "/v1/budgets", tokenFile: *token, out: stdout}
	var err error
	switch {
	case len(args) == 1 && args[0] == "show":
		err = o.show()
	case len(args) == 4 && args[0] == "grant":
		err = o.change(args[1], "grant", url.Values{"n": {args[2]}, "reason": {args[3]}})
	case len(args) == 3 && args[0] == "reset":
		err = o.change(args[1], "reset", url.Values{"reason": {args[2]}})
	default:
		flags.Usage()
		return 2
	}
	if err != nil {
		fmt.Fprintln(stderr, "gateway budget:", err)
		return 1
	}
	return 0
}

type operator struct {
	base, tokenFile string
	out             io.Writer
}

func (o operator) show() error {
	var list []admin.Budget
	if err := o.do("GET", o.base, "", &list); err != nil {
		return err
	}
	return o.print(list...)
}

func (o operator) change(name, what string, form url.Values) error {
	var b admin.Budget
	if err := o.do("POST", o.base+"/"+url.PathEscape(name)+"/"+what, form.Encode(), &b); err != nil {
		return err
	}
	return o.print(b)
}

func (o operator) print(list ...admin.Budget) error {
	w := tabwriter.NewWriter(o.out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "ledger\tmax\tspent\tleft\tknown\trefused\tlives\t")
	for _, b := range list {
		left := strconv.FormatInt(b.Remaining, 10)
		if b.Locked != "" { // so many are left, and none passes
			left = "locked"
		}
		fmt.Fprintf(w, "%s\t%d\t%d\t%s\t%d\t%d\t%d\t\n", b.Name, b.Max, b.Spent, left, b.Known, b.Refused, b.Lives)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, b := range list {
		if b.Locked != "" {
			fmt.Fprintf(o.out, "%s: no new name passes: %s\n%s: until: %s\n", b.Name, b.Locked, b.Name, b.Until)
		}
	}
	return nil
}

func (o operator) do(method, url, form string, into any) error {
	r, err := http.NewRequest(method, url, strings.NewReader(form))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if o.tokenFile != "" {
		b, err := os.ReadFile(o.tokenFile)
		if err != nil {
			return err
		}
		r.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(b)))
	}
	resp, err := (&http.Client{Timeout: 30 * time.Second}).Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", resp.Status, strings.TrimSpace(string(body)))
	}
	return json.Unmarshal(body, into)
}
