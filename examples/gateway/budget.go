package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
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
	force := flags.Bool("force", false, "reset although a node has reported that it lives on")
	if err := flags.Parse(args); err != nil {
		return unparsed(err)
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
		err = o.change(args[1], "reset", url.Values{"reason": {args[2]}, "force": {strconv.FormatBool(*force)}})
	default:
		fmt.Fprintln(stderr, "gateway budget:", misused(args))
		flags.Usage()
		return 2
	}
	if err != nil {
		fmt.Fprintln(stderr, "gateway budget:", err)
		return 1
	}
	return 0
}

// misused says what is missing, or too much, or unknown.
func misused(args []string) string {
	if len(args) == 0 {
		return "what: show, grant or reset?"
	}
	wants, ok := map[string][]string{"show": {}, "grant": {"LEDGER", "N", "REASON"}, "reset": {"LEDGER", "REASON"}}[args[0]]
	switch given := len(args) - 1; {
	case !ok:
		return fmt.Sprintf("there is no %q", args[0])
	case given < len(wants):
		return fmt.Sprintf("%s: missing: %s", args[0], strings.Join(wants[given:], ", "))
	}
	return fmt.Sprintf("%s: %d too many; flags stand in front, and a reason of several words in quotes", args[0], len(args)-1-len(wants))
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
	var dial *net.OpError
	if errors.As(err, &dial) && dial.Op == "dial" {
		return fmt.Errorf("no gateway answers at %s; -admin HOST:PORT has to be its admin.listen: %w", r.URL.Host, dial)
	}
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
