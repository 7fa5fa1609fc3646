package main

import (
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/beamgate/beamgate/fuzz/beam"
)

// erlang compiles port_example.erl and returns a function that runs erl with
// it, the test binary as the port program. Without Erlang the test is skipped,
// but fails if the environment has CI=true.
func erlang(t *testing.T) func(args ...string) string {
	t.Helper()
	erl, erlc := beam.Need(t)
	dir := t.TempDir()
	if text, err := exec.Command(erlc, "-Wall", "-Werror", "-o", dir, "port_example.erl").CombinedOutput(); err != nil {
		t.Fatalf("erlc: %v: %s", err, text)
	}
	return func(args ...string) string {
		t.Helper()
		cmd := exec.Command(erl, append([]string{"-noshell", "-pa", dir}, args...)...)
		cmd.Env = append(os.Environ(), asPort+"=1", "HOME="+dir, "ERL_CRASH_DUMP="+os.DevNull)
		cmd.WaitDelay = time.Second
		var errs strings.Builder
		cmd.Stderr = &errs
		stop := time.AfterFunc(time.Minute, func() { cmd.Process.Kill() })
		defer stop.Stop()
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("erl: %v: %s%s", err, out, &errs)
		}
		return string(out)
	}
}

// TestErlangExample runs the demonstration as its comment says.
func TestErlangExample(t *testing.T) {
	got := erlang(t)("-run", "port_example", "main", os.Args[0])
	want := `a map: {ok,[{bytes,38},{terms,7},{depth,2},{atoms,0},{heap_words,21}]}
known atoms: {ok,[{bytes,38},{terms,7},{depth,2},{atoms,3},{heap_words,14}]}
a new atom: {error,<<"limit_new_atoms">>,8}
a fun: {error,<<"rejected_export">>,1}
a pid: {error,<<"rejected_pid">>,12}
500 tuples in each other: {error,<<"limit_depth">>,257}
a compressed megabyte: {error,<<"rejected_compressed">>,1}
a list that claims 2^32-1 elements: {error,<<"limit_bytes">>,1}
no term at all: {error,<<"version">>,0}
nothing: {error,<<"truncated">>,0}
a map again: {ok,[{bytes,6},{terms,1},{depth,0},{atoms,0},{heap_words,3}]}
two megabytes: {error,<<"limit_bytes">>,0}
the port program ended with status 1
`
	if got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

// TestErlangEnds closes the port, lets its owner die, and looks for the program.
func TestErlangEnds(t *testing.T) {
	const script = `
		Alive = fun(Pid) -> os:cmd("kill -0 " ++ integer_to_list(Pid) ++ " 2>/dev/null && echo yes") =/= "" end,
		Gone = fun Wait(Pid, N) -> case Alive(Pid) of
			false -> gone;
			true when N > 0 -> timer:sleep(20), Wait(Pid, N - 1);
			true -> alive
		end end,
		[Program] = init:get_plain_arguments(),
		Start = fun() -> P = port_example:start(Program), {ok, _} = port_example:check(P, <<131,106>>), P end,
		Port = Start(),
		{os_pid, One} = erlang:port_info(Port, os_pid),
		true = Alive(One),
		port_example:stop(Port),
		io:format("closed: ~p~n", [Gone(One, 500)]),
		Self = self(),
		spawn(fun() -> P = Start(), Self ! erlang:port_info(P, os_pid) end),
		receive {os_pid, Two} -> io:format("owner died: ~p~n", [Gone(Two, 500)]) end,
		halt(0).`
	got := erlang(t)("-eval", script, "-extra", os.Args[0])
	if want := "closed: gone\nowner died: gone\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestErlangPackets speaks all widths with the BEAM's own framing, at the ends
// of each.
func TestErlangPackets(t *testing.T) {
	const script = `
		[Program] = init:get_plain_arguments(),
		Verdict = fun(Port, Size) ->
			Bytes = term_to_binary(binary:copy(<<7>>, Size - 6)),
			case port_example:decode(Port, Bytes) of
				{ok, Term} -> Bytes =:= term_to_binary(Term);
				Other -> Other
			end
		end,
		[begin
			Port = port_example:start(Program, Packet),
			io:format("~p: ~p~n", [Packet, [Verdict(Port, Size) || Size <- Sizes]]),
			port_example:stop(Port)
		 end || {Packet, Sizes} <- [{1, [6, 255]}, {2, [6, 256, 65535]}, {4, [6, 65536, 1048576, 1048577]}]],
		halt(0).`
	got := erlang(t)("-eval", script, "-extra", os.Args[0])
	want := "1: [true,true]\n2: [true,true,true]\n4: [true,true,true,{error,<<\"limit_bytes\">>,0}]\n"
	if got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
