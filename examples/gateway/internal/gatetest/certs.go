package gatetest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// CA signs certificates for tests.
type CA struct {
	t    testing.TB
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	dir  string
	n    int64
}

// NewCA makes a CA.
func NewCA(t testing.TB) *CA {
	t.Helper()
	ca := &CA{t: t, dir: t.TempDir()}
	ca.cert, ca.key = ca.sign(&x509.Certificate{IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}, nil, nil)
	ca.write("ca.crt", "CERTIFICATE", ca.cert.Raw)
	der, err := x509.MarshalPKCS8PrivateKey(ca.key)
	if err != nil {
		t.Fatal(err)
	}
	ca.write("ca.key", "PRIVATE KEY", der)
	return ca
}

// Path is the file of the CA's certificate.
func (ca *CA) Path() string { return filepath.Join(ca.dir, "ca.crt") }

// KeyPath is the file of its private key.
func (ca *CA) KeyPath() string { return filepath.Join(ca.dir, "ca.key") }

// Files writes a certificate with this name, and its key.
func (ca *CA) Files(name string) (cert, key string) {
	ca.t.Helper()
	c, k := ca.issue(name)
	der, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		ca.t.Fatal(err)
	}
	return ca.write(name+".crt", "CERTIFICATE", c.Raw), ca.write(name+".key", "PRIVATE KEY", der)
}

// Client is the TLS of a client with this name; with none, it has no certificate.
func (ca *CA) Client(name string) *tls.Config {
	ca.t.Helper()
	pool := x509.NewCertPool()
	pool.AddCert(ca.cert)
	c := &tls.Config{RootCAs: pool, ServerName: "localhost"}
	if name != "" {
		cert, key := ca.issue(name)
		c.Certificates = []tls.Certificate{{Certificate: [][]byte{cert.Raw}, PrivateKey: key}}
	}
	return c
}

func (ca *CA) issue(name string) (*x509.Certificate, *ecdsa.PrivateKey) {
	return ca.sign(&x509.Certificate{
		DNSNames: []string{name}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}, ca.cert, ca.key)
}

func (ca *CA) sign(c, parent *x509.Certificate, by *ecdsa.PrivateKey) (*x509.Certificate, *ecdsa.PrivateKey) {
	ca.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		ca.t.Fatal(err)
	}
	if parent == nil {
		parent, by = c, key
	}
	ca.n++
	c.SerialNumber, c.Subject = big.NewInt(ca.n), pkix.Name{CommonName: "test CA"}
	if len(c.DNSNames) > 0 { // one that is named as its issuer would be taken for a root
		c.Subject.CommonName = c.DNSNames[0]
	}
	c.NotBefore, c.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	der, err := x509.CreateCertificate(rand.Reader, c, parent, &key.PublicKey, by)
	if err == nil {
		c, err = x509.ParseCertificate(der)
	}
	if err != nil {
		ca.t.Fatal(err)
	}
	return c, key
}

func (ca *CA) write(name, kind string, der []byte) string {
	ca.t.Helper()
	path := filepath.Join(ca.dir, name)
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		ca.t.Fatal(err)
	}
	return path
}
