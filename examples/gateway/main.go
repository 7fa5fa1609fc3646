// Gateway stands in front of BEAM nodes: it reads the terms that clients send to
// them, and those that come back, and lets through what a safe.Guard accepts.
//
//	go -C examples/gateway run . help
//
// README.md says how to deploy it, and internal/door how a message passes.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// command is a subcommand; it returns the exit status.
type command struct {
	name, usage string
	run         func(args []string, stdout, stderr io.Writer) int
	flags       bool // it has some, and answers -h itself
}

// commands lists the subcommands.
func commands() []command {
	return []command{
		{"demo", "[-for 8s]             show it: a node, honest and hostile clients, a live table", showDemo, true},
		{"run", "FILE                   serve with this configuration", serve, false},
		{"check-config", "[-no-files] FILE  say what is wrong with a configuration and its files", checkConfig, true},
		{"reference", "                 print every key of a configuration", reference, false},
		{"pipe", "FILE LISTENER -- ...  run a port program of a node behind the rules of a listener", runPipe, false},
		{"atoms", "-release DIR         print the names that a release knows", atoms, true},
		{"budget", "show|grant|reset    look at the ledgers of a running gateway, or change them", budget, true},
	}
}

// run finds the subcommand. Status 2 means that it was called wrongly.
func run(args []string, stdout, stderr io.Writer) int {
	if len(args) == 0 {
		usage(stderr)
		return 2
	}
	if help(args[0]) || args[0] == "help" {
		usage(stdout)
		return 0
	}
	for _, c := range commands() {
		if c.name != args[0] {
			continue
		}
		if len(args) == 2 && help(args[1]) && !c.flags {
			fmt.Fprintln(stdout, "usage: gateway", c.name, c.usage)
			return 0
		}
		return c.run(args[1:], stdout, stderr)
	}
	fmt.Fprintf(stderr, "gateway: unknown command %q\n", args[0])
	usage(stderr)
	return 2
}

func help(arg string) bool { return arg == "-h" || arg == "-help" || arg == "--help" }

func usage(w io.Writer) {
	fmt.Fprintln(w, "usage: gateway COMMAND [...]")
	for _, c := range commands() {
		fmt.Fprintf(w, "  %-13s %s\n", c.name, c.usage)
	}
}

// unparsed is the exit status when flags could not be read, or help was asked for.
func unparsed(err error) int {
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	return 2
}
