package wire

import (
	"encoding/binary"
	"math"
)

// run reads heads until there is something to tell, see Event.
//
// With one set it stops after each token; else at the end of the term, or as
// soon as a container closes that has no more than floor containers around it.
func (m *Machine) run(one bool, floor int) Event {
	if m.errCode != OK {
		return EvFail
	}
	if m.done {
		return EvDone
	}
	m.stop, m.floor, m.fast = false, floor, !one && m.hook == nil && m.tree.starts == nil
	if !m.started {
		if b := m.buf[m.pos:]; len(b) >= 2 && b[0] == Version && b[1] != TagCompressed { // as start does
			m.pos++
			m.begun()
		} else if ev := m.start(); ev != evAgain {
			return ev
		}
	}
	for ended := false; ; {
		x := m.scan(m.view(), ended)
		ended = false
		var ev Event
		switch x {
		case exitMore:
			return m.wait(1)
		case exitEdge:
			continue // what is left is read as a tail
		case exitHead:
			return m.waitHead(m.buf[m.pos])
		case exitSpecial:
			if ev = m.step(one); ev == evScalar && !m.endScalar(one) {
				ev = EvFail
			}
		case exitScalar:
			ev = m.scalar(one)
		case exitAtom:
			ev = m.shortAtom(one)
		case exitBinary:
			if ev = EvFail; m.takeBinary(m.arg.n) {
				ev = m.endHead(one)
			}
		case exitOpen:
			ev = m.open(m.arg.opens, m.arg.n, m.arg.width, one)
		case exitRare, exitWideAtom:
			if x == exitWideAtom {
				m.pos--
			}
			tag := m.buf[m.pos]
			if m.p.need[tag] > len(m.buf)-m.pos { // scan leaves that open beyond longest bytes
				return m.waitHead(tag)
			}
			if ev = m.rare(tag); ev == evScalar {
				ev = m.endHead(one)
			}
		case exitFar:
			m.markFar()
			continue
		case exitThin:
			ev = m.thinList()
		case exitClose:
			if !m.closeKeyed() {
				return EvFail
			}
			m.stop = m.stop || len(m.stack) <= m.floor
			ev = evScalar
		case exitDone:
			switch {
			case one && !m.cur.quiet:
				return EvToken
			case m.stop:
				return EvSkipped
			case m.done:
				return EvDone
			}
			continue
		}
		switch ev {
		case evScalar:
			if ended = true; one && m.top.left > 1 && !m.cur.quiet {
				m.top.left-- // as scan does, which would stop at once
				return EvToken
			}
		case evAgain:
		default:
			return ev
		}
	}
}

// Scan loads heads and short payloads without asking each time whether they are
// all there: a view of the window has at least margin bytes behind whatever scan
// takes. Where the window ends, the view is a copy of its last bytes with zeros
// behind them, and the last heads are checked for length first.
//
//	buf  [ …                    | tail ]
//	view                        [ tail | zeros ]     tail <= tailMax, zeros = margin
const (
	margin  = 32             // more than any load of scan reaches
	tailMax = 128            // at least scanMax and margin, so that where scan turns back there is a tail
	scanMax = 5 + heapBinMax // the most that scan takes in one piece
	_       = uint(tailMax - scanMax - margin)

	scanName = heapBinMax // the longest name that scan waits for a view of
	_        = uint(scanMax - 2 - scanName)

	longest = 16 // more than any fixed part that scan reads

	narrowGap  = 128 // the most that scan copies when it writes a term anew
	narrowRoom = narrowGap + 8
)

// view returns what scan is to read: a tail, where scan could come too close to the
// end of the window.
func (m *Machine) view() []byte {
	b := m.buf[m.pos:]
	if len(b) <= tailMax {
		return m.tailView(b)
	}
	m.end = len(m.buf)
	return b
}

// tailView copies the last bytes of the window, unless it has them already.
func (m *Machine) tailView(b []byte) []byte {
	n, end := len(b), m.base+int64(len(m.buf))
	if m.padEnd != end || m.padded < n {
		copy(m.pad[:tailMax], b)
		clear(m.pad[n : n+margin])
		m.padEnd, m.padded = end, n
	}
	m.end = len(m.buf) + margin
	return m.pad[m.padded-n : m.padded+margin]
}

// op is what scan does with a head.
type op uint8

const (
	opHead op = iota // unknown or refused: the code is in Program.code
	opRare
	opSmallInteger
	opInteger
	opNil
	opWideAtom
	opAtom
	opBinary
	opFloat
	opSmallBig
	opSmallTuple
	opLargeTuple
	opList
	opString
	opMap
)

