package gen

func (r *recoder) terms(dst []byte, n uint64) []byte {
	for range n {
		if r.failed {
			return dst
		}
		dst = r.term(dst)
	}
	return dst
}

func (r *recoder) tuple(dst []byte, n uint64) []byte {
	if n < 256 && !r.g.t.chance(64) {
		dst = append(dst, 104, byte(n))
	} else {
		dst = be.AppendUint32(append(dst, 105), uint32(n))
	}
	return r.terms(dst, n)
}

// pairs reads a map; its pairs may change places.
func (r *recoder) pairs(dst []byte, n uint64) []byte {
	dst = be.AppendUint32(append(dst, 116), uint32(n))
	if !r.shuffle {
		return r.terms(dst, 2*n)
	}
	var pairs [][]byte
	for range n {
		if r.failed {
			return dst
		}
		pairs = append(pairs, r.term(r.term(nil)))
	}
	for i := len(pairs) - 1; i > 0; i-- {
		j := r.g.t.n(i + 1)
		pairs[i], pairs[j] = pairs[j], pairs[i]
	}
	for _, p := range pairs {
		dst = append(dst, p...)
	}
	return dst
}

// cell is an element of a list, and its value if that is a byte.
type cell struct {
	enc   []byte
	value int // -1: no byte
}

// list reads a list with all lists in its tail, and cuts it anew.
func (r *recoder) list(dst []byte) []byte {
	var cells []cell
	for r.peek() == 108 && !r.failed {
		r.take(1)
		for range r.uint(4) {
			if r.failed {
				return dst
			}
			cells = append(cells, r.cell())
		}
	}
	var tail []byte
	switch r.peek() {
	case 107:
		r.take(1)
		for _, c := range r.take(int(r.uint(2))) {
			cells = append(cells, cell{[]byte{97, c}, int(c)})
		}
	case 106:
		r.take(1)
	default:
		tail = r.term(nil)
	}
	return r.appendCells(dst, cells, tail)
}

func (r *recoder) cell() cell {
	value := -1
	if tag := r.peek(); tag == 97 || tag == 98 || tag == 110 || tag == 111 {
		ahead := *r
		if d, neg := ahead.digits(); len(d) == 0 {
			value = 0
		} else if len(d) == 1 && !neg {
			value = int(d[0])
		}
	}
	return cell{r.term(nil), value}
}

func (r *recoder) appendCells(dst []byte, cells []cell, tail []byte) []byte {
	g := r.g
	for len(cells) > 0 {
		if tail == nil && len(cells) < 65536 && g.t.chance(128) && onlyBytes(cells) {
			dst = be.AppendUint16(append(dst, 107), uint16(len(cells)))
			for _, c := range cells {
				dst = append(dst, byte(c.value))
			}
			return dst
		}
		n := len(cells)
		if g.t.chance(48) {
			n = 1 + g.t.n(n)
		}
		dst = be.AppendUint32(append(dst, 108), uint32(n))
		for _, c := range cells[:n] {
			dst = append(dst, c.enc...)
		}
		cells = cells[n:]
	}
	if tail != nil {
		return append(dst, tail...)
	}
	switch g.t.n(12) {
	case 10:
		return append(dst, 107, 0, 0)
	case 11:
		return append(dst, 108, 0, 0, 0, 0, 106)
	}
	return append(dst, 106)
}

func onlyBytes(cells []cell) bool {
	for _, c := range cells {
		if c.value < 0 {
			return false
		}
	}
	return true
}
