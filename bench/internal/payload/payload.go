// Package payload makes and loads what is measured: files that an Erlang
// program writes, the same ones each time.
package payload

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
)

// A Payload is one line of the tables: a term, or many that are read one after
// the other.
type Payload struct {
	Name  string   // as in the tables: the file without its ending
	File  string   // base name
	Items [][]byte // each a term with its version byte
	Size  int64    // of all items

	others map[string]*Payload // see In
}

// In is the payload in another format, which is made when it is first asked for.
func (p *Payload) In(format string, make func(item []byte) ([]byte, error)) (*Payload, error) {
	if q := p.others[format]; q != nil {
		return q, nil
	}
	q := &Payload{Name: p.Name, File: p.File}
	for _, b := range p.Items {
		data, err := make(b)
		if err != nil {
			return nil, err
		}
		q.Items = append(q.Items, data)
		q.Size += int64(len(data))
	}
	if p.others == nil {
		p.others = map[string]*Payload{}
	}
	p.others[format] = q
	return q, nil
}

// Frames reports whether the payload is many small terms.
func (p *Payload) Frames() bool { return strings.HasSuffix(p.File, ".bin") }

// Clone is the payload in memory of its own. Some peers write into their input.
func (p *Payload) Clone() *Payload {
	c := *p
	c.Items = make([][]byte, len(p.Items))
	for i, b := range p.Items {
		c.Items[i] = append([]byte(nil), b...)
	}
	return &c
}

// About says what is in a payload.
func About(name string) string { return about[name] }

var about = map[string]string{
	"a_rpc":             "a call, 114 bytes",
	"b_ready":           "nested maps with binary keys, as JSON-shaped data has them",
	"b2_ready_atomkeys": "the same with atom keys",
	"c_ints":            "100,000 integers of 31 bits",
	"d_bin1m":           "one binary of 1 MiB",
	"e_map10k":          "one map of 10,000 atoms to floats",
	"f_bigs":            "1,000 integers of 256 bits",
	"g_deep500":         "500 tuples and lists around each other",
	"h_atoms":           "100,000 atoms, 50 different ones",
	"i_ready_z":         "b_ready compressed",
	"j_gen_call":        "200 gen_server calls with pids and references",
	"k_structs":         "500 Elixir structs, each with another one",
	"l_ecto_rows":       "300 rows of a database as Ecto keeps them",
	"m_proplists":       "500 property lists, atoms in Latin-1",
	"n_ets_dump":        "sessions as ets:tab2list gives them",
	"o_frames":          "2,000 small terms, one after the other",
	"p_utf8_atoms":      "5,000 atoms beyond ASCII, 60 different ones",
	"q_bitstrings":      "2,000 bitstrings",
	"r_maps32":          "100 maps of 32 atom keys",
	"s_maps33":          "100 maps of 33 atom keys",
	"t_floats":          "10,000 floats",
	"u_z_ratio1":        "random bytes, compressed in vain",
	"v_z_ratio10":       "log lines, compressed to a tenth",
	"w_z_ratio90":       "repeated log lines, compressed to a ninetieth",
}

// Names lists the payloads in a folder, in the order of the tables.
func Names(dir string) ([]string, error) {
	var files []string
	for _, pattern := range []string{"*.etf", "*.bin"} {
		some, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			return nil, err
		}
		files = append(files, some...)
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("no payloads in %s", dir)
	}
	for i := range files {
		files[i] = filepath.Base(files[i])
	}
	sort.Slice(files, func(i, j int) bool { return rank(files[i]) < rank(files[j]) })
	return files, nil
}

// rank puts b2_… behind b_….
func rank(file string) string { return strings.Replace(file, "_", " ", 1) }

// Load reads one payload.
func Load(dir, file string) (*Payload, error) {
	b, err := os.ReadFile(filepath.Join(dir, file))
	if err != nil {
		return nil, err
	}
	name := strings.TrimSuffix(strings.TrimSuffix(file, ".etf"), ".bin")
	p := &Payload{Name: name, File: file, Size: int64(len(b))}
	if !p.Frames() {
		p.Items = [][]byte{b}
		return p, nil
	}
	p.Size = 0
	for len(b) > 0 {
		if len(b) < 4 || len(b)-4 < int(binary.BigEndian.Uint32(b)) {
			return nil, fmt.Errorf("%s: a frame is cut short", file)
		}
		n := int(binary.BigEndian.Uint32(b))
		p.Items = append(p.Items, append([]byte(nil), b[4:4+n]...))
		p.Size += int64(n)
		b = b[4+n:]
	}
	return p, nil
}
