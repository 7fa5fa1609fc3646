package web

import (
	"net/netip"
	"testing"
)

// TestPublic: where a forward proxy may go without being told so is the open network.
func TestPublic(t *testing.T) {
	for _, a := range []string{
		"1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "172.15.255.255", "172.32.0.0",
		"192.0.1.0", "192.0.3.0", "192.88.98.255", "192.88.100.0", "198.17.255.255", "198.20.0.0", "203.0.112.255", "203.0.114.0", "223.255.255.255",
		"::ffff:1.1.1.1", "2000::1", "2001:200::1", "2001:4860:4860::8888", "2003::1", "2606:4700::1111", "2a00::1", "3ffe::1",
	} {
		if !public(netip.MustParseAddr(a), nil) {
			t.Errorf("%s is none of the open network", a)
		}
	}
	for _, a := range []string{
		"0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.255.255.255", "169.254.169.254", "172.16.0.1", "172.31.255.255",
		"192.0.0.1", "192.0.0.170", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1",
		"224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
		"::", "::1", "::127.0.0.1", "::10.0.0.1", "::8.8.8.8", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:0:127.0.0.1", "::ffff:0:8.8.8.8",
		"64:ff9b::10.0.0.1", "64:ff9b::8.8.8.8", "64:ff9b:1::1", "100::1", "100:0:0:1::1", "200::1", "1fff::1",
		"2001::1", "2001:2::1", "2001:10::1", "2001:1ff::1", "2001:db8::1", "2002:7f00:1::", "2002:808:808::", "3fff::1", "3fff:fff::1",
		"4000::1", "5f00::1", "fc00::1", "fd00::1", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "ff0e::1",
	} {
		if public(netip.MustParseAddr(a), nil) {
			t.Errorf("%s is one of the open network", a)
		}
	}
	listed := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fe80::/10"), netip.MustParsePrefix("::/96")}
	for a, want := range map[string]bool{
		"10.0.0.1": true, "::ffff:10.0.0.1": true, "fe80::1%eth0": true, "::10.0.0.1": true,
		"192.168.0.1": false, "fd00::1": false, "::1": true, "1.1.1.1": true,
	} {
		if public(netip.MustParseAddr(a), listed) != want {
			t.Errorf("%s, with a list: %v", a, !want)
		}
	}
	if public(netip.Addr{}, nil) {
		t.Error("no address is one")
	}
}
