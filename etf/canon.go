package etf

// Canonicalize checks src as [Mode.Validate] does and appends the same term in
// the bytes that OTP 25 writes for it with
// term_to_binary(T, [deterministic, {minor_version, 2}]), not compressed. With an
// error, an [*Error], dst is returned as it was.
func (m *Mode) Canonicalize(dst, src []byte) ([]byte, error) {
	t, err := m.Decode(src)
	if err != nil {
		return dst, err
	}
	w := termWriter{b: AppendVersion(dst), own: m.c.config.Node}
	if err := w.write(t); err != nil {
		return dst, err
	}
	return w.b, nil
}
