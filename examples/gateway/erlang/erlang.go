// Package erlang holds the Erlang modules of the gateway: the reporter, for
// anyone's node, and the nodes of the demonstration and of tests.
package erlang

import "embed"

// Files are the modules.
//
//go:embed *.erl
var Files embed.FS
