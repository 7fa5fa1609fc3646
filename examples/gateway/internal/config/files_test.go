package config_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/beamgate/beamgate/examples/gateway/internal/config"
	. "github.com/beamgate/beamgate/examples/gateway/internal/gatetest"
	"github.com/beamgate/beamgate/examples/gateway/internal/report"
)

// TestCheckFiles: each file that cannot be used is told, with the place of its key.
func TestCheckFiles(t *testing.T) {
	dir, ca := t.TempDir(), NewCA(t)
	cert, key := ca.Files("localhost")
	_, other := ca.Files("other")
	at := func(name string) string { return filepath.Join(dir, name) }
	for name, text := range map[string]string{
		"token": "0123456789abcdef\n", "short": "0123456789\n", "known": "order\n", "bad names": "\xff\n",
		"ledger": "whatever a ledger is made of", "broken.crt": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
	} {
		WriteFile(t, at(name), text)
	}
	good := fmt.Sprintf(`version: 1
admin:
  token_file: %[1]s/token
  audit_file: %[1]s/audit
report:
  listen: 127.0.0.1:0
  secret_file: %[1]s/token
ledgers:
  - name: web
    file: %[1]s/ledger
    known_files:
      - %[1]s/known
upstreams:
  - name: node
    address: 127.0.0.1:4000
    ledger: web
    tls:
      ca: %[2]s
      cert: %[3]s
      key: %[4]s
  - name: hex
    ledger: web
listeners:
  - name: door
    listen: 127.0.0.1:9000
    upstream: node
    tls:
      cert: %[3]s
      key: %[4]s
      client_ca: %[2]s
  - name: out
    listen: 127.0.0.1:9001
    upstream: hex
    protocol: forward
    to:
      hosts: ['https://repo.hex.pm']
      ca:
        cert: %[2]s
        key: %[5]s
`, dir, ca.Path(), cert, key, ca.KeyPath())
	path := at("g.yaml")
	WriteFile(t, path, good)
	if _, warnings, err := config.CheckFiles(path); err != nil || len(warnings) != 0 {
		t.Fatal(err, warnings)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 7 {
		t.Errorf("it left something behind: %v", left)
	}
	for _, c := range []struct{ from, to, want string }{
		{"token_file: " + at("token"), "token_file: " + at("gone"), ":3:15: admin.token_file: open"},
		{"token_file: " + at("token"), "token_file: " + at("short"), ":3:15: admin.token_file: " + at("short") + " has fewer than 16 bytes"},
		{"audit_file: " + at("audit"), "audit_file: " + at("no/audit"), ":4:15: admin.audit_file: nothing can be written into " + at("no")},
		{"audit_file: " + at("audit"), "audit_file: " + dir, ":4:15: admin.audit_file: " + dir + " is no file"},
		{"secret_file: " + at("token"), "secret_file: " + at("short"), ":7:16: report.secret_file:"},
		{"file: " + at("ledger"), "file: " + at("no/ledger"), ":10:11: ledgers[0].file:"},
		{"      - " + at("known"), "      - " + at("gone"), ":12:9: ledgers[0].known_files[0]: open"},
		{"      - " + at("known"), "      - " + at("bad names"), ":12:9: ledgers[0].known_files[0]:"},
		{"    known_files:", "    release: " + dir + "\n    known_files:", ":11:14: ledgers[0].release:"},
		{"      ca: " + ca.Path(), "      ca: " + at("gone"), ":18:11: upstreams[0].tls.ca: open"},
		{"      ca: " + ca.Path(), "      ca: " + at("token"), ":18:11: upstreams[0].tls.ca: no certificate in"},
		{"      ca: " + ca.Path(), "      ca: " + at("broken.crt"), ":18:11: upstreams[0].tls.ca:"},
		{"client_ca: " + ca.Path(), "client_ca: " + key, ":30:18: listeners[0].tls.client_ca:"},
		{"      cert: " + cert, "      cert: " + at("gone"), ":19:13: upstreams[0].tls.cert: open"},
		{"      cert: " + cert, "      cert: " + at("token"), ":19:13: upstreams[0].tls.cert: no certificate in"},
		{"      key: " + key, "      key: " + at("gone"), ":20:12: upstreams[0].tls.key: open"},
		{"      key: " + key, "      key: " + other, ":20:12: upstreams[0].tls.key: tls: private key does not match"},
		{"        cert: " + ca.Path() + "\n        key: " + ca.KeyPath(), "        cert: " + cert + "\n        key: " + key, ":38:15: listeners[1].to.ca.cert: is no certificate of a CA"},
	} {
		text := strings.Replace(good, c.from, c.to, 1)
		if text == good {
			t.Errorf("%q is not there", c.from)
		}
		WriteFile(t, path, text)
		_, _, err := config.CheckFiles(path)
		if err == nil || !strings.Contains(err.Error(), path+c.want) {
			t.Errorf("%q:\n  got  %v\n  want %s", c.to, err, c.want)
		}
		if _, err := config.Load(path); err != nil {
			t.Errorf("without files: %v", err)
		}
	}
	// All that is wrong is told at once.
	WriteFile(t, path, strings.ReplaceAll(good, dir, at("gone")))
	if _, _, err := config.CheckFiles(path); err == nil || strings.Count(err.Error(), "\n") != 4 {
		t.Errorf("%v", err)
	}
}

// TestLeastSecret: the length is that of reports.
func TestLeastSecret(t *testing.T) {
	if config.LeastSecret != report.Least {
		t.Error(config.LeastSecret, report.Least)
	}
}