// ops are the tags that scan reads.
var ops = [256]op{
	TagSmallInteger:  opSmallInteger,
	TagInteger:       opInteger,
	TagNil:           opNil,
	TagSmallAtomUTF8: opAtom,
	TagSmallAtom:     opAtom,
	TagAtomUTF8:      opWideAtom,
	TagAtom:          opWideAtom,
	TagBinary:        opBinary,
	TagNewFloat:      opFloat,
	TagSmallBig:      opSmallBig,
	TagSmallTuple:    opSmallTuple,
	TagLargeTuple:    opLargeTuple,
	TagList:          opList,
	TagString:        opString,
	TagMap:           opMap,
}

// exit says why scan came back.
type exit uint8

const (
	exitMore     exit = iota // the window is used up
	exitEdge                 // nearly so: a view of its tail is wanted
	exitHead                 // the head at m.pos is cut, unknown or refused
	exitSpecial              // no ordinary head comes next
	exitScalar               // m.arg is a scalar somebody wants to look at, checked and charged
	exitAtom                 // … an atom that has to be looked up
	exitWideAtom             // … one with a length of two bytes, the first of which is read over
	exitBinary               // … a binary that is large or not all there
	exitOpen                 // … a container that may not be opened or needs more than that
	exitRare                 // a head that scan does not read
	exitClose                // the top frame, complete, is (in) a key, or written anew
	exitFar                  // the place of a key has no room, or is far from the last
	exitThin                 // a list of no elements that is to be left out
	exitDone                 // a term has ended, and run may have to stop
)

// openKinds are the kinds of the containers that scan opens.
var openKinds = [8]Kind{clsTuple: KindTuple, clsList: KindList, clsMap: KindMap}

// args is what scan has read of the head at m.pos.
type args struct {
	n     int64
	end   int // of a scalar, from its head
	width int
	opens class
}

