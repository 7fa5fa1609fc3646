package config

import "github.com/beamgate/beamgate/etf"

// The protocols of a listener.
const (
	ProtocolFrames = "frames"
	ProtocolBERT   = "bert"

	ProtocolHTTP    = "http"
	ProtocolForward = "forward"
	ProtocolCheck   = "check"
)

// What is forwarded.
const (
	ForwardCanonical = "canonical"
	ForwardOriginal  = "original"
)

// Listener is one door.
type Listener struct {
	Name     string     `yaml:"name" needs:"yes" doc:"name in logs and metrics"`
	Listen   string     `yaml:"listen" needs:"yes" unit:"host:port" doc:"address to accept connections at"`
	Protocol string     `yaml:"protocol" default:"frames" unit:"frames|bert|http|forward|check" doc:"what is spoken: frames of {packet,N}, BERT-RPC in them, HTTP as a reverse proxy, HTTP as a forward proxy, or only questions at /v1/check"`
	Packet   int        `yaml:"packet" default:"4" unit:"1|2|4" doc:"for frames and bert: bytes of the length in front of a frame"`
	Upstream string     `yaml:"upstream" needs:"yes" doc:"where to send what passed"`
	TLS      *ServerTLS `yaml:"tls" doc:"TLS toward clients"`
	Proxy    []string   `yaml:"proxy_protocol" unit:"CIDRs" doc:"sources that send a PROXY header, v1 or v2, which is then required; others must not" stops:"forged client addresses"`
	Profile  string     `yaml:"profile" default:"data" unit:"data|elixir|bert|hex|gen_call|cache" doc:"what the traffic is made of"`
	Nodes    []string   `yaml:"nodes" needs:"for profile: gen_call, and for ids and funs in allow" unit:"node names" doc:"nodes whose ids pass" stops:"forged pids, ports and references"`
	Allow    []string   `yaml:"allow" unit:"funs|exports|pids|ports|references" doc:"identities that are wanted" stops:"code and authority in data"`
	Structs  []string   `yaml:"structs" unit:"names" doc:"structs that are wanted although they run when they are touched, by their whole names, as Elixir.Range" stops:"lazy and endless structs, compiled patterns"`
	Release  int        `yaml:"release" unit:"OTP release" doc:"release of the node; without it only what all releases read alike passes, and with it or 25 no pids of nodes of OTP 26 and later once they have started 32,768 processes" stops:"two readings of one message"`
	Caps     Caps       `yaml:"caps" unit:"numbers by name" doc:"caps of package limits, by field name, as in {MaxBytes: 64KiB, MaxDepth: 20}: whole numbers above 0, or -1 for none; what counts bytes may be a size (MaxBytes, MaxBlob, MaxBigBytes, MaxInflated, MaxBuffered, MaxStreamBytes, MaxKeyState); they are only ever lowered" stops:"everything that one message may cost; see package limits"`
	Forward  string     `yaml:"forward" default:"canonical" unit:"canonical|original" doc:"bytes that go on: those rewritten from what was read, where the rule term is enforced, or those that came" stops:"two readings of one message"`
	Cut      bool       `yaml:"cut_through" doc:"with original: send the beginning of a large frame before its end is here; its names are spent first, poison is not asked about, and a refusal ends the connection to the node in the middle of the frame"`
	Answers  Answers    `yaml:"answers" doc:"what comes back from the node"`
	BERT     BERT       `yaml:"bert" doc:"rules of BERT-RPC"`
	HTTP     HTTP       `yaml:"http" doc:"rules of HTTP"`
	To       Forward    `yaml:"to" doc:"forward proxy: where clients may go"`
	Mode     string     `yaml:"mode" default:"enforce" unit:"enforce|shadow|off" doc:"what a rule does that has no mode of its own"`
	Rules    Modes      `yaml:"rules" unit:"enforce|shadow|off by rule" doc:"modes by rule, as in {term: enforce, rate: off}, of rate, in_flight, breaker, term, atoms, frame_size, poison, verb and answer"`
	Detail   string     `yaml:"detail" default:"code" unit:"full|code|none" doc:"what a refusal tells the client, where the protocol can tell anything" stops:"refusals that teach an attacker"`
	Refused  string     `yaml:"on_refusal" default:"close" unit:"close|skip" doc:"frames without answers: whether a refused frame ends its connection, or is left out"`
	Limits   Door       `yaml:"limits" doc:"connections, rates and deadlines"`
}

// Base is what a profile begins with.
func (l *Listener) Base(profile string) etf.Config {
	switch profile {
	case "elixir":
		return etf.Elixir(l.Structs...)
	case "bert":
		return etf.BERT()
	case "hex":
		return etf.Hex()
	case "gen_call":
		return etf.GenCall(l.Nodes...)
	case "cache":
		return etf.Cache()
	}
	return etf.Data()
}

// Caps are caps of package limits by field name.
type Caps map[string]int64

