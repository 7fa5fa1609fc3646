package etf

// Encode writes a Go value as one term, as [Marshal] does, in the dialect of the
// Encoder. It may stand wherever a term may. Nothing of v is kept.
//
// The error is a *[MarshalError] if v is no term, an [*EncodeError] if the dialect
// has no form for it or no term may stand here, and else that of the writer. After the
// first two the Encoder is as it was, and another value can take the place of v; the
// last stays, see [Encoder].
func (e *Encoder) Encode(v any) error {
	b, err := e.begin()
	if err != nil {
		return err
	}
	c := defaultMode().c
	w := c.writing()
	defer c.done(w)
	w.b = w.b[:0]
	if err := w.value(v); err != nil {
		return finishMarshal(err)
	}
	if e.o.Dialect == MinorVersion2 {
		return e.scalar(append(b, w.b...), nil)
	}
	return e.scalar(e.o.Dialect.AppendTerm(b, ownTerm(w.b)))
}

// Marshal is [Marshal] in the dialect of the options, and compressed as they say. The
// bytes are the caller's own.
//
// The error is a *[MarshalError] if v is no term, an [*EncodeError] if the dialect has
// no form for it, and another one if the options are none, as of
// [EncodeOptions.NewEncoder]. There are no bytes then.
func (o EncodeOptions) Marshal(v any) ([]byte, error) {
	c := defaultMode().c
	w := c.writing()
	defer c.done(w)
	w.b = w.b[:0]
	if err := w.value(v); err != nil {
		return nil, finishMarshal(err)
	}
	return o.AppendETF(nil, ownTerm(w.b))
}

// TermOf returns the Term that [Marshal] writes for a Go value. It aliases nothing of
// v. The error is a *[MarshalError], and the Term then the zero Term.
func TermOf(v any) (Term, error) {
	c := defaultMode().c
	w := c.writing()
	defer c.done(w)
	w.b = w.b[:0]
	if err := w.value(v); err != nil {
		return Term{}, finishMarshal(err)
	}
	return ownTerm(w.b), nil
}
