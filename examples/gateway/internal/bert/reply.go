package bert

import "github.com/beamgate/beamgate/examples/gateway/internal/term"

// appendError writes {error, {Kind, Number, Class, Detail, []}}.
func appendError(kind string, number int64, class, detail string) []byte {
	return term.Message(term.Tuple(term.Atom("error"), term.Tuple(
		term.Atom(kind), term.Int(number), term.Bin(class), term.Bin(detail), term.List())))
}
