package hostile

import (
	"fmt"
	"os"
	"os/exec"
	"strings"

	okeuday "github.com/okeuday/erlang_go/v2/erlang"

	"github.com/beamgate/beamgate/bench/internal/column"
	"github.com/beamgate/beamgate/etf"
)

// decoders are what a child of this program can be.
var decoders = map[string]func(b []byte) error{
	"beamgate": func(b []byte) error {
		m, err := etf.Default().Compile()
		if err != nil {
			return err
		}
		_, err = m.Decode(b)
		return err
	},
	"okeuday/erlang_go": func(b []byte) error { _, err := okeuday.BinaryToTerm(b); return err },
	"ergo":              func(b []byte) error { _, err := column.ErgoDecode(b); return err },
}

// ChildVariable is set in the environment of a child of this program, to the
// name of the decoder. Its one argument is the file to read.
const ChildVariable = "BEAMGATE_BENCH_CHILD"

// Child does the work of a child and ends the process. In other processes it
// does nothing.
func Child() {
	decode, ok := decoders[os.Getenv(ChildVariable)]
	if !ok {
		return
	}
	b, err := os.ReadFile(os.Args[len(os.Args)-1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(3)
	}
	if err := decode(b); err != nil {
		fmt.Println(saysRefuses, err)
	} else {
		fmt.Println(saysAccepts)
	}
	os.Exit(0)
}

// A Reader is somebody who reads the cases.
type Reader struct {
	Name    string
	Command func(file string) *exec.Cmd
}

// Readers are beamgate, the peers and the BEAM; node is the folder that Node's
// packages are installed in, or empty. The program itself is run again for those
// in Go, so its main has to call Child first.
func Readers(node string) []Reader {
	var all []Reader
	for _, name := range []string{"beamgate", "okeuday/erlang_go", "ergo"} {
		all = append(all, Reader{name, func(file string) *exec.Cmd {
			cmd := exec.Command(os.Args[0], file)
			cmd.Env = append(os.Environ(), ChildVariable+"="+name)
			return cmd
		}})
	}
	if _, err := exec.LookPath("erl"); err == nil {
		all = append(all,
			Reader{"BEAM", erl("binary_to_term(B)")},
			Reader{"BEAM, [safe]", erl("binary_to_term(B, [safe])")})
	}
	if node != "" {
		all = append(all,
			Reader{"erlang_js", js(node, "await new Promise((y, n) => require('erlang_js').Erlang.binary_to_term(b, (e, v) => (e ? n(e) : y(v))))")},
			Reader{"erlpack", js(node, "require('erlpack').unpack(b)")})
	}
	return all
}

func erl(call string) func(file string) *exec.Cmd {
	const program = `{ok, B} = file:read_file(os:getenv("BEAMGATE_BENCH_FILE")), try %s of _ -> io:put_chars("accepts\n") catch error:badarg -> io:put_chars("refuses badarg\n") end, halt(0).`
	return func(file string) *exec.Cmd {
		cmd := exec.Command("erl", "-noinput", "-boot", "no_dot_erlang", "-kernel", "logger_level", "none", "-eval", fmt.Sprintf(program, call))
		cmd.Env = append(environment(), "BEAMGATE_BENCH_FILE="+file)
		return cmd
	}
}

// js runs a call of a package in Node.
func js(dir, call string) func(file string) *exec.Cmd {
	const program = `const b = require('fs').readFileSync(process.env.BEAMGATE_BENCH_FILE); (async () => { let said = 'accepts'; try { %s; } catch (e) { if (/Maximum call stack/.test(String(e))) { console.error(String(e)); process.exit(1); } said = 'refuses ' + String(e).split('\n')[0].slice(0, 80); } require('fs').writeSync(3, said); process.exit(0); })();`
	return func(file string) *exec.Cmd {
		// Descriptor 3 is stdout, and stdout nothing: erlpack prints what it
		// does not know.
		cmd := exec.Command("sh", "-c", `exec node -e "$0" 3>&1 1>/dev/null`, fmt.Sprintf(program, call))
		cmd.Dir = dir
		cmd.Env = append(environment(), "BEAMGATE_BENCH_FILE="+file)
		return cmd
	}
}

// environment asks for no crash dump.
func environment() []string {
	env := []string{"ERL_CRASH_DUMP=" + os.DevNull, "ERL_CRASH_DUMP_SECONDS=0"}
	for _, kv := range os.Environ() {
		if !strings.HasPrefix(kv, "ERL_") && !strings.HasPrefix(kv, "NODE_OPTIONS=") {
			env = append(env, kv)
		}
	}
	return env
}
