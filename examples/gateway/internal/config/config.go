// Package config reads the gateway's one file.
//
// The file is strict: an unknown key, a value of the wrong kind, a name that
// nothing has, are errors with line and column, and with one error nothing of
// the file counts. What a key does when it is left out stands in a tag beside
// it, from which the defaults are set and the reference table is printed
// (Reference), so the two cannot differ:
//
//	yaml     the key
//	default  its value when it is left out, or is zero
//	needs    that it may not be left out: yes, or when
//	unit     what it counts
//	doc      what it does
//	stops    the attack that it stops, for what is a limit
//
// Zero never means unlimited.
package config

// Version is the only version of the file there is.
const Version = 1

// File is the whole file.
type File struct {
	Version   int        `yaml:"version" needs:"yes" doc:"version of this format: 1"`
	Admin     Admin      `yaml:"admin" doc:"the listener for operators"`
	Log       Log        `yaml:"log" doc:"what is written to standard error"`
	Report    Report     `yaml:"report" doc:"the listener for nodes that report on themselves"`
	Ledgers   []Ledger   `yaml:"ledgers" needs:"yes" doc:"allowances of new atoms, each for one node or pool"`
	Upstreams []Upstream `yaml:"upstreams" needs:"yes" doc:"nodes, or pools of them, behind the gateway"`
	Listeners []Listener `yaml:"listeners" needs:"yes" doc:"doors in front of upstreams"`
	Global    Global     `yaml:"global" doc:"limits of the whole process"`
}

// Admin is the listener for operators.
type Admin struct {
	Listen    string `yaml:"listen" default:"127.0.0.1:9180" unit:"host:port" doc:"address of /ping, /ready, /metrics and of the budgets; loopback only"`
	TokenFile string `yaml:"token_file" unit:"path" doc:"file with the bearer token for grants and resets; without it they are refused" stops:"budgets raised by any local user"`
	AuditFile string `yaml:"audit_file" unit:"path" doc:"file to which each grant, reset and reload is appended, as JSON"`
}

// Log says what is written.
type Log struct {
	Level  string `yaml:"level" default:"info" unit:"debug|info|warn|error" doc:"least level that is written"`
	Client string `yaml:"client" default:"net" unit:"ip|net|hash" doc:"how a client stands in the log: its address, its /24 or /48, or a keyed hash that changes with each start" stops:"logs that hold personal data"`
	PerSec int64  `yaml:"refusals_per_second" default:"50" unit:"lines/s" doc:"refusals that are logged; the others are only counted" stops:"a disk filled by refusals"`
}

// Report is where nodes report.
type Report struct {
	Listen     string   `yaml:"listen" unit:"host:port" doc:"address for beamgate_reporter, to be reached by nodes only; empty for none" stops:"limits and ledgers that know nothing of the node"`
	SecretFile string   `yaml:"secret_file" needs:"with listen" unit:"path" doc:"file with the secret, 16 bytes or more, that authenticates reports" stops:"forged incarnations that would free a spent ledger"`
	MaxAge     Duration `yaml:"max_age" default:"15s" unit:"duration" doc:"a report older than this no longer drives limits" stops:"limits that follow a node which is gone"`
}

// Global are limits of the process.
type Global struct {
	MaxConnections int64    `yaml:"max_connections" default:"10000" unit:"connections" doc:"connections of all listeners" stops:"file descriptors and memory used up by connections"`
	MaxBytes       Size     `yaml:"max_bytes_in_flight" default:"256MiB" unit:"bytes" doc:"bytes of messages held at once; beyond it nothing more is read; besides, each connection has 16 KiB, and in h2 each request" stops:"memory used up by many large messages"`
	MaxClients     int64    `yaml:"max_clients" default:"65536" unit:"clients" doc:"clients whose rates are remembered; those beyond share one rate" stops:"memory used up by invented clients"`
	Drain          Duration `yaml:"drain" default:"10s" unit:"duration" doc:"how long connections may finish after SIGTERM" stops:"restarts that wait for ever"`
}

// LedgerState ends the name of what a ledger keeps beside its file.
const LedgerState = ".state"

// Ledger is an allowance of new atoms.
type Ledger struct {
	Name         string   `yaml:"name" needs:"yes" doc:"name that upstreams refer to"`
	File         string   `yaml:"file" unit:"path" doc:"file that outlives the gateway; one gateway at a time has it, by a lock on the file beside it, .lock; empty keeps the ledger in memory, which a restart forgets" stops:"names forgotten in a crash"`
	Max          int64    `yaml:"max_new" default:"10000" least:"0" unit:"names" doc:"new names in the life of one incarnation of the node" stops:"an atom table filled by small harmless messages"`
	PerClient    int64    `yaml:"per_client" default:"1000" least:"0" unit:"names" doc:"of these, for one client" stops:"one client that spends the allowance of all"`
	PerMessage   int64    `yaml:"per_message" default:"64" least:"0" unit:"names" doc:"of these, for one message" stops:"one message that spends the allowance of its client"`
	TablePercent int64    `yaml:"table_percent" default:"80" unit:"percent" doc:"new names stop when the node reports so much of its atom table used" stops:"a table filled by the node's own code"`
	Known        []string `yaml:"known_files" unit:"paths" doc:"lists of names that the node has, one a line"`
	Release      string   `yaml:"release" unit:"path" doc:"release whose .beam files tell names that the node has"`
	Names        []string `yaml:"names" unit:"names" doc:"names that the node has, as [id, customer, 'Elixir.Order'], beside those that every node has, as true, false, nil, undefined, ok and error; each name that honest messages hold is spent once unless it is known, so list them here, in known_files or by release"`
	Only         []string `yaml:"only" unit:"regular expressions" doc:"if given, new names have to match one of these whole" stops:"new names that no honest client sends"`
	Nodes        []string `yaml:"nodes" unit:"node names" doc:"nodes whose reports count; several make a pool, of which the least counts"`
}

