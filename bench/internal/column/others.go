package column

import (
	"encoding/json"
	"errors"

	"github.com/fxamacker/cbor/v2"

	"github.com/beamgate/beamgate/bench/internal/payload"
	"github.com/beamgate/beamgate/bench/internal/plain"
)

// others are codecs of other formats on the same data.
var others = []Column{
	{Key: "cbor_check", Title: "fxamacker/cbor Wellformed", Family: Check, once: equivalent("CBOR", toCBOR, cbor.Wellformed)},
	{Key: "cbor_decode", Title: "fxamacker/cbor Unmarshal, any", Family: Decode, once: equivalent("CBOR", toCBOR, func(b []byte) error { var v any; return cbor.Unmarshal(b, &v) })},
	{Key: "cbor_encode", Title: "fxamacker/cbor Marshal, any", Family: Encode, once: values(fromETF, func(v any) error { _, err := cbor.Marshal(v); return err })},
	{Key: "json_check", Title: "encoding/json Valid", Family: Check, once: equivalent("JSON", json.Marshal, validJSON)},
	{Key: "json_decode", Title: "encoding/json Unmarshal, any", Family: Decode, once: equivalent("JSON", json.Marshal, func(b []byte) error { var v any; return json.Unmarshal(b, &v) })},
	{Key: "json_encode", Title: "encoding/json Marshal, any", Family: Encode, once: values(fromETF, func(v any) error { _, err := json.Marshal(v); return err })},
}

func validJSON(b []byte) error {
	if !json.Valid(b) {
		return errors.New("not valid")
	}
	return nil
}

func toCBOR(v any) ([]byte, error) { return cbor.Marshal(v) }

// fromETF decodes a term into what every format has.
func fromETF(b []byte) (any, error) {
	t, err := mode.Decode(b)
	if err != nil {
		return nil, err
	}
	return plain.Value(t)
}

// equivalent makes work on the same data in another format.
func equivalent(format string, encode func(any) ([]byte, error), one func([]byte) error) func(p *payload.Payload) (func() error, error) {
	return func(p *payload.Payload) (func() error, error) {
		q, err := p.In(format, func(b []byte) ([]byte, error) {
			v, err := fromETF(b)
			if err != nil {
				return nil, err
			}
			return encode(v)
		})
		if err != nil {
			return nil, err
		}
		return items(one)(q)
	}
}
