package main

import (
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/beamgate/beamgate/examples/gateway/internal/door"
	"github.com/beamgate/beamgate/examples/gateway/internal/gate"
	. "github.com/beamgate/beamgate/examples/gateway/internal/gatetest"
	"github.com/beamgate/beamgate/examples/gateway/internal/metrics"
)

type alerts struct {
	Groups []struct {
		Rules []struct {
			Alert       string            `yaml:"alert"`
			Expr        string            `yaml:"expr"`
			Annotations map[string]string `yaml:"annotations"`
		} `yaml:"rules"`
	} `yaml:"groups"`
}

var metric = regexp.MustCompile(`beamgate_[a-z_]+`)

// TestAlerts: each rule has its paragraph in the runbook, and asks for metrics and
// labels that exist.
func TestAlerts(t *testing.T) {
	text, err := os.ReadFile("deploy/alerts.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var a alerts
	if err := yaml.Unmarshal(text, &a); err != nil {
		t.Fatal(err)
	}
	runbook, err := os.ReadFile("RUNBOOK.md")
	if err != nil {
		t.Fatal(err)
	}
	known := metricNames(t)
	paragraphs := 0
	for _, g := range a.Groups {
		for _, r := range g.Rules {
			paragraphs++
			if !strings.Contains(string(runbook), "\n## "+r.Alert+"\n") {
				t.Errorf("%s has no paragraph in RUNBOOK.md", r.Alert)
			}
			if want := "RUNBOOK.md#" + strings.ToLower(r.Alert); r.Annotations["runbook"] != want {
				t.Errorf("%s: runbook is %q, not %q", r.Alert, r.Annotations["runbook"], want)
			}
			for _, name := range metric.FindAllString(r.Expr, -1) {
				if !slices.Contains(known, name) {
					t.Errorf("%s asks for %s, which does not exist", r.Alert, name)
				}
			}
			for _, m := range regexp.MustCompile(`rule="([a-z_]+)"`).FindAllStringSubmatch(r.Expr, -1) {
				if !slices.Contains(ruleNames(), m[1]) {
					t.Errorf("%s asks for the rule %s, which does not exist", r.Alert, m[1])
				}
			}
		}
	}
	if n := strings.Count(string(runbook), "\n## "); n != paragraphs || n == 0 {
		t.Errorf("%d alerts, %d paragraphs", paragraphs, n)
	}
}

func ruleNames() (names []string) {
	for r := door.Connections; r <= door.Down; r++ {
		names = append(names, r.String())
	}
	return names
}

// metricNames are the metrics of a gateway, whether or not they have values yet.
func metricNames(t *testing.T) []string {
	t.Helper()
	m := metrics.New(nil)
	g := gate.New(nil, m)
	defer g.Close()
	return m.Names()
}

// TestPromtool asks Prometheus itself, where it is installed.
func TestPromtool(t *testing.T) {
	tool := Program(t, "promtool")
	if out, err := exec.Command(tool, "check", "rules", "deploy/alerts.yaml").CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
