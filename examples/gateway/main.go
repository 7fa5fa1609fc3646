// Gateway stands in front of BEAM nodes: it reads the terms that clients send to
// them, and those that come back, and lets through what a safe.Guard accepts.
//
//	go -C examples/gateway run . help
//
// README.md says how to deploy it, and internal/door how a message passes.
package main

import (
	"fmt"
	"io"
	"os"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// command is a subcommand; it returns the exit status.
type command struct {
	name, usage string
	run         func(args []string, stdout, stderr io.Writer) int
}

// commands lists the subcommands.
func commands() []command {
	return []command{
		{"demo", "[-for 8s]             show it: a node, honest and hostile clients, a live table", showDemo},
		{"run", "FILE                   serve with this configuration", serve},
		{"check-config", "[-no-files] FILE  say what is wrong with a configuration and its files", checkConfig},
		{"reference", "                 print every key of a configuration", reference},
		{"pipe", "FILE LISTENER -- ...  run a port program of a node behind the rules of a listener", runPipe},
		{"atoms", "-release DIR         print the names that a release knows", atoms},
		{"budget", "show|grant|reset    look at the ledgers of a running gateway, or change them", budget},
	}
}

// run finds the subcommand. Status 2 means that it was called wrongly.
func run(args []string, stdout, stderr io.Writer) int {
	if len(args) > 0 {
		for _, c := range commands() {
			if c.name == args[0] {
				return c.run(args[1:], stdout, stderr)
			}
		}
	}
	fmt.Fprintln(stderr, "usage: gateway COMMAND [...]")
	for _, c := range commands() {
		fmt.Fprintf(stderr, "  %-13s %s\n", c.name, c.usage)
	}
	return 2
}
