package etf_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log"

	"github.com/beamgate/beamgate/etf"
)

// erlang stands for bytes that a node sends.
func erlang(v any) []byte {
	b, err := etf.Marshal(v)
	if err != nil {
		log.Fatal(err)
	}
	return b
}

// A map with atoms or binaries as keys.
func ExampleUnmarshal() {
	b := []byte("\x83t\x00\x00\x00\x02w\x02idb\x00\x00\x03\xe8m\x00\x00\x00\x04namem\x00\x00\x00\x03Joe")
	var user struct {
		ID   int    `etf:"id"`
		Name string `etf:"name"`
	}
	if err := etf.Unmarshal(b, &user); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%+v\n", user)
	// Output: {ID:1000 Name:Joe}
}

// A record is a tuple with its name in front, its fields in order.
func ExampleUnmarshal_record() {
	type User struct {
		_     struct{} `etf:",record=user"`
		ID    int
		Name  string
		Email *string  `etf:",undefined"`
		Roles []string `etf:",atom"`
	}
	// {user, 7, <<"Joe">>, undefined, [admin]}
	b := erlang(etf.Tuple{etf.Atom("user"), 7, "Joe", etf.Atom("undefined"), []any{etf.Atom("admin")}})
	var u User
	if err := etf.Unmarshal(b, &u); err != nil {
		log.Fatal(err)
	}
	fmt.Println(u.ID, u.Name, u.Email, u.Roles)
	again, _ := etf.TermOf(u)
	fmt.Println(again)
	// Output:
	// 7 Joe <nil> [admin]
	// {user,7,<<"Joe">>,undefined,[admin]}
}

// A list of pairs and atoms fills a struct as a map does.
func ExampleUnmarshal_proplist() {
	type Options struct {
		Timeout int    `etf:"timeout,required"`
		Active  bool   `etf:"active"`
		Mode    string `etf:"mode,atom"`
	}
	// [{timeout, 5000}, active, {mode, passive}]
	b := erlang([]any{etf.Tuple{etf.Atom("timeout"), 5000}, etf.Atom("active"), etf.Tuple{etf.Atom("mode"), etf.Atom("passive")}})
	var o Options
	if err := etf.Unmarshal(b, &o); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%+v\n", o)
	// Output: {Timeout:5000 Active:true Mode:passive}
}

// Lists are lists of integers, whatever they look like; text comes by tag.
func ExampleUnmarshal_text() {
	b := erlang(map[etf.Atom]any{"ints": []int{104, 105}, "text": []int{104, 105}, "any": etf.Atom("hi"), "io": []any{"h", []any{105}}})
	var v struct {
		Ints []int  `etf:"ints"`
		Text string `etf:"text,charlist"`
		Any  string `etf:"any,text"`
		IO   []byte `etf:"io,iodata"`
	}
	if err := etf.Unmarshal(b, &v); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%v %s %s %s\n", v.Ints, v.Text, v.Any, v.IO)
	// Output: [104 105] hi hi hi
}

// An any takes every term. A map is a map[string]any unless two keys would be
// one.
func ExampleUnmarshal_any() {
	for _, v := range []any{
		map[etf.Atom]any{"a": 1, "b": etf.Atom("x")},
		etf.Pairs{{etf.Atom("a"), 1}, {"a", 2}},
		etf.Tuple{etf.Atom("ok"), []int{1, 2, 300}, nil, 1.5},
	} {
		var x any
		if err := etf.Unmarshal(erlang(v), &x); err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%T %v\n", x, x)
	}
	// Output:
	// map[string]interface {} map[a:1 b:x]
	// etf.Pairs [{a 1} {a 2}]
	// etf.Tuple [ok [1 2 300] <nil> 1.5]
}

// An error says which term did not fit which field, and not what it was.
func ExampleUnmarshalError() {
	type Item struct {
		Price uint8 `etf:"price"`
	}
	type Order struct {
		Items []Item `etf:"items"`
	}
	b := erlang(map[etf.Atom]any{"items": []any{map[etf.Atom]any{"price": 1}, map[etf.Atom]any{"price": 300}}})
	err := etf.Unmarshal(b, new(Order))
	var e *etf.UnmarshalError
	if errors.As(err, &e) {
		fmt.Println(e.Reason, e.Kind, e.Type, e.Field, e.Path)
	}
	// Output: overflow integer uint8 Order.Items.Price value[0]/list[1]/value[0]
}

