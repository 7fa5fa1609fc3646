package inflate

import (
	"bytes"
	"encoding/binary"
	"io"
	"math/rand/v2"
	"testing"

	"github.com/beamgate/beamgate/fuzz/beam"
)

// inflater is the zlib of a BEAM, asked for raw streams: it answers with 1 and the bytes,
// or with 0.
const inflater = `P = open_port({fd, 0, 1}, [{packet, 4}, binary, eof]),
F = fun(F) ->
	receive
		{P, {data, D}} ->
			Z = zlib:open(),
			zlib:inflateInit(Z, -15),
			R = try
				O = iolist_to_binary(zlib:inflate(Z, D)),
				ok = zlib:inflateEnd(Z),
				<<1, O/binary>>
			catch error:_ -> <<0>>
			end,
			zlib:close(Z),
			port_command(P, R),
			F(F);
		{P, eof} -> halt()
	end
end,
F(F).`

// TestLikeErlangs: what zlib makes of a stream in a BEAM, the Decoder makes of it.
func TestLikeErlangs(t *testing.T) {
	erl, _ := beam.Need(t)
	in, out := beam.Pipe(t, erl, "-noinput", "-boot", "start_clean", "-eval", inflater)

	var d Decoder
	seen := map[Status]int{}
	ask := func(z []byte) {
		t.Helper()
		got := inflateAll(&d, z, whole, whole)
		if got.status == Full {
			return // more than enough
		}
		if got.status == End {
			z = z[:got.used] // which has to be all that zlib needs
		}
		if _, err := in.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(z))), z...)); err != nil {
			t.Fatal(err)
		}
		var n [4]byte
		if _, err := io.ReadFull(out, n[:]); err != nil {
			t.Fatal(err)
		}
		answer := make([]byte, binary.BigEndian.Uint32(n[:]))
		if _, err := io.ReadFull(out, answer); err != nil {
			t.Fatal(err)
		}
		if good := answer[0] == 1; good != (got.status == End) || good && !bytes.Equal(answer[1:], got.out) {
			t.Errorf("status %d and %d bytes, zlib: %d and %d\n%x", got.status, len(got.out), answer[0], len(answer)-1, z)
		}
		seen[got.status]++
	}
	for _, c := range craftedStreams() {
		ask(c.s.b)
	}
	r := rand.New(rand.NewPCG(7, 8))
	for range 200 {
		z := deflate(r, sample(r, 1+r.IntN(1<<r.IntN(16))))
		ask(z)
		for range 10 {
			ask(damage(r, z))
		}
	}
	if seen[End] < 100 || seen[Short] < 100 || seen[Corrupt] < 100 {
		t.Errorf("streams came to %v", seen)
	}
}