// Modes are modes by rule.
type Modes map[string]string

// Door are limits of one listener.
type Door struct {
	MaxConnections int64    `yaml:"max_connections" default:"5000" unit:"connections" doc:"connections of this listener, its bulkhead" stops:"one listener that takes the connections of all"`
	PerClient      int64    `yaml:"max_connections_per_client" default:"100" unit:"connections" doc:"connections of one client" stops:"one client that takes the connections of all"`
	InFlight       int64    `yaml:"max_in_flight_per_client" default:"64" unit:"messages" doc:"messages of one client under way to the node; more wait, as those for a place do" stops:"one client that takes the places of all"`
	Messages       int64    `yaml:"messages_per_second" default:"1000" unit:"messages/s" doc:"messages of one client" stops:"floods of messages that are harmless each"`
	Burst          int64    `yaml:"messages_burst" default:"2000" unit:"messages" doc:"messages at once before the rate counts"`
	Bytes          Size     `yaml:"bytes_per_second" default:"32MiB" unit:"bytes/s" doc:"bytes of one client" stops:"floods of bytes"`
	BytesBurst     Size     `yaml:"bytes_burst" default:"64MiB" unit:"bytes" doc:"bytes at once before the rate counts; at least one message"`
	MaxPause       Duration `yaml:"max_pause" default:"1s" unit:"duration" doc:"how long a client over its rate is not read before its message is refused" stops:"refusals of what is only early"`
	Pipeline       int64    `yaml:"max_pipelined" default:"64" unit:"messages" doc:"messages of one connection under way; beyond it nothing more is read" stops:"one connection that takes all places"`
	Header         Duration `yaml:"header_timeout" default:"5s" unit:"duration" doc:"time for the TLS handshake and the PROXY header, and for the header of a request" stops:"connections that never begin"`
	Frame          Duration `yaml:"frame_timeout" default:"15s" unit:"duration" doc:"time from the first byte of a message to its last" stops:"one byte a second"`
	Idle           Duration `yaml:"idle_timeout" default:"2m" unit:"duration" doc:"time between messages" stops:"connections that are only held"`
	Total          Duration `yaml:"total_timeout" default:"12h" unit:"duration" doc:"life of a connection" stops:"connections that are held for ever"`
	Write          Duration `yaml:"write_timeout" default:"15s" unit:"duration" doc:"time for a client to take an answer" stops:"clients that send and never read"`
}

// Answers are rules for what comes back.
type Answers struct {
	Expect  string `yaml:"expect" default:"any" unit:"any|one" doc:"frames: whether each message has exactly one answer, in order; BERT-RPC knows by itself"`
	Profile string `yaml:"profile" unit:"as profile" doc:"what answers are made of; by default as messages"`
	Caps    Caps   `yaml:"caps" unit:"as caps" doc:"caps of answers" stops:"answers that harm the client"`
	Atoms   int64  `yaml:"max_atoms" default:"10000" unit:"names" doc:"names that the answers on one connection may hold in all" stops:"an answer that fills the atom table of a client which is a node too"`
	Ledger  string `yaml:"ledger" doc:"HTTP: the ledger of clients that are nodes, on which answers draw" stops:"answers that fill the atom tables of clients, a few names each"`
}

// BERT are rules of BERT-RPC.
type BERT struct {
	Allow []Calls  `yaml:"allow" doc:"functions that may be called, by whom; nothing else may" stops:"calls of any exported function of the node"`
	Infos []string `yaml:"infos" unit:"commands" doc:"info commands that may precede a call" stops:"callbacks and caching that nobody asked for"`
}

// Calls are functions that somebody may call.
type Calls struct {
	Clients   []string `yaml:"clients" unit:"identities or CIDRs" doc:"who may; nobody named means everybody"`
	Functions []string `yaml:"functions" unit:"Mod:Fun/Arity" doc:"which functions; * stands for any Fun, and /* for any arity"`
}

// ServerTLS is TLS toward clients.
type ServerTLS struct {
	Cert     string `yaml:"cert" needs:"yes" unit:"path" doc:"certificate chain, PEM; read again when the file changes"`
	Key      string `yaml:"key" needs:"yes" unit:"path" doc:"private key, PEM"`
	ClientCA string `yaml:"client_ca" unit:"path" doc:"roots of client certificates, which are then required" stops:"clients that nobody knows"`
}

// ClientTLS is TLS toward a node.
type ClientTLS struct {
	CA         string `yaml:"ca" unit:"path" doc:"roots that the node's certificate has to lead to; by default the system's"`
	ServerName string `yaml:"server_name" unit:"host name" doc:"name in the node's certificate; by default the host of the address"`
	Cert       string `yaml:"cert" needs:"with key" unit:"path" doc:"certificate of the gateway, PEM"`
	Key        string `yaml:"key" needs:"with cert" unit:"path" doc:"its private key, PEM"`
}
