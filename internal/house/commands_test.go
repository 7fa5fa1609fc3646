package house

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	shellBlock = regexp.MustCompile("(?ms)^```sh\n(.*?)^```$")
	inlineCode = regexp.MustCompile("`([^`]+)`")
	command    = regexp.MustCompile(`^(?:[A-Z_]+=\S+ )*(?:go (?:-C |[a-z])|make(?: |$)|\.ci/run)`)
)

// commands are what a document tells its readers to type: in blocks of shell code,
// in indented ones and between backquotes. shell are those of the first kind.
func commands(t *testing.T, name string) (all, shell []string) {
	t.Helper()
	add := func(line string, list *[]string) {
		line, _, _ = strings.Cut(line, " #")
		if line = strings.Join(strings.Fields(line), " "); command.MatchString(line) {
			*list = append(*list, line)
		}
	}
	page := text(t, name)
	for _, m := range shellBlock.FindAllStringSubmatch(page, -1) {
		for line := range strings.Lines(m[1]) {
			before := len(shell)
			if add(line, &shell); len(shell) == before {
				t.Errorf("%s: what is %q?", name, line)
			}
		}
	}
	all = slices.Clone(shell)
	page = fence.ReplaceAllString(page, "")
	for line := range strings.Lines(page) {
		if strings.HasPrefix(line, "    ") {
			add(line, &all)
		}
	}
	for _, m := range inlineCode.FindAllStringSubmatch(page, -1) {
		add(m[1], &all)
	}
	return all, shell
}

// TestCommandsAreThere: targets, phases, programs and files that the documents name
// in commands exist.
func TestCommandsAreThere(t *testing.T) {
	found := 0
	for _, name := range documents {
		all, _ := commands(t, name)
		for _, c := range all {
			found++
			if why := judgeCommand(t, c); why != "" {
				t.Errorf("%s: %s: %s", name, c, why)
			}
		}
	}
	if found < 20 {
		t.Errorf("found only %d commands", found)
	}
	for _, bad := range []string{"make tests", "make test SPEED=1", ".ci/run lints", "go run ./examples/quick", "go -C examples/nowhere run .", "go run ./examples/inspect fuzz/nowhere.etf", "go install ./...", "go run ./etf"} {
		if judgeCommand(t, bad) == "" {
			t.Errorf("%s passes", bad)
		}
	}
}

// judgeCommand returns what is wrong with a command, "" if nothing is.
func judgeCommand(t *testing.T, c string) string {
	t.Helper()
	words := strings.Fields(strings.ReplaceAll(c, "'", ""))
	for strings.Contains(words[0], "=") {
		words = words[1:]
	}
	switch program, words := words[0], words[1:]; program {
	case "make":
		makefile := text(t, "Makefile")
		for _, w := range words {
			if v, _, ok := strings.Cut(w, "="); ok && !strings.Contains(makefile, "$("+v+")") {
				return "the Makefile has no variable " + v
			} else if !ok && !strings.HasPrefix(w, "-") && !strings.Contains(makefile, "\n"+w+":") {
				return "the Makefile has no target " + w
			}
		}
	case ".ci/run":
		for _, w := range words {
			if w != "-l" && !strings.Contains(text(t, ".ci/phases.sh"), "\nphase_"+w+"() {") {
				return "there is no phase " + w
			}
		}
	default:
		return judgeGo(t, words)
	}
	return ""
}

func judgeGo(t *testing.T, words []string) string {
	t.Helper()
	dir := "."
	if words[0] == "-C" && len(words) > 2 {
		dir, words = words[1], words[2:]
		if dir == "examples/x" { // which stands for any
			return ""
		}
	}
	if !slices.Contains([]string{"run", "test", "build", "doc", "mod"}, words[0]) {
		return "no go command that these pages use: " + words[0]
	}
	if words[0] == "run" {
		if len(words) < 2 || len(folders(t, filepath.Join(dir, words[1]))) == 0 && !exists(filepath.Join(root, dir, words[1], "main.go")) {
			return "there is no such folder"
		}
		if !exists(filepath.Join(root, dir, words[1], "main.go")) {
			return "that is no program"
		}
	}
	if words[0] == "mod" { // names modules, not files
		return ""
	}
	for _, w := range words[1:] {
		if path := strings.TrimSuffix(w, "/..."); strings.Contains(w, "/") && !strings.HasPrefix(w, "-") && !exists(filepath.Join(root, dir, path)) {
			return "there is no " + path
		}
	}
	return ""
}

// TestReadmeCommands runs what the README has in blocks of shell code, but for the
// tests of everything, and the line that makes a program of one's own use a clone.
func TestReadmeCommands(t *testing.T) {
	all, shell := commands(t, "README.md")
	ran := 0
	for _, c := range shell {
		if strings.HasPrefix(c, "make ") {
			continue
		}
		ran++
		cmd := exec.Command("sh", "-c", c)
		cmd.Dir = root
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", c, err, out)
		}
	}
	if ran < 3 {
		t.Errorf("only %d commands ran", ran)
	}
	i := slices.IndexFunc(all, func(c string) bool { return strings.HasPrefix(c, "go mod edit ") })
	if i < 0 {
		t.Fatal("the README does not say how to require the library")
	}
	clone, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, data := range map[string]string{
		"go.mod":  "module example.com/own\n\ngo 1.26\n",
		"main.go": "package main\n\nimport \"github.com/beamgate/beamgate/safe\"\n\nfunc main() {\n\tif err := safe.Validate([]byte{131, 106}); err != nil {\n\t\tpanic(err)\n\t}\n}\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []string{strings.ReplaceAll(all[i], "=../beamgate", "="+clone), "go run ."} {
		cmd := exec.Command("sh", "-c", c)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOPROXY=off", "GOWORK=off")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", c, err, out)
		}
	}
}