// Upstream is where what passed is sent.
type Upstream struct {
	Name        string     `yaml:"name" needs:"yes" doc:"name that listeners refer to"`
	Address     string     `yaml:"address" needs:"but for protocols forward and check" unit:"host:port" doc:"where the node listens"`
	TLS         *ClientTLS `yaml:"tls" doc:"TLS toward the node"`
	Ledger      string     `yaml:"ledger" needs:"yes" doc:"the ledger of this node"`
	Nodes       []string   `yaml:"nodes" unit:"node names" doc:"nodes whose reports drive the limits here; by default those of the ledger"`
	DialTimeout Duration   `yaml:"dial_timeout" default:"3s" unit:"duration" doc:"time to connect" stops:"clients that wait for a node that is gone"`
	Answer      Duration   `yaml:"answer_timeout" default:"30s" unit:"duration" doc:"time for an answer, and for the node to take a message" stops:"slots held by a node that hangs"`
	MaxInFlight int64      `yaml:"max_in_flight" default:"256" unit:"messages" doc:"messages under way to the node, the max_children at the door" stops:"processes and mailboxes of the node used up"`
	MaxWaiting  int64      `yaml:"max_waiting" default:"256" unit:"messages" doc:"messages that wait for a place; beyond it the lowest class is refused" stops:"a queue without a bound"`
	MaxWait     Duration   `yaml:"max_wait" default:"2s" unit:"duration" doc:"how long one waits" stops:"answers that come when nobody wants them any more"`
	Classes     []Class    `yaml:"classes" doc:"priority classes, highest first"`
	MaxBytes    Size       `yaml:"max_bytes_in_flight" default:"64MiB" unit:"bytes" doc:"bytes of messages held for this node: half of it for those that are here, a quarter for those above 16 KiB that are on their way, and a quarter for answers above 4 KiB until they are taken; a client has at most a quarter of each" stops:"memory used up on behalf of one slow node"`
	Breaker     Breaker    `yaml:"breaker" doc:"when to leave the node alone"`
	Pressure    Pressure   `yaml:"pressure" doc:"what the node's reports change"`
	Poison      Poison     `yaml:"poison" doc:"messages that were under way when the node went down"`
}

// Class is a priority class.
type Class struct {
	Name     string   `yaml:"name" needs:"yes" doc:"name of the class"`
	Reserved int64    `yaml:"reserved" unit:"messages" doc:"places that only this class and higher ones may take" stops:"bulk traffic that crowds out what matters"`
	Clients  []string `yaml:"clients" needs:"but in the last class" unit:"identities or CIDRs" doc:"who is in this class; the last class takes all others"`
}

// Breaker is a circuit breaker.
type Breaker struct {
	Failures    int64    `yaml:"failures" default:"5" unit:"failures" doc:"failures in a row that open it: connections that cannot be made, requests of HTTP that are not taken in time, and answers that do not come in time; one that is lost under way counts for poison alone, and of a forward proxy with several hosts none counts" stops:"a restarting supervisor that is hammered"`
	Base        Duration `yaml:"backoff" default:"500ms" unit:"duration" doc:"first pause; it doubles, with jitter, each time the probe fails"`
	Max         Duration `yaml:"max_backoff" default:"30s" unit:"duration" doc:"longest pause"`
	Probes      int64    `yaml:"probes" default:"1" unit:"messages" doc:"messages that try whether it is over; a change needs a restart"`
	SlowStart   Duration `yaml:"slow_start" default:"10s" unit:"duration" doc:"time in which the places come back after it closed" stops:"a node that is flooded as soon as it is up"`
	MinCapacity int64    `yaml:"slow_start_percent" default:"10" unit:"percent" doc:"places at the beginning of that time"`
}

// Pressure maps the node's reports to its limits: below the first value nothing
// changes, at the second the breaker opens, between them places shrink.
type Pressure struct {
	ProcessPercent Range `yaml:"process_percent" default:"60..90" unit:"percent" doc:"processes of process_limit" stops:"a full process table"`
	RunQueue       Range `yaml:"run_queue" default:"50..1000" unit:"processes" doc:"processes that wait for a scheduler" stops:"a node that only queues"`
	Memory         Range `yaml:"memory_mib" default:"1048576..2097152" unit:"MiB" doc:"memory of the node; set it to what the machine has" stops:"the kernel's out-of-memory killer"`
	QueueLen       Range `yaml:"message_queue_len" default:"1000..20000" unit:"messages" doc:"the longest mailbox of the named processes" stops:"mailbox flooding"`
	Restarts       Range `yaml:"restarts" default:"3..10" unit:"restarts" doc:"children that supervisors restarted since the report before" stops:"restart loops"`
	Floor          int64 `yaml:"floor_percent" default:"10" unit:"percent" doc:"least share of the places that is left before the breaker opens"`
}

// Poison refuses a message that seems to bring the node down.
type Poison struct {
	Crashes int64    `yaml:"crashes" default:"2" unit:"crashes" doc:"crashes at which the same message was under way, after which it is refused" stops:"a message that brings the node down again and again"`
	Window  Duration `yaml:"window" default:"10m" unit:"duration" doc:"time in which they count"`
	Refuse  Duration `yaml:"refuse" default:"10m" unit:"duration" doc:"how long it is refused"`
	Keep    int64    `yaml:"max_messages" default:"4096" unit:"messages" doc:"messages that are remembered, as hashes" stops:"memory used up by suspects"`
}
