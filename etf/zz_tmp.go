package etf

import "reflect"

func sortedKeys(t Term) []int { s := make([]int, t.Len()); for i := range s { s[i] = i }; return s }
func CompareKeys(a, b Term) int { return 0 }
func AppendTerm(dst []byte, t Term) ([]byte, error) { return dst, nil }
type MarshalerTo interface{ MarshalETFTo() error }
func encodeToHook(e *writing, p *plan, v reflect.Value) error { return nil }
