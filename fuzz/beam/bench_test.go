package beam

import (
	"math/rand/v2"
	"testing"
)

// leaves makes n payloads of the kinds that a differential run is mostly made
// of when it is about leaves: numbers, atoms, strings, binaries, identifiers,
// and one in four damaged.
func leaves(n int, seed uint64) []Case {
	rng := rand.New(rand.NewPCG(seed, 1))
	seeds := leafSeeds()
	cases := make([]Case, n)
	for i := range cases {
		p := append([]byte(nil), seeds[rng.IntN(len(seeds))]...)
		switch rng.IntN(8) {
		case 0:
			p = p[:rng.IntN(len(p))]
		case 1:
			p[1+rng.IntN(len(p)-1)] ^= 1 << rng.IntN(8)
		}
		cases[i] = Case{Payload: p, Want: Words | Safe}
	}
	return cases
}

func leafSeeds() [][]byte {
	var seeds [][]byte
	for _, row := range table {
		if p := unhex(row.hex); row.leaf && len(p) > 1 {
			seeds = append(seeds, p)
		}
	}
	return seeds
}

const benchBatch = 20_000

// BenchmarkJudge measures verdict, used, [safe] and flat words of leaf
// payloads. The goal is 100,000 payloads a second.
func BenchmarkJudge(b *testing.B) {
	o := Require(b, Options{})
	cases := leaves(benchBatch, 7)
	judgeAll(b, o, cases)
	n := 0
	for b.Loop() {
		judgeAll(b, o, cases)
		n += len(cases)
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "payloads/s")
}

// BenchmarkStream is BenchmarkJudge with payloads generated while the VM works.
func BenchmarkStream(b *testing.B) {
	o := Require(b, Options{})
	n := 0
	batches := func(yield func([]Case) bool) {
		for seed := uint64(1); b.Loop(); seed++ {
			n += benchBatch
			if !yield(leaves(benchBatch, seed)) {
				return
			}
		}
	}
	for _, err := range o.Stream(batches) {
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "payloads/s")
}
