package config

// HTTP are rules of listeners that speak HTTP.
type HTTP struct {
	Types      []string     `yaml:"types" unit:"media types" doc:"types that declare a term, as application/bert or +etf; by default those of package safe. A body that starts like a term is checked whatever its type" stops:"terms under a type that nobody checks"`
	OnlyETF    bool         `yaml:"only_etf" doc:"refuse bodies that are no terms" stops:"other formats that lead to the node"`
	Unchecked  []string     `yaml:"unchecked" unit:"media types" doc:"types whose bodies go on unread, even as multipart, in any coding and in ranges; by default these three are refused"`
	Decode     bool         `yaml:"decode" doc:"accept gzip, and no other coding; a checked body goes on decoded"`
	Inflated   Size         `yaml:"max_inflated" default:"1MiB" unit:"bytes" doc:"with decode: a body when it is decoded" stops:"a few kilobytes that become hundreds of megabytes"`
	Signed     []string     `yaml:"signed_by" unit:"header names" doc:"headers that speak of the exact bytes, beside Digest, Content-Digest, Repr-Digest, Content-MD5, Signature and Signature-Input; such bodies go on as they came"`
	Idempotent []string     `yaml:"idempotent" unit:"methods" doc:"methods that are sent again, once, when the connection is lost before an answer; by default none is"`
	Header     Size         `yaml:"max_header" default:"32KiB" unit:"bytes" doc:"header of a request, and of an answer" stops:"memory used up by headers"`
	Client     ClientHeader `yaml:"client" doc:"who the client is when another proxy stands in front"`
	Extract    []Extract    `yaml:"extract" doc:"terms in base64 inside of requests"`
	Socket     WebSocket    `yaml:"websocket" doc:"WebSocket"`
}

// ClientHeader names a header that tells who the client is.
type ClientHeader struct {
	Name string   `yaml:"name" unit:"header name" doc:"header with the client's address"`
	From []string `yaml:"from" needs:"with name" unit:"CIDRs" doc:"whose header counts; the header of all others is dropped" stops:"forged client addresses"`
}

// Extract finds terms in base64.
type Extract struct {
	In      string   `yaml:"in" default:"query" unit:"query|form|header|cookie|json" doc:"where: in the query, a form or JSON that was posted, a header or a cookie"`
	Name    string   `yaml:"name" needs:"yes" doc:"name of the parameter, header, cookie or member; a member of this name counts at any depth, with the strings of a list that is one, and so do parameters as name[] and name[key]"`
	Paths   []string `yaml:"paths" unit:"path prefixes" doc:"requests that have it; by default all. A path with //, . or .. in it may be any of them"`
	Forms   []string `yaml:"forms" unit:"forms" doc:"what the value may look like: text with <etf> for base64 of a term, <any> for letters, digits and -_+/=.~ and <digits>, as in SFMyNTY.<etf>.<any>; by default <etf>"`
	Profile string   `yaml:"profile" unit:"as profile" doc:"what these terms are made of; by default as messages"`
	Others  string   `yaml:"others" default:"refuse" unit:"refuse|pass" doc:"values of no such form" stops:"terms in another form than the expected one"`
	Max     Size     `yaml:"max_bytes" default:"16KiB" unit:"bytes" doc:"length of the value" stops:"large terms in small places"`
}

// WebSocket are rules of WebSocket.
type WebSocket struct {
	Allow  bool   `yaml:"allow" doc:"accept WebSocket; other upgrades are refused"`
	Binary string `yaml:"binary" default:"term" unit:"term|any" doc:"binary messages: terms only, or others too if they do not start like one" stops:"other formats that lead to the node"`
	Text   string `yaml:"text" default:"refuse" unit:"refuse|pass" doc:"text messages, which are no terms" stops:"other formats that lead to the node"`
}

// Forward are rules of a forward proxy.
type Forward struct {
	Hosts   []string   `yaml:"hosts" needs:"for protocol: forward" unit:"origins" doc:"where clients may go, as https://repo.hex.pm or http://10.0.0.5:8080; nowhere else" stops:"a proxy that leads anywhere"`
	Private []string   `yaml:"private" unit:"CIDRs" doc:"addresses outside the open network, as those of private networks, the loopback and for special purposes, that hosts may have" stops:"names that lead into the own network"`
	CA      *SigningCA `yaml:"ca" needs:"for hosts with https" doc:"CA that clients trust, which signs the certificates of https hosts"`
}

// SigningCA signs certificates.
type SigningCA struct {
	Cert string `yaml:"cert" needs:"yes" unit:"path" doc:"certificate of the CA, PEM"`
	Key  string `yaml:"key" needs:"yes" unit:"path" doc:"its private key, PEM"`
}

// UnmarshalYAML reads an extractor.
func (e *Extract) UnmarshalYAML(read func(any) error) error {
	type plain Extract
	setDefaults(e)
	return read((*plain)(e))
}

// SpeaksHTTP reports whether the clients of a listener speak HTTP.
func (l *Listener) SpeaksHTTP() bool {
	return l.Protocol == ProtocolHTTP || l.Protocol == ProtocolForward || l.Protocol == ProtocolCheck
}