// Terms one behind the other.
func ExampleDecoder_Decode() {
	mode, err := etf.Strict().Compile()
	if err != nil {
		log.Fatal(err)
	}
	d := mode.NewDecoder(bytes.NewReader(append(erlang("one"), erlang("two")...)))
	for {
		var v string
		if err := d.Decode(&v); err == io.EOF {
			break
		} else if err != nil {
			log.Fatal(err)
		}
		fmt.Println(v)
	}
	// Output:
	// one
	// two
}

// A list that is too long to hold: its elements are read one at a time.
func ExampleDecoder_Elements() {
	mode, err := etf.Strict().Compile()
	if err != nil {
		log.Fatal(err)
	}
	d := mode.NewDecoder(bytes.NewReader(erlang([]any{map[etf.Atom]int{"n": 1}, map[etf.Atom]int{"n": 2}})))
	var row struct{ N int }
	for i, err := range d.Elements(&row) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(i, row.N)
	}
	if _, err := d.ReadToken(); err != io.EOF {
		log.Fatal("something behind the list: ", err)
	}
	// Output:
	// 0 1
	// 1 2
}

// Celsius reads {celsius, T} and {fahrenheit, T} from tokens.
type Celsius float64

// UnmarshalETFFrom implements etf.UnmarshalerFrom.
func (c *Celsius) UnmarshalETFFrom(d *etf.Decoder) error {
	var t etf.Tuple
	if err := d.Decode(&t); err != nil {
		return err
	}
	if len(t) != 2 {
		return errors.New("no temperature")
	}
	degrees, _ := t[1].(float64)
	switch t[0] {
	case etf.Atom("celsius"):
		*c = Celsius(degrees)
	case etf.Atom("fahrenheit"):
		*c = Celsius((degrees - 32) / 1.8)
	default:
		return errors.New("no scale")
	}
	return nil
}

// MarshalETFTo implements etf.MarshalerTo.
func (c Celsius) MarshalETFTo(e *etf.Encoder) error {
	return errors.Join(e.BeginTuple(2), e.Atom("celsius"), e.Float(float64(c)), e.End())
}

func ExampleUnmarshalerFrom() {
	var c []Celsius
	b := erlang([]any{etf.Tuple{etf.Atom("celsius"), 20.5}, etf.Tuple{etf.Atom("fahrenheit"), 50.0}})
	if err := etf.Unmarshal(b, &c); err != nil {
		log.Fatal(err)
	}
	fmt.Println(c)
	// Output: [20.5 10]
}

func ExampleMarshalerTo() {
	t, err := etf.TermOf([]Celsius{20.5})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(t)
	// Output: [{celsius,20.5}]
}

// Message looks at its term before it says what it is.
type Message struct{ Body any }

// UnmarshalETF implements etf.Unmarshaler.
func (m *Message) UnmarshalETF(b []byte) error {
	var t etf.Term
	if err := etf.Unmarshal(b, &t); err != nil {
		return err
	}
	if t.Index(0).IsAtom("ping") {
		m.Body = "ping"
		return nil
	}
	return etf.Unmarshal(b, &m.Body)
}

// MarshalETF implements etf.Marshaler.
func (m Message) MarshalETF() ([]byte, error) { return etf.Marshal(m.Body) }

func ExampleUnmarshaler() {
	var all []Message
	b := erlang([]any{etf.Tuple{etf.Atom("ping"), 1}, 5})
	if err := etf.Unmarshal(b, &all); err != nil {
		log.Fatal(err)
	}
	fmt.Println(all)
	// Output: [{ping} {5}]
}

// What Marshal writes is what OTP's deterministic term_to_binary/2 writes.
func ExampleMarshal() {
	b, err := etf.Marshal(map[string]any{"b": []int{1, 2, 3}, "a": etf.Atom("ok")})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%q\n", b)
	// Output: "\x83t\x00\x00\x00\x02m\x00\x00\x00\x01aw\x02okm\x00\x00\x00\x01bk\x00\x03\x01\x02\x03"
}

// Replies of a gen_server and of most of Erlang's functions.
func ExampleResult() {
	for _, v := range []any{etf.Tuple{etf.Atom("ok"), 7}, etf.Tuple{etf.Atom("error"), etf.Atom("enoent")}} {
		var r etf.Result[int, etf.Atom]
		if err := etf.Unmarshal(erlang(v), &r); err != nil {
			log.Fatal(err)
		}
		if v, ok := r.Get(); ok {
			fmt.Println("value", v)
		} else {
			fmt.Println("reason", r.Reason)
		}
	}
	// Output:
	// value 7
	// reason enoent
}
