package etf_test

import (
	"fmt"
	"log"
	"math/big"
	"time"

	"github.com/beamgate/beamgate/etf"
)

// An Elixir struct whose module is pinned.
func ExampleUnmarshal_struct() {
	type User struct {
		_     struct{}  `etf:",struct=Elixir.MyApp.User"`
		ID    int       `etf:"id"`
		Name  string    `etf:"name"`
		Since time.Time `etf:"since"`
	}
	b := erlang(map[etf.Atom]any{
		"__struct__": etf.Atom("Elixir.MyApp.User"), "id": 7, "name": "José",
		"since": etf.DateTime{Time: time.Date(2024, 2, 29, 12, 0, 0, 0, time.FixedZone("CET", 3600)), Zone: "Europe/Paris"},
	})
	var u User
	if err := etf.Unmarshal(b, &u); err != nil {
		log.Fatal(err)
	}
	fmt.Println(u.ID, u.Name, u.Since.Format(time.RFC3339), u.Since.Location())
	// Output: 7 José 2024-02-29T12:00:00+01:00 Europe/Paris
}

// A row of Ecto: bookkeeping is ignored, what is not loaded stays nil.
func ExampleUnmarshal_ecto() {
	type Post struct {
		ID         int       `etf:"id"`
		Title      string    `etf:"title,nilzero"`
		Price      string    `etf:"price,decimal"`
		InsertedAt time.Time `etf:"inserted_at,naive"`
		Author     *struct{} `etf:"author"`
	}
	b := erlang(map[etf.Atom]any{
		"__struct__": etf.Atom("Elixir.MyApp.Post"), "__meta__": map[etf.Atom]any{"state": etf.Atom("loaded")},
		"id": 1, "title": nil, "price": etf.Decimal{Coef: big.NewInt(1299), Exp: -2},
		"inserted_at": etf.NaiveDateTime{Time: time.Date(2024, 1, 1, 0, 1, 0, 0, time.UTC)},
		"author": map[etf.Atom]any{
			"__struct__": etf.Atom("Elixir.Ecto.Association.NotLoaded"), "__field__": etf.Atom("author"),
			"__owner__": etf.Atom("Elixir.MyApp.Post"), "__cardinality__": etf.Atom("one"),
		},
	})
	var p Post
	if err := etf.Unmarshal(b, &p); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%d %q %s %s %v\n", p.ID, p.Title, p.Price, p.InsertedAt.Format(time.DateTime), p.Author)
	// Output: 1 "" 12.99 2024-01-01 00:01:00 <nil>
}

func ExampleDateTime() {
	b := erlang(etf.DateTime{Time: time.Date(2024, 7, 1, 12, 0, 0, 5000, time.FixedZone("CEST", 7200)), Zone: "Europe/Paris", StdOffset: 3600, Precision: 6})
	var dt etf.DateTime
	if err := etf.Unmarshal(b, &dt); err != nil {
		log.Fatal(err)
	}
	fmt.Println(dt.Time, dt.Zone, dt.StdOffset, dt.Precision)
	// Output: 2024-07-01 12:00:00.000005 +0200 CEST Europe/Paris 3600 6
}

func ExampleNaiveDateTime() {
	t, _ := etf.TermOf(etf.NaiveDateTime{Time: time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC)})
	year, _ := t.Get("year")
	fmt.Println(year, t.Len())
	// Output: 2024 9
}

func ExampleDate() {
	var d etf.Date
	if err := etf.Unmarshal(erlang(etf.Date{Year: 2024, Month: 2, Day: 29}), &d); err != nil {
		log.Fatal(err)
	}
	fmt.Println(d, d.Time().Weekday())
	// Output: {2024 February 29} Thursday
}

func ExampleTimeOfDay() {
	t, _ := etf.TermOf(etf.TimeOfDay{Hour: 23, Minute: 59, Second: 59, Microsecond: 5, Precision: 6})
	us, _ := t.Get("microsecond")
	fmt.Println(us)
	// Output: {5,6}
}

func ExampleDecimal() {
	d, err := etf.ParseDecimal("-12.50")
	if err != nil {
		log.Fatal(err)
	}
	t, _ := etf.TermOf(d)
	fmt.Println(d.Coef, d.Exp, d, t)
	// Output: 1250 -2 -12.50 #{'__struct__' => 'Elixir.Decimal',coef => 1250,exp => -2,sign => -1}
}

func ExampleMapSet() {
	var s etf.MapSet[string]
	if err := etf.Unmarshal(erlang(etf.MapSet[string]{"b", "a"}), &s); err != nil {
		log.Fatal(err)
	}
	fmt.Println(s)
	// Output: [a b]
}

func ExampleRange() {
	t, _ := etf.TermOf(etf.Range{First: 1, Last: 10, Step: 2})
	fmt.Println(t)
	// Output: #{'__struct__' => 'Elixir.Range',first => 1,last => 10,step => 2}
}

func ExampleURI() {
	var u etf.URI
	host := "example.com"
	if err := etf.Unmarshal(erlang(etf.URI{Host: &host}), &u); err != nil {
		log.Fatal(err)
	}
	fmt.Println(*u.Host, u.Port == nil)
	// Output: example.com true
}

func ExampleVersion() {
	t, _ := etf.TermOf(etf.Version{Major: 1, Minor: 14, Pre: []any{"rc", 1}})
	pre, _ := t.Get("pre")
	fmt.Println(pre)
	// Output: [<<"rc">>,1]
}

func ExampleException() {
	message, _ := etf.TermOf("bad argument")
	b := erlang(etf.Exception{Module: "Elixir.ArgumentError", Fields: map[etf.Atom]etf.Term{"message": message}})
	var err etf.Exception
	if failed := etf.Unmarshal(b, &err); failed != nil {
		log.Fatal(failed)
	}
	fmt.Println(err.Error())
	// Output: ArgumentError: bad argument
}
