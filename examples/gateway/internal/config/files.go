package config

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/beamgate/beamgate/etf"
)

// LeastSecret is the least length of tokens and secrets, in bytes.
const LeastSecret = 16

// CheckFiles is Load, and looks at every file that the configuration names: as the
// user who asks, on the machine where it is asked. It changes nothing; ledgers are
// not opened, since a running gateway may have them. warnings are about what can be put
// in force, as a certificate that has ended, which a gateway would still show.
func CheckFiles(path string) (c *File, warnings []error, err error) {
	c, r, err := load(path)
	if err != nil {
		return nil, nil, err
	}
	files{r}.check(c)
	return c, r.warns, errors.Join(r.errs...)
}

// CheckAlone is Load, and has warnings as CheckFiles, but looks at no other file.
func CheckAlone(path string) (c *File, warnings []error, err error) {
	c, r, err := load(path)
	if err != nil {
		return nil, nil, err
	}
	return c, r.warns, nil
}

func load(path string) (*File, *report, error) {
	data, err := readFile(path)
	if err != nil {
		return nil, nil, err
	}
	return parse(path, data)
}

// files gathers what is wrong with files.
type files struct{ *report }

// fails notes an error at a key, if there is one.
func (f files) fails(at string, err error) {
	if err != nil {
		f.add(at, "%v", err)
	}
}

func (f files) check(c *File) {
	f.fails("$.admin.token_file", secret(c.Admin.TokenFile))
	f.fails("$.admin.audit_file", writable(c.Admin.AuditFile))
	f.fails("$.report.secret_file", secret(c.Report.SecretFile))
	for i, l := range c.Ledgers {
		f.ledger(fmt.Sprintf("$.ledgers[%d]", i), l)
	}
	for i, u := range c.Upstreams {
		if at := fmt.Sprintf("$.upstreams[%d].tls", i); u.TLS != nil {
			f.fails(at+".ca", roots(u.TLS.CA))
			f.pair(at, u.TLS.Cert, u.TLS.Key)
		}
	}
	for i, l := range c.Listeners {
		at := fmt.Sprintf("$.listeners[%d]", i)
		if l.TLS != nil {
			f.pair(at+".tls", l.TLS.Cert, l.TLS.Key)
			f.fails(at+".tls.client_ca", roots(l.TLS.ClientCA))
		}
		if l.To.CA != nil {
			if cert := f.pair(at+".to.ca", l.To.CA.Cert, l.To.CA.Key); cert != nil && !cert.IsCA {
				f.add(at+".to.ca.cert", "is no certificate of a CA")
			}
		}
	}
}

func (f files) ledger(at string, l Ledger) {
	f.fails(at+".file", writable(l.File))
	if l.File != "" && gone(l.File) && !gone(l.File+LedgerState) {
		f.warn(at+".file", "%s is lost, only %s is there: no new name will pass before a report of the node or a reset", l.File, l.File+LedgerState)
	}
	for i, path := range l.Known {
		f.fails(fmt.Sprintf("%s.known_files[%d]", at, i), names(path))
	}
	if l.Release != "" {
		if _, err := etf.AtomSetFromRelease(os.DirFS(l.Release)); err != nil {
			f.add(at+".release", "%s: %v", l.Release, err)
		}
	}
	if _, err := etf.NewAtomSet(l.Names...); err != nil {
		f.add(at+".names", "%v", err)
	}
}

func gone(path string) bool {
	_, err := os.Stat(path)
	return errors.Is(err, fs.ErrNotExist)
}

// names reads a list of names.
func names(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	if _, err := etf.ReadAtomSet(file); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// secret reads a token or a secret.
func secret(path string) error {
	if path == "" {
		return nil
	}
	b, err := os.ReadFile(path)
	if err == nil && len(bytes.TrimSpace(b)) < LeastSecret {
		err = fmt.Errorf("%s has fewer than %d bytes", path, LeastSecret)
	}
	return err
}

// writable tries whether a file can be written, or made where it is not there
// yet.
func writable(path string) error {
	if path == "" {
		return nil
	}
	s, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		probe, err := os.CreateTemp(filepath.Dir(path), ".check-config-*")
		if err == nil {
			probe.Close()
			err = os.Remove(probe.Name())
		}
		var e *fs.PathError
		if errors.As(err, &e) { // without the name of the probe
			err = fmt.Errorf("nothing can be written into %s: %w", filepath.Dir(path), e.Err)
		}
		return err
	case err == nil && !s.Mode().IsRegular():
		return fmt.Errorf("%s is no file", path)
	case err != nil:
		return err
	}
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err == nil {
		err = file.Close()
	}
	return err
}

// roots reads certificates of CAs, each of which has to be one that can be read.
func roots(path string) error {
	if path == "" {
		return nil
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	found := 0
	for rest := b; ; found++ {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			return fmt.Errorf("%s holds something else than certificates: %s", path, block.Type)
		}
		if _, err := x509.ParseCertificate(block.Bytes); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	if found == 0 {
		return fmt.Errorf("no certificate in %s", path)
	}
	return nil
}

// pair reads a certificate and its key; each has to be there, and they have to
// belong together.
func (f files) pair(at, cert, key string) *x509.Certificate {
	if cert == "" && key == "" {
		return nil
	}
	certPEM, err := os.ReadFile(cert)
	f.fails(at+".cert", err)
	keyPEM, err2 := os.ReadFile(key)
	f.fails(at+".key", err2)
	if err != nil || err2 != nil {
		return nil
	}
	if block, _ := pem.Decode(certPEM); block == nil || block.Type != "CERTIFICATE" {
		f.add(at+".cert", "no certificate in %s", cert)
		return nil
	}
	both, err := tls.X509KeyPair(certPEM, keyPEM)
	if err != nil {
		f.add(at+".key", "%v", err)
		return nil
	}
	leaf := both.Leaf
	if now := time.Now(); now.After(leaf.NotAfter) {
		f.warn(at+".cert", "has ended on %s", leaf.NotAfter.UTC().Format(time.DateTime))
	} else if now.Before(leaf.NotBefore) {
		f.warn(at+".cert", "begins on %s", leaf.NotBefore.UTC().Format(time.DateTime))
	}
	return leaf
}
