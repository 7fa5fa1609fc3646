package column

import (
	"encoding/json"
	"errors"
	"reflect"

	"github.com/fxamacker/cbor/v2"

	"github.com/beamgate/beamgate/bench/internal/payload"
	"github.com/beamgate/beamgate/etf"
)

// structs are the Go types that payloads are unmarshalled into, by the name of
// the payload. All formats fill the same types.
var structs = map[string]reflect.Type{
	"b_ready":           reflect.TypeFor[ready](),
	"b2_ready_atomkeys": reflect.TypeFor[ready](),
	"i_ready_z":         reflect.TypeFor[ready](),
	"k_structs":         reflect.TypeFor[[]shopUser](),
	"t_floats":          reflect.TypeFor[[]float64](),
	"c_ints":            reflect.TypeFor[[]int64](),
}

// ErrNoType is why columns of structs are empty: no type was written for the
// payload.
var ErrNoType = errors.New("no Go type was written for this payload")

type ready struct {
	Op int       `etf:"op" json:"op"`
	S  int       `etf:"s" json:"s"`
	T  string    `etf:"t,atom" json:"t"`
	D  readyData `etf:"d" json:"d"`
}

type readyData struct {
	V         int      `etf:"v" json:"v"`
	SessionID string   `etf:"session_id" json:"session_id"`
	Latency   float64  `etf:"latency" json:"latency"`
	Shard     [2]int   `etf:"shard,tuple" json:"shard"`
	User      chatUser `etf:"user" json:"user"`
	Guilds    []guild  `etf:"guilds" json:"guilds"`
}

type guild struct {
	ID                string     `etf:"id" json:"id"`
	Name              string     `etf:"name" json:"name"`
	Icon              string     `etf:"icon" json:"icon"`
	OwnerID           string     `etf:"owner_id" json:"owner_id"`
	Region            string     `etf:"region" json:"region"`
	MemberCount       int        `etf:"member_count" json:"member_count"`
	Large             bool       `etf:"large" json:"large"`
	Unavailable       bool       `etf:"unavailable" json:"unavailable"`
	VerificationLevel int        `etf:"verification_level" json:"verification_level"`
	MfaLevel          int        `etf:"mfa_level" json:"mfa_level"`
	PremiumTier       int        `etf:"premium_tier" json:"premium_tier"`
	Features          []string   `etf:"features" json:"features"`
	Channels          []channel  `etf:"channels" json:"channels"`
	Members           []member   `etf:"members" json:"members"`
	Presences         []presence `etf:"presences" json:"presences"`
}

type channel struct {
	ID         string      `etf:"id" json:"id"`
	Name       string      `etf:"name" json:"name"`
	Type       int         `etf:"type" json:"type"`
	Position   int         `etf:"position" json:"position"`
	NSFW       bool        `etf:"nsfw" json:"nsfw"`
	Topic      *string     `etf:"topic" json:"topic"`
	RateLimit  int         `etf:"rate_limit_per_user" json:"rate_limit_per_user"`
	LastID     string      `etf:"last_message_id" json:"last_message_id"`
	Overwrites []overwrite `etf:"permission_overwrites" json:"permission_overwrites"`
}

type overwrite struct {
	ID    string `etf:"id" json:"id"`
	Type  string `etf:"type,atom" json:"type"`
	Allow int64  `etf:"allow" json:"allow"`
	Deny  int64  `etf:"deny" json:"deny"`
}

type member struct {
	User     chatUser `etf:"user" json:"user"`
	Nick     *string  `etf:"nick" json:"nick"`
	Mute     bool     `etf:"mute" json:"mute"`
	Deaf     bool     `etf:"deaf" json:"deaf"`
	Roles    []string `etf:"roles" json:"roles"`
	JoinedAt string   `etf:"joined_at" json:"joined_at"`
}

type chatUser struct {
	ID            string `etf:"id" json:"id"`
	Username      string `etf:"username" json:"username"`
	Avatar        string `etf:"avatar" json:"avatar"`
	Discriminator string `etf:"discriminator" json:"discriminator"`
	Bot           bool   `etf:"bot" json:"bot"`
	PublicFlags   int    `etf:"public_flags" json:"public_flags"`
}

type presence struct {
	User struct {
		ID string `etf:"id" json:"id"`
	} `etf:"user" json:"user"`
	Status     string     `etf:"status,atom" json:"status"`
	Activities []activity `etf:"activities" json:"activities"`
}

