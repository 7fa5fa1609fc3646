package etf

// AppendPid appends a pid. The name of its node has to be one of an atom.
func AppendPid(dst []byte, p Pid) ([]byte, error) { return MinorVersion2.pid(dst, p) }

// AppendPort appends a port. Numbers from 2²⁸ on are for OTP 24 and later.
func AppendPort(dst []byte, p Port) ([]byte, error) { return MinorVersion2.port(dst, p) }

// AppendReference appends a reference of one to five words. More than three are
// for OTP 24 and later.
func AppendReference(dst []byte, r Reference) ([]byte, error) {
	return MinorVersion2.reference(dst, r)
}

// AppendExport appends fun Module:Function/Arity. An arity that is not 0 to 255
// is refused.
func AppendExport(dst []byte, e Export) ([]byte, error) { return MinorVersion2.export(dst, e) }

// AppendFun appends a closure with its free variables, which are not looked at. Of
// OldIndex and OldUniq a BEAM keeps the low 32 bits, which are what is written.
func AppendFun(dst []byte, f Fun, free ...RawTerm) ([]byte, error) {
	b, err := MinorVersion2.funHead(dst, &f, len(free))
	if err != nil {
		return dst, err
	}
	for _, v := range free {
		if len(v) == 0 {
			return dst, cannot(CodeNoTerm)
		}
		b = append(b, v...)
	}
	if err := closeFun(b, len(dst)); err != nil {
		return dst, err
	}
	return b, nil
}
