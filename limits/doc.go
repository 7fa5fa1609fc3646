// Package limits holds the caps that keep a decoder of the Erlang External Term
// Format alive in front of a hostile sender, and the budget that keeps the atom
// table of a BEAM node alive behind it.
//
// A [Limits] value says how much one term may cost. Two presets exist:
// [Strict], which package safe uses, and [Default], which package etf uses.
// Every cap is on in both; what a zero field means is decided by the preset, so
// a forgotten field is never an open door:
//
//	limits.Limits{MaxDepth: 64}        // the preset, with another depth
//	limits.Limits{MaxInflated: limits.None}     // nothing may be inflated
//	limits.Limits{MaxTerms: limits.NoLimit}     // no cap, written out
//
// An [AtomBudget] bounds something that no single term shows: the atoms that a
// node will have learned, for ever, when a million harmless terms have passed.
package limits
