package main

import (
	"bufio"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
)

// machine names what was measured, on what. It names no host.
func machine() [][2]string {
	all := [][2]string{
		{"processor", firstValue("/proc/cpuinfo", "model name")},
		{"processors in use", strconv.Itoa(runtime.NumCPU()) + ", GOMAXPROCS " + strconv.Itoa(runtime.GOMAXPROCS(0))},
		{"memory", firstValue("/proc/meminfo", "MemTotal")},
		{"system", runtime.GOOS + "/" + runtime.GOARCH},
		{"load at the end", loadAverage()},
		{"Go", runtime.Version()},
		{"beamgate", firstLine("git", "-c", "safe.directory=*", "describe", "--always", "--dirty", "--tags")},
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return all
	}
	for _, d := range info.Deps {
		switch d.Path {
		case "github.com/okeuday/erlang_go/v2", "github.com/ergo-services/ergo", "github.com/fxamacker/cbor/v2":
			all = append(all, [2]string{d.Path, d.Version})
		}
	}
	return append(all, [2]string{"erlang_js, erlpack", "as bench/js/package-lock.json says"})
}

// firstValue is what stands behind a name and a colon in a file.
func firstValue(file, name string) string {
	f, err := os.Open(file)
	if err != nil {
		return "unknown"
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		if key, value, ok := strings.Cut(lines.Text(), ":"); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return "unknown"
}

func firstLine(name string, args ...string) string {
	out, err := exec.Command(name, args...).Output()
	if err != nil {
		return "unknown"
	}
	line, _, _ := strings.Cut(string(out), "\n")
	return line
}

func loadAverage() string {
	b, err := os.ReadFile("/proc/loadavg")
	if f := strings.Fields(string(b)); err == nil && len(f) > 2 {
		return strings.Join(f[:3], " ")
	}
	return "unknown"
}