// scan is the step loop: it reads heads, checks and charges them, and opens and
// closes containers as long as nobody wants to look at a term. All else is done
// by the functions that run calls for each exit; most tags are read here and
// nowhere else, the others in rare.
//
// What a case may decide here: the kind of the term, that it fits the window, and
// what it costs. What it must leave to the function of its exit: a refusal with its
// code (scan never fails the Machine), a term that somebody looks at, and whatever
// needs a call. Each path asks in three steps, cheapest first:
//
//	cls < clsMap || cls == clsMap && left&1 != 0
//	    Nobody looks, and the term is no key: it is counted and forgotten. With any
//	    mark cls is above clsMap, so this is one or two comparisons. A map has two
//	    children for each pair, so keys stand where left is even.
//	cls&built, cls&recoded
//	    A tree is planted, or the term is written anew: both read accepted terms
//	    whose keys have been judged.
//	else
//	    A key, a token, the tail of a list: an exit.
//
// The words of a term's own place were paid by its container; charged here is what
// it has beside that. Integers of up to 60 bits, atoms and [] are immediates of a
// 64-bit BEAM and have nothing.
//
// It calls nothing, so that its state stays in registers. The view b shrinks
// from the front as heads are read; its capacity is its length, which saves a
// register. left and cls are those of the top frame, cls with the mark looked if
// somebody looks at each term. With ended it goes on behind a term that run has
// completed.
func (m *Machine) scan(b []byte, ended bool) (x exit) {
	p := m.p
	b = b[:len(b):len(b)]
	left, cls := m.top.left, m.top.cls
	end := m.end
	near, mark := margin, class(0) // up to near bytes ask for a closer look
	if m.recoding {
		near = math.MaxInt
	} else if end != len(m.buf) {
		near += longest
	}
	if !m.fast {
		mark = looked
	} else if m.building {
		mark = built
	} else if m.recoding {
		mark = recoded
	}
	s := &m.tree
	cls |= mark
	// run has read a term that stands in the top frame. Who wants each token, or waits
	// for a container, gets it before the next head is looked at.
	if ended {
		left--
		if left != 0 && (mark == looked || m.stop) {
			x = exitDone
			goto out
		}
	}
	// Tails of lists, elements of strings, payloads and parts that go on are step's.
	// A hashed container is not: its terms leave by exits for their hashes.
	if cls&^scanMarks > clsImproper && left != 0 {
		if c := cls &^ (scanMarks | hashed | watched); c > clsImproper { // pending too
			x = exitSpecial
			goto out
		}
	}
again:
	for {
		for left != 0 {
			// Ahead of near bytes nothing has to be asked here. A head and margin bytes
			// behind it can be loaded unasked; in a view of the window's tail margin zeros
			// stand behind the input, so that the same test ends it there.
			if len(b) <= near {
				tail := end != len(m.buf)
				if len(b) <= margin {
					if x = exitEdge; tail {
						x = exitMore
					}
					goto out
				}
				// What is behind the end is zeros and no input, so the fixed part of the head
				// has to be there. For a refused tag need is never, more than any window, and
				// its code comes before "truncated", as the order of errors at one head wants.
				if x = exitHead; tail && p.need[b[0]] > len(b)-margin {
					goto out
				}
				// A key of a map that is written anew: where it begins is needed at the end,
				// to put the pairs in order.
				if x = exitFar; cls == clsMap|recoded && left&1 == 0 && !m.code.mark(end-len(b)) {
					goto out
				}
			}

			var opens class
			var n, children, cost int64
			var width int
			switch p.ops[b[0]] {
			// SMALL_INTEGER_EXT: tag and a byte.
			case opSmallInteger:
				if cls < clsMap || cls == clsMap && left&1 != 0 {
					b = b[2:len(b):len(b)]
					left--
					continue
				}
				if cls&built != 0 {
					s.nodes[s.at.end-int(left)] = Node{uint64(KindInteger), uint64(b[1])}
					b = b[2:len(b):len(b)]
					left--
					continue
				}
				if cls&recoded != 0 {
					b = b[2:len(b):len(b)]
					left--
					continue
				}
				m.arg.end = 2
				x = exitScalar
				goto out

			// INTEGER_EXT: 32 bits with a sign. Written anew it stays as it is unless the one
			// byte of SMALL_INTEGER_EXT holds it: the bits of a negative number are above 255.
			case opInteger:
				if cls < clsMap || cls == clsMap && left&1 != 0 {
					b = b[5:len(b):len(b)]
					left--
					if cls <= clsList {
						// A run of integers: the container has paid for them all.
						for left >= 4 && len(b) >= 20+margin && b[0] == TagInteger && b[5] == TagInteger && b[10] == TagInteger && b[15] == TagInteger {
							b = b[20:len(b):len(b)]
							left -= 4
						}
					}
					continue
				}
				if cls&built != 0 {
					s.nodes[s.at.end-int(left)] = Node{uint64(KindInteger), uint64(int64(int32(be32(b, 1))))}
					b = b[5:len(b):len(b)]
					left--
					// The same run for a tree. Only whole fours, and only as many as the
					// container still wants, so the end of the container is not overrun.
					for left >= 4 && len(b) >= 20+margin && b[0] == TagInteger && b[5] == TagInteger && b[10] == TagInteger && b[15] == TagInteger {
						to := s.nodes[s.at.end-int(left):][:4:4]
						to[0] = Node{uint64(KindInteger), uint64(int64(int32(be32(b, 1))))}
						to[1] = Node{uint64(KindInteger), uint64(int64(int32(be32(b, 6))))}
						to[2] = Node{uint64(KindInteger), uint64(int64(int32(be32(b, 11))))}
						to[3] = Node{uint64(KindInteger), uint64(int64(int32(be32(b, 16))))}
						b = b[20:len(b):len(b)]
						left -= 4
					}
					continue
				}
				if cls&recoded != 0 && be32(b, 1) > 255 {
					b = b[5:len(b):len(b)]
					left--
					continue
				}
				m.arg.end = 5
				x = exitScalar
				goto out

			// NIL_EXT as an element. As the tail of a list it is read where the list ends, below.
			case opNil:
				if cls < clsMap || cls == clsMap && left&1 != 0 {
					b = b[1:len(b):len(b)]
					left--
					continue
				}
				if cls&built != 0 {
					s.nodes[s.at.end-int(left)] = Node{uint64(KindNil), 0}
					b = b[1:len(b):len(b)]
					left--
					continue
				}
				if cls&recoded != 0 {
					b = b[1:len(b):len(b)]
					left--
					continue
				}
				m.arg.end = 1
				x = exitScalar
				goto out

			// ATOM_UTF8_EXT and ATOM_EXT, with a length of two bytes. With a name that fits in
			// words they are as the others, one byte later.
			case opWideAtom:
				if b[1] != 0 || b[2]-1 >= wordsMax || cls&(looked|recoded) != 0 || 3+int(b[2])+margin > len(b) {
					if x = exitRare; cls&recoded != 0 {
						goto narrow
					}
					goto out
				}
				b = b[1:len(b):len(b)] // so that b[0] is 0
				fallthrough

			// SMALL_ATOM_UTF8_EXT and SMALL_ATOM_EXT, the ones with a length of one byte. A
			// name that does not fit the view is looked at in one piece: in the next view if
			// that can hold it, else by shortAtom, which waits for its bytes.
			case opAtom:
				k := uint(b[1])
				if 2+int(k)+margin > len(b) {
					if x = exitEdge; end != len(m.buf) || k > scanName {
						m.arg.end = 2 + int(k)
						x = exitAtom
					}
					goto out
				}
				// UTF-8 is canonical, and was checked in the first pass. Latin-1 is not.
				if cls&recoded != 0 && b[0] == TagSmallAtomUTF8 {
					b = b[2+int(k) : len(b) : len(b)]
					left--
					continue
				}
				if k-1 < shortMax && cls&(looked|recoded) == 0 {
					// A short name is its own entry, see atomTable.
					// Two loads get all of it: margin covers them, and what they have of the bytes
					// behind the name is masked off. Only ASCII may go on: there Latin-1 and UTF-8
					// are the same bytes, so that both tags give one entry, and one byte is one
					// character for MaxAtomChars.
					mask := &shortMasks[k&wordsMax]
					lo := le64(b, 2) & mask.lo
					hi := le64(b, 10) & mask.hi
					e := entry{lo, hi | mask.mark}
					if (lo|hi)&highBits == 0 && m.atoms < p.maxAtoms {
						t := m.seen.tab
						gen := m.seen.gen
						// Linear probing. A slot of another generation is free: the table is emptied
						// by counting gen up. The break is the way out to shortAtom, which asks again
						// with all rules and their codes.
						for i := p.place(e); ; i++ {
							if i &= uint64(len(t) - 1); i >= uint64(len(t)) {
								break
							}
							s := &t[i]
							if s.gen != gen {
								// A first sight is taken here only if no rule on names can object: the
								// table has room under MaxDistinctAtoms, no set, pattern or budget wants
								// to hear of it, no tree has to keep it, MaxKeyState has a place, and it
								// is not too long.
								if m.seen.n >= m.seen.room || m.names != nil || cls&built != 0 || m.keyRoom <= 0 || int64(k) > p.maxAtomChars {
									break
								}
								s.a, s.x, s.gen, s.id = lo, e.x, gen, uint32(m.seen.n)
								m.seen.n++
								m.keyRoom--
							} else if s.a != lo || s.x != e.x {
								continue
							}
							if cls&built != 0 {
								tr := &m.tree
								id := int(s.id)
								if id == len(tr.atoms) { // the first time: its name is lo and hi
									to := len(tr.names)
									if id == cap(tr.atoms) || to+shortMax > cap(tr.names) {
										break
									}
									name := tr.names[to : to+shortMax : to+shortMax]
									binary.LittleEndian.PutUint64(name, lo)
									binary.LittleEndian.PutUint64(name[8:], hi)
									tr.names = tr.names[:to+int(k)]
									tr.atoms = tr.atoms[:id+1]
									tr.atoms[id] = Node{uint64(KindAtom) | uint64(k)<<nodeLenAt, uint64(to)}
								}
								tr.nodes[tr.at.end-int(left)] = tr.atoms[id]
							} else if cls >= clsMap && left&1 == 0 || cls > clsMap {
								// A key: atoms are told apart by their numbers. One that may be __struct__
								// is for the rule on structs, if there is one.
								if cls != clsMap || m.keyRoom <= 0 || lo == structLow && m.ruled {
									break
								}
								st := &m.maps[len(m.maps)-1]
								// One of the first 128 atoms has a bit in its map; of the others the
								// stamp says which map had it last. A stamp of this map or one around
								// it is the slow path's: a duplicate, or to be restored later.
								if id := uint(s.id); id < mapAtoms {
									word, bit := &st.atoms[id/64], uint64(1)<<(id%64)
									if *word&bit != 0 {
										break
									}
									*word |= bit
								} else if id -= mapAtoms; id < uint(len(m.seen.stamps)) && m.seen.stamps[id] < m.maps[0].serial && st.serial != lastSerial {
									m.seen.stamps[id] = st.serial
								} else {
									break
								}
								m.keyRoom--
							}
							m.atoms++
							b = b[2+int(k) : len(b) : len(b)]
							left--
							goto next
						}
					}
				}
				goto name

			// BINARY_EXT of up to 64 bytes, a heap binary: two words and its bytes. Larger
			// ones live off-heap and cost by release; blob tells which cap was hit.
			case opBinary:
				n = int64(be32(b, 1))
				words := m.words + 2 + (n+7)>>3
				if n > heapBinMax || n > p.maxBlob || words > p.maxWords {
					m.arg.n = n
					x = exitBinary
					goto out
				}
				if 5+int(n)+margin > len(b) {
					if x = exitEdge; end != len(m.buf) {
						m.arg.n = n
						x = exitBinary
					}
					goto out
				}
				m.words = words
				m.payBytes += n
				if cls < clsMap || cls == clsMap && left&1 != 0 {
					b = b[5+int(n) : len(b) : len(b)]
					left--
					continue
				}
				if cls&recoded != 0 {
					b = b[5+int(n) : len(b) : len(b)]
					left--
					continue
				}
				if cls&built != 0 {
					s.nodes[s.at.end-int(left)] = Node{uint64(KindBinary) | uint64(n)<<nodeLenAt, uint64(end - len(b) + 5)}
					b = b[5+int(n) : len(b) : len(b)]
					left--
					continue
				}
				if k := len(m.maps) - 1; cls == clsMap && m.keyRoom > 0 && k >= 0 {
					// A key that is above the last one differs from all, see mapState.
					st := &m.maps[k]
					key := be64(b, 5) >> 1
					if n < 8 {
						key &= prefixMasks[n&7]
					}
					if k := m.nsorted; key > st.last && uint(k) < uint(len(m.sorted)) {
						st.last = key
						m.sorted[k] = end - len(b)
						m.nsorted = k + 1
						m.keyRoom--
						b = b[5+int(n) : len(b) : len(b)]
						left--
						continue
					}
				}
				m.arg.end = 5 + int(n)
				x = exitScalar
				goto out

			// NEW_FLOAT_EXT. An exponent of all ones is NaN or an infinity, which no BEAM
			// takes: rare refuses it. Text floats (FLOAT_EXT) are rare altogether.
			case opFloat:
				words := m.words + wordsFloat
				if be16(b, 1)&0x7ff0 == 0x7ff0 || words > p.maxWords {
					x = exitRare
					goto out
				}
				m.words = words
				if cls < clsMap || cls == clsMap && left&1 != 0 {
					b = b[9:len(b):len(b)]
					left--
					if cls <= clsList {
						// A run of floats, two at a time. One of them at its end that is not finite,
						// or not affordable, is read above.
						for left >= 2 && len(b) >= 18+margin && b[0] == TagNewFloat && b[9] == TagNewFloat &&
							be16(b, 1)&0x7ff0 != 0x7ff0 && be16(b, 10)&0x7ff0 != 0x7ff0 && m.words+2*wordsFloat <= p.maxWords {
							m.words += 2 * wordsFloat
							b = b[18:len(b):len(b)]
							left -= 2
						}
					}
					continue
				}
				if cls&recoded != 0 {
					b = b[9:len(b):len(b)]
					left--
					continue
				}
				if cls&built != 0 {
					s.nodes[s.at.end-int(left)] = Node{uint64(KindFloat), be64(b, 1)}
					b = b[9:len(b):len(b)]
					left--
					// The same run for a tree, of a term whose floats and words were judged.
					for left >= 2 && len(b) >= 18+margin && b[0] == TagNewFloat && b[9] == TagNewFloat {
						to := s.nodes[s.at.end-int(left):][:2:2]
						to[0] = Node{uint64(KindFloat), be64(b, 1)}
						to[1] = Node{uint64(KindFloat), be64(b, 10)}
						b = b[18:len(b):len(b)]
						left -= 2
					}
					continue
				}
				m.arg.end = 9
				x = exitScalar
				goto out

			// SMALL_BIG_EXT. The node reserves a header and the digits as they stand, zeros on
			// top and all; over takes off what it gives back, for the honest count.
			case opSmallBig:
				n = int64(b[1])
				words := m.words + 1 + (n+7)>>3
				if cls&recoded != 0 { // to be looked at, unless it is plainly canonical
					if n <= 4 || b[2] > 1 || 3+int(n)+margin > len(b) || b[2+int(n)] == 0 {
						x = exitRare
						goto out
					}
					b = b[3+int(n) : len(b) : len(b)]
					left--
					continue
				}
				// A key is hashed by its value; padding, the cap and a cut payload are takeBig's.
				if cls >= clsMap && left&1 == 0 && cls&built == 0 || cls > clsMap && cls&built == 0 || n > p.maxBig || 3+int(n)+margin > len(b) || words > p.maxWords {
					x = exitRare
					goto out
				}
				// Without zeros on top it is what it says, and an immediate of
				// the BEAM if it has less than 60 bits.
				if top := b[2+int(n)]; n > 8 && top != 0 || n == 8 && top > 8 {
					if cls&built != 0 {
						if n == 8 {
							x = exitRare
							goto out
						}
						neg := uint64(0)
						if b[2] != 0 {
							neg = uint64(NodeNeg) << nodeFlagsAt
						}
						s.nodes[s.at.end-int(left)] = Node{uint64(KindInteger) | uint64(NodeBig)<<nodeFlagsAt | neg | uint64(n)<<nodeLenAt, uint64(end - len(b) + 3)}
					}
				} else if cls&built != 0 {
					x = exitRare
					goto out
				} else if n < 8 && n > 0 && top != 0 || n == 8 && top < 8 && top > 0 {
					m.over += 2
				} else {
					x = exitRare
					goto out
				}
				m.words = words
				m.payBytes += n
				b = b[3+int(n) : len(b) : len(b)]
				left--
				continue

			// The containers: what they claim is put into opens, n, children and cost, and
			// paid for below at one place. Whatever this cannot decide jumps to slow, and open
			// reads the head again.
			case opSmallTuple:
				if n = int64(b[1]); n == 0 && (cls < clsMap || cls == clsMap && left&1 != 0) {
					b = b[2:len(b):len(b)]
					left--
					continue
				}
				opens, width, children, cost = clsTuple, 2, n, n+1
			case opLargeTuple:
				n = int64(be32(b, 1))
				opens, width, children, cost = clsTuple, 5, n, n+1
				if cls&recoded != 0 {
					goto slow
				}
			case opList:
				n = int64(be32(b, 1))
				if n == 0 { // this list is its tail, whatever that is
					if cls&recoded != 0 {
						x = exitThin
						goto out
					}
					b = b[5:len(b):len(b)]
					continue
				}
				opens, width, children, cost = clsList, 5, n, 2*n
				if cls&recoded != 0 && !m.code.room() {
					goto slow
				}
			// STRING_EXT is a list of bytes.
			case opString:
				goto str
			case opMap:
				n = int64(be32(b, 1))
				opens, width, children, cost = clsMap, 5, 2*n, 2*n+4
				// An empty map costs what it costs and opens nothing.
				if words := m.words + wordsNoMap; n == 0 && words <= p.maxWords && (cls < clsMap || cls == clsMap && left&1 != 0) {
					m.words = words
					b = b[5:len(b):len(b)]
					left--
					continue
				}
				// Above 32 keys a map costs by another rule, and its cost is a bound. Room for
				// the state of its keys is made in push. Whether the one pair of a map makes
				// it a struct is not looked at here.
				if n > flatMapMax || n == 1 && m.ruled || n > 1 && len(m.maps) >= cap(m.maps) && !m.trusted {
					goto slow
				}

			case opRare:
				x = exitRare
				goto out
			default:
				x = exitHead
				goto out
			}

			{
				// What a container claims is paid for at once.
				depth := len(m.stack)
				below := m.below + int64(left) - 1
				if opens == clsList {
					below++ // for its tail
				}
				terms, words := m.terms+children, m.words+cost
				room := m.debtAbs - m.base - int64(end-len(b)+width) - below - children
				// The first part sends on what does not stand in an ordinary place: a container in
				// a key has to be hashed, one in the tail of a list replaces its frame. Then come
				// the caps, as one sign bit: n-1 (an empty container has no frame), terms, arity,
				// words, depth (and room on the stack), and debt. Each is negative where it cannot
				// be, or where open has to look closer.
				if cls > clsMap && (cls&(built|recoded) == 0 || cls&^(built|recoded) == clsImproper || cls == clsMap|recoded && left&1 == 0) || cls == clsMap && left&1 == 0 || (n-1)|(p.maxTerms-terms)|(p.fastArity-n)|(p.maxWords-words)|int64(m.depthCap-depth-1)|room < 0 {
					goto slow
				}
				if cls&built != 0 {
					first := s.used
					if int64(len(s.nodes)-first) < children || uint(depth) >= uint(len(s.outer)) {
						goto slow
					}
					s.nodes[s.at.end-int(left)] = Node{uint64(openKinds[opens&7]) | uint64(n)<<nodeLenAt, uint64(first)}
					s.outer[depth] = s.at
					s.used = first + int(children)
					s.at = bed{s.used, s.used}
				}
				m.terms, m.words, m.below = terms, words, below
				m.stack = m.stack[:depth+1]
				m.stack[depth] = frame{left: left, cls: cls &^ (built | recoded), tailed: m.top.tailed, total: m.top.total}
				if depth >= m.deepest {
					m.deepest = depth + 1
				}
				if opens == clsMap {
					// One key has no duplicate, and an accepted term has none: no state. Nor is one
					// needed to write pairs anew that are in order.
					if n == 1 || m.trusted && (cls&recoded == 0 || m.code.ordered) {
						opens = clsMap1
					} else if cls&recoded == 0 {
						k := len(m.maps)
						m.maps = m.maps[:k+1]
						m.maps[k].begin(m)
					}
				}
				if opens == clsList && cls&recoded != 0 {
					m.code.push(end - len(b))
				}
				m.top.tailed, m.top.total = false, children
				left, cls = uint32(children), opens|mark
				b = b[width:len(b):len(b)]
				continue
			}

		slow:
			m.arg.opens, m.arg.n, m.arg.width = opens, n, width
			x = exitOpen
			goto out
		next:
		}

		// The last term of a container has ended. It may be the last of the containers around
		// it too, so this is a loop. A tuple, or a map without state, has nothing to do but to
		// go back to the frame below it.
		for left == 0 {
			c := cls &^ scanMarks
			if c != clsTuple {
				// Nearly every list ends with a NIL_EXT, which is no term of its own. Anything else
				// in that place (a list that goes on, an improper tail) is read by tail.
				if c == clsList && cls&looked == 0 && len(b) > margin && b[0] == TagNil && !m.stop && (cls&recoded == 0 || m.code.plainList(end-len(b), m.top.total)) {
					b = b[1:len(b):len(b)]
					m.below--
				} else if k := c &^ hashed; k == clsList || k == clsString {
					// The end of a list is a place of its own.
					left = 1
					if cls ^= k; k == clsList {
						cls |= clsTail
						m.below--
					} else {
						cls |= clsStrEnd
					}
					x = exitSpecial
					if m.stop || cls&looked != 0 {
						x = exitDone
					}
					goto out
				} else if k == clsRoot {
					m.done = true
					x = exitDone
					goto out
				} else if c > clsMap || cls&recoded != 0 && (c == clsMap || c == clsFun) {
					x = exitClose
					goto out
				} else if c == clsMap {
					k := len(m.maps) - 1
					// What closeMap does, but for stamps to be restored: the places of its keys
					// are free again, and the map around it goes on where it was.
					s := &m.maps[k]
					if s.undo < len(m.undo) {
						x = exitClose
						goto out
					}
					m.keyRoom += m.top.total / 2
					m.unordered = m.unordered || int64(m.nsorted-s.sorted) != m.top.total/2
					m.ents, m.nsorted = m.ents[:s.base], s.sorted
					m.maps = m.maps[:k]
				}
			}
			top := len(m.stack) - 1
			f := &m.stack[top]
			left, cls = f.left-1, f.cls|mark
			m.top.tailed, m.top.total = f.tailed, f.total
			m.stack = m.stack[:top]
			m.below -= int64(left)
			if cls&built != 0 || mark == looked && m.building {
				s.at = s.outer[top]
			}
			if top <= m.floor {
				m.stop = true
			}
		}
		if mark == looked || m.stop {
			x = exitDone
			goto out
		}
	}

out:
	m.pos = end - len(b)
	m.top.left, m.top.cls = left, cls&^scanMarks
	return x

	// An atom that was not taken above. Behind the loop this has no part in which values the
	// loop keeps in registers. A name that is not its own entry, as those of modules in
	// Elixir, is found by its hash, as longHash makes it, and compared in words, which
	// overlap, where the slice has held it before: it was judged then. Whatever else an
	// atom may be, takeAtom has the rules.
name:
	if k := uint(b[1]); k-1 < wordsMax && cls&(looked|recoded) == 0 && !m.wide && m.atoms < p.maxAtoms {
		mask := &shortMasks[k&wordsMax]
		lo, hi := le64(b, 2)&mask.lo, le64(b, 10)&mask.hi
		second, x, y, all := 0, lo, hi, lo|hi
		if k > shortMax {
			second = int(k) - shortMax
			x, y = le64(b, second+2), le64(b, second+10)
			all |= x | y
			x ^= fold128(lo^p.secret[2], hi^p.secret[3])
		} else if all&highBits == 0 {
			goto ask
		}
		if all&highBits != 0 && b[0] != TagSmallAtomUTF8 {
			goto ask // it may be in Latin-1
		}
		a := p.endHash(x, y, int(k))
		t := m.seen.tab
		for i := p.place(entry{a: a}); ; i++ {
			if i &= uint64(len(t) - 1); i >= uint64(len(t)) {
				break
			}
			at := &t[i]
			if at.gen != m.seen.gen {
				break
			}
			if at.a != a {
				continue
			}
			old := m.buf[at.x>>atomOffBits:]
			if at.x&(1<<atomOffBits-1) != uint64(k) || len(old) < second+shortMax ||
				(le64(old, 0)^lo)&mask.lo|(le64(old, 8)^hi)&mask.hi != 0 ||
				second > 0 && (le64(old, second)^le64(b, second+2))|(le64(old, second+8)^y) != 0 {
				break
			}
			if cls&built != 0 {
				if int(at.id) >= len(s.atoms) {
					break
				}
				s.nodes[s.at.end-int(left)] = s.atoms[at.id]
			} else if cls >= clsMap && left&1 == 0 || cls > clsMap { // a key, as above
				id := uint(at.id)
				if cls != clsMap || m.keyRoom <= 0 || id >= mapAtoms {
					break
				}
				word, bit := &m.maps[len(m.maps)-1].atoms[id/64], uint64(1)<<(id%64)
				if *word&bit != 0 {
					break
				}
				*word |= bit
				m.keyRoom--
			}
			m.atoms++
			b = b[2+int(k) : len(b) : len(b)]
			left--
			goto again
		}
	}
	goto ask

	// STRING_EXT is taken whole where nobody wants its elements one by one: here if it is
	// all there and below every cap, else by open.
str:
	{
		n := int64(be16(b, 1))
		m.arg.opens, m.arg.n, m.arg.width = clsString, n, 3
		x = exitOpen
		terms, words := m.terms+n, m.words+2*n
		room := m.debtAbs - m.base - int64(end-len(b)+3) - (m.below + int64(left) - 1) - n
		if 3+int(n)+margin > len(b) || (n-1)|(p.maxTerms-terms)|(p.fastArity-n)|(p.maxWords-words)|int64(m.depthCap-len(m.stack)-1)|room < 0 {
			goto out
		}
		if cls&built != 0 {
			s.nodes[s.at.end-int(left)] = Node{uint64(KindList) | uint64(NodePacked)<<nodeFlagsAt | uint64(n)<<nodeLenAt, uint64(end - len(b) + 3)}
		} else if cls&recoded == 0 && (cls > clsMap || cls == clsMap && left&1 == 0) {
			goto out
		}
		m.terms, m.words = terms, words
		m.packed += n
		m.deepest = max(m.deepest, len(m.stack)+1)
		b = b[3+int(n) : len(b) : len(b)]
		left--
		goto again
	}

	// An atom with a length of two bytes that is written anew: with a name in ASCII, which
	// both encodings have alike, the head of another tag is all it takes. What is still to
	// copy before it is not much, mostly, and is copied in words, some of them too far: what
	// is behind is written again, or is no part of the output.
narrow:
	if k := uint(b[2]); b[1] == 0 && k-1 < wordsMax && 3+int(k)+margin <= len(b) {
		c := &m.code
		from, at := c.from, len(c.out)
		gap := end - len(b) - from
		mask := &shortMasks[min(k, shortMax)]
		all := le64(b, 3)&mask.lo | le64(b, 11)&mask.hi
		if k > shortMax {
			all |= le64(b, int(k)-13) | le64(b, int(k)-5)
		}
		if all&highBits != 0 || gap > narrowGap || cap(c.out)-at < narrowRoom || len(m.buf)-from < narrowRoom {
			goto out
		}
		to, old := c.out[at:at+narrowRoom:at+narrowRoom], m.buf[from:from+narrowRoom:from+narrowRoom]
		for i := 0; i < gap; i += 8 {
			binary.LittleEndian.PutUint64(to[i:], le64(old, i))
		}
		at += gap
		c.out = c.out[:at+2]
		c.out[at], c.out[at+1] = TagSmallAtomUTF8, byte(k)
		c.from = from + gap + 3
		c.shift()
		b = b[3+int(k) : len(b) : len(b)]
		left--
		goto again
	}
	goto out

ask:
	m.arg.end = 2 + int(b[1])
	if x = exitAtom; b[0] == 0 {
		x = exitWideAtom
	}
	goto out
}

// The loads of scan: a constant place in a slice, one bounds check, no copy.

func be16(b []byte, i int) uint16 {
	_ = b[i+1]
	return uint16(b[i])<<8 | uint16(b[i+1])
}

func be32(b []byte, i int) uint32 {
	_ = b[i+3]
	return uint32(b[i])<<24 | uint32(b[i+1])<<16 | uint32(b[i+2])<<8 | uint32(b[i+3])
}

func be64(b []byte, i int) uint64 {
	_ = b[i+7]
	return uint64(b[i])<<56 | uint64(b[i+1])<<48 | uint64(b[i+2])<<40 | uint64(b[i+3])<<32 |
		uint64(b[i+4])<<24 | uint64(b[i+5])<<16 | uint64(b[i+6])<<8 | uint64(b[i+7])
}

func le64(b []byte, i int) uint64 {
	_ = b[i+7]
	return uint64(b[i]) | uint64(b[i+1])<<8 | uint64(b[i+2])<<16 | uint64(b[i+3])<<24 |
		uint64(b[i+4])<<32 | uint64(b[i+5])<<40 | uint64(b[i+6])<<48 | uint64(b[i+7])<<56
}