type activity struct {
	Name      string `etf:"name" json:"name"`
	Type      int    `etf:"type" json:"type"`
	CreatedAt int64  `etf:"created_at" json:"created_at"`
}

type shopUser struct {
	Struct  string      `etf:"__struct__,atom" json:"__struct__"`
	ID      int         `etf:"id" json:"id"`
	Name    string      `etf:"name" json:"name"`
	Email   string      `etf:"email" json:"email"`
	Age     int         `etf:"age" json:"age"`
	Score   float64     `etf:"score" json:"score"`
	Admin   bool        `etf:"admin" json:"admin"`
	Tags    []string    `etf:"tags" json:"tags"`
	Address shopAddress `etf:"address" json:"address"`
}

type shopAddress struct {
	Struct string `etf:"__struct__,atom" json:"__struct__"`
	Street string `etf:"street" json:"street"`
	City   string `etf:"city" json:"city"`
	Zip    int    `etf:"zip" json:"zip"`
}

// intoStruct fills a new value of the payload's type with each run.
func intoStruct(unmarshal func(b []byte, v any) error) func(p *payload.Payload) (func() error, error) {
	return func(p *payload.Payload) (func() error, error) {
		t, ok := structs[p.Name]
		if !ok {
			return nil, ErrNoType
		}
		return items(func(b []byte) error { return unmarshal(b, reflect.New(t).Interface()) })(p)
	}
}

// otherIntoStruct is intoStruct of the same data in another format.
func otherIntoStruct(format string, encode func(any) ([]byte, error), unmarshal func([]byte, any) error) func(p *payload.Payload) (func() error, error) {
	return func(p *payload.Payload) (func() error, error) {
		t, ok := structs[p.Name]
		if !ok {
			return nil, ErrNoType
		}
		return equivalent(format, encode, func(b []byte) error { return unmarshal(b, reflect.New(t).Interface()) })(p)
	}
}

// fromStruct encodes a value of the payload's type.
func fromStruct(marshal func(any) ([]byte, error)) func(p *payload.Payload) (func() error, error) {
	return func(p *payload.Payload) (func() error, error) {
		t, ok := structs[p.Name]
		if !ok {
			return nil, ErrNoType
		}
		return values(func(b []byte) (any, error) {
			v := reflect.New(t)
			err := mode.Unmarshal(b, v.Interface())
			return v.Interface(), err
		}, func(v any) error { _, err := marshal(v); return err })(p)
	}
}

// terms are the columns that know Go values.
var terms = []Column{
	{Key: "unmarshal_struct", Title: "Unmarshal, structs", Family: Decode, once: intoStruct(mode.Unmarshal)},
	{Key: "unmarshal_any", Title: "Unmarshal, any", Family: Decode, once: items(func(b []byte) error { var v any; return mode.Unmarshal(b, &v) })},
	{Key: "marshal_struct", Title: "Marshal, structs", Family: Encode, once: fromStruct(etf.Marshal)},
	{Key: "marshal", Title: "Marshal, any", Family: Encode, once: values(func(b []byte) (any, error) {
		var v any
		err := mode.Unmarshal(b, &v)
		return v, err
	}, func(v any) error { _, err := etf.Marshal(v); return err })},
	{Key: "append_term", Title: "AppendTerm", Family: Encode, once: appendTerm},
	{Key: "canonicalize", Title: "Canonicalize", Family: Encode, reads: true, once: canonicalize},
	{Key: "cbor_struct", Title: "fxamacker/cbor Unmarshal, structs", Family: Decode, once: otherIntoStruct("CBOR", toCBOR, cbor.Unmarshal)},
	{Key: "json_struct", Title: "encoding/json Unmarshal, structs", Family: Decode, once: otherIntoStruct("JSON", json.Marshal, json.Unmarshal)},
	{Key: "cbor_marshal", Title: "fxamacker/cbor Marshal, structs", Family: Encode, once: fromStruct(toCBOR)},
	{Key: "json_marshal", Title: "encoding/json Marshal, structs", Family: Encode, once: fromStruct(json.Marshal)},
}

func canonicalize(p *payload.Payload) (func() error, error) {
	var dst []byte
	return items(func(b []byte) (err error) {
		dst, err = mode.Canonicalize(dst[:0], b)
		return err
	})(p)
}

func appendTerm(p *payload.Payload) (func() error, error) {
	var dst []byte
	return values(mode.Decode, func(t etf.Term) (err error) {
		dst, err = etf.AppendTerm(dst[:0], t)
		return err
	})(p)
}
