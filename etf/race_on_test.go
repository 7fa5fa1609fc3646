//go:build race

package etf_test

// raceEnabled: sync.Pool drops what it is given now and then.
const raceEnabled = true
