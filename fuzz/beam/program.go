package beam

import (
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

//go:embed oracle.erl
var oracleSource []byte

const module = "beamgate_oracle"

// program is how to start a VM and when to replace it. It is immutable.
type program struct {
	erl, dir string
	node     string
	creation uint32
	timeout  time.Duration
	memory   int64
	reply    int64
	recycle  wear
}

// wear bounds what one life of a VM may pile up. Atoms and export entries are
// for ever and the VM exits when their tables (1,048,576 and 524,288) are
// full; the limits leave room for what the frames on their way may add. A
// payload that overflows a table all alone is found by isolation.
type wear struct{ atoms, exports, payloads int }

func defaultWear() wear {
	return wear{atoms: 700_000, exports: 350_000, payloads: 20_000_000}
}

// worn says that a VM should be replaced before it gets another frame.
func (p *program) worn(v *vm, atoms, exports int) bool {
	w := p.recycle
	return atoms > w.atoms || exports > w.exports || v.served > w.payloads || v.rss.Load() > p.memory/2
}

// compile writes the judge to a new directory, where erlc compiles it.
func compile(erlc string) (string, error) {
	dir, err := os.MkdirTemp("", "beamgate-beam-")
	if err != nil {
		return "", err
	}
	if err := compileIn(dir, erlc); err != nil {
		os.RemoveAll(dir)
		return "", err
	}
	return dir, nil
}

func compileIn(dir, erlc string) error {
	if err := os.WriteFile(filepath.Join(dir, module+".erl"), oracleSource, 0o600); err != nil {
		return err
	}
	cmd := exec.Command(erlc, "-W", module+".erl")
	cmd.Dir, cmd.Env = dir, environment(dir)
	if text, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("beam: %s: %w: %s", erlc, err, text)
	}
	return nil
}

// environment leaves out whatever could change what the VM knows or does
// (ERL_FLAGS, ERL_LIBS, ~/.erlang), and asks for no crash dump.
func environment(dir string) []string {
	return []string{
		"PATH=" + os.Getenv("PATH"),
		"HOME=" + dir,
		"LC_ALL=C.UTF-8",
		"ERL_CRASH_DUMP=" + os.DevNull,
		"ERL_CRASH_DUMP_SECONDS=0",
	}
}

// addressSpace is what a VM maps on top of the memory it uses: a gigabyte each
// for literals and machine code, and room for the allocators.
const addressSpace = 6 << 30

// command starts the VM without core dumps, with little that runs beside the
// judge (one scheduler, no busy waiting), and with node entries dropped a
// second after their last use instead of sixty: identifiers of invented nodes
// would pile up. The limit on address space stands behind the watcher, which
// needs some milliseconds to notice.
func (p *program) command() *exec.Cmd {
	limits := fmt.Sprintf("ulimit -c 0; ulimit -v %d 2>/dev/null; exec \"$0\" \"$@\"", (p.memory+addressSpace)>>10)
	args := []string{"-c", limits, p.erl,
		"+S", "1:1", "+SDcpu", "1:1", "+SDio", "1", "+A", "1",
		"+sbwt", "none", "+sbwtdcpu", "none", "+sbwtdio", "none",
		"+P", "1024", "+Q", "1024", "+zdntgc", "1",
		"-noshell", "-noinput", "-pa", p.dir,
		"-kernel", "logger_level", "none",
		"-s", module, "start"}
	cmd := exec.Command("sh", args...)
	cmd.Dir, cmd.Env = p.dir, environment(p.dir)
	cmd.WaitDelay = time.Second
	return cmd
}

// heapWords caps the heap of the judging process: a copying collection needs
// the old and the new heap at once.
func (p *program) heapWords() uint64 { return uint64(p.memory) / 8 / 2 }

// Info describes the VM that judges.
type Info struct {
	OTP      string // release, as "25.2.3"; without minor parts if not known
	ERTS     string // version of the runtime system
	Node     string // node name
	Creation uint32 // creation of the node, 0 if it is not alive
	WordSize int    // bytes in a machine word
	Atoms    int    // atoms in the table after booting
}

func parseInfo(text string) (Info, error) {
	lines := strings.Split(text, "\n")
	if len(lines) != 6 {
		return Info{}, fmt.Errorf("beam: hello: %q", text)
	}
	creation, err1 := strconv.ParseUint(lines[3], 10, 32)
	word, err2 := strconv.Atoi(lines[4])
	atoms, err3 := strconv.Atoi(lines[5])
	for _, err := range []error{err1, err2, err3} {
		if err != nil {
			return Info{}, fmt.Errorf("beam: hello: %q: %w", text, err)
		}
	}
	return Info{lines[0], lines[1], lines[2], uint32(creation), word, atoms}, nil
}
