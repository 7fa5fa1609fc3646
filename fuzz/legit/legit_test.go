package legit_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/beamgate/beamgate/fuzz/legit"
	"github.com/beamgate/beamgate/fuzz/legit/internal/produce"
)

// The promises of the package comment. The first four are the strict preset's
// caps, so that a payload can only be refused for what it is.
const (
	maxFile  = 1 << 20
	maxAtoms = 512
	maxDepth = 128
	maxTerms = 256 << 10

	maxTotal = 6 << 20 // the set is compiled into every test that uses it
	minCount = 350
)

func TestIndex(t *testing.T) {
	all := legit.All()
	if len(all) < minCount {
		t.Errorf("%d payloads, want %d or more", len(all), minCount)
	}
	if !slices.IsSortedFunc(all, func(a, b legit.Payload) int { return strings.Compare(a.ID, b.ID) }) {
		t.Error("not sorted by ID")
	}
	total := 0
	files := map[string]bool{"README.md": true}
	bySum := map[string]string{}
	count := map[string]int{}
	for _, p := range all {
		data := p.Data()
		total += len(data)
		count["producer "+p.Producer]++
		count["profile "+p.Profile]++
		sum := sha256.Sum256(data)
		if hex.EncodeToString(sum[:]) != p.SHA256 || len(data) != p.Bytes {
			t.Errorf("%s: the file is not the one in the index", p.ID)
		}
		if len(data) > maxFile {
			t.Errorf("%s: %d bytes", p.ID, len(data))
		}
		if p.File != "payloads/"+p.ID+".etf" || files[p.ID+".etf"] {
			t.Errorf("%s: file %s", p.ID, p.File)
		}
		files[p.ID+".etf"] = true
		// The same bytes twice would only make the count look better. Two
		// producers that agree are another matter.
		if other := bySum[p.Producer+p.SHA256]; other != "" {
			t.Errorf("%s: the same bytes as %s", p.ID, other)
		}
		bySum[p.Producer+p.SHA256] = p.ID
		if p.How == "" || p.Version == "" || !slices.Contains(legit.Profiles(), p.Profile) {
			t.Errorf("%s: incomplete: %+v", p.ID, p)
		}
		if (p.Profile == "gencall") != (len(p.Nodes) > 0) {
			t.Errorf("%s: profile %s with nodes %q", p.ID, p.Profile, p.Nodes)
		}
		if !bytes.HasPrefix(data, []byte{131}) || bytes.HasPrefix(data, []byte{131, 80}) != (p.Profile == "cache") {
			t.Errorf("%s: profile %s, bytes %x…", p.ID, p.Profile, data[:min(len(data), 4)])
		}
	}
	if total > maxTotal {
		t.Errorf("%d bytes in all", total)
	}
	for _, name := range legit.Profiles() {
		if count["profile "+name] == 0 {
			t.Errorf("nothing for profile %s", name)
		}
	}
	for _, p := range produce.All() {
		if count["producer "+p.Name] == 0 {
			t.Errorf("nothing of producer %s", p.Name)
		}
	}
	entries, err := os.ReadDir("payloads")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !files[e.Name()] {
			t.Errorf("payloads/%s is not in the index", e.Name())
		}
	}
	t.Logf("%d payloads, %d bytes: %v", len(all), total, count)
}

func TestAllIsTheCallersOwn(t *testing.T) {
	all := legit.All()
	data := all[0].Data()
	data[0] = 0
	all[0].ID = "changed"
	again := legit.All()[0]
	if again.ID == "changed" || again.Data()[0] != 131 {
		t.Error("a caller can change the set for others")
	}
}

// TestLockFile keeps registry addresses out of the checkout: npm writes them
// unless told not to, and they differ from place to place.
func TestLockFile(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join("producers", "js", "package-lock.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"resolved", "://"} {
		if bytes.Contains(raw, []byte(bad)) {
			t.Errorf("package-lock.json contains %q", bad)
		}
	}
}
