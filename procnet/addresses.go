package procnet

import (
	"bufio"
	"encoding/hex"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
)

// LocalAddresses returns the addresses that the network namespace of a directory of
// tables, such as /proc/812/net, takes for its own. Everybody may read them.
func LocalAddresses(tables string) (all []netip.Addr, err error) {
	for _, f := range []struct {
		name  string
		parse func(io.Reader) ([]netip.Addr, error)
	}{{"fib_trie", parseLocalRoutes}, {"if_inet6", parseInterfaces6}} {
		file, err := os.Open(filepath.Join(tables, f.name))
		if os.IsNotExist(err) && f.name == "if_inet6" {
			continue // a kernel without IPv6
		}
		if err != nil {
			return nil, err
		}
		found, err := f.parse(bufio.NewReader(file))
		file.Close()
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}

// mostAddresses bounds how many addresses are kept.
const mostAddresses = 1 << 16

// parseLocalRoutes reads the IPv4 addresses of the interfaces from /proc/net/fib_trie
// (fib_trie_seq_show in net/ipv4/fib_trie.c): a line with a leaf and below it one for
// each route, "/32 host LOCAL" for an address. Main and local table may be one, or both
// have it: each is returned once.
func parseLocalRoutes(r io.Reader) (all []netip.Addr, err error) {
	lines := bufio.NewScanner(r)
	known := map[netip.Addr]bool{}
	var leaf netip.Addr
	for lines.Scan() {
		line := strings.TrimSpace(lines.Text())
		if text, ok := strings.CutPrefix(line, "|-- "); ok {
			leaf, _ = netip.ParseAddr(text) // what is no address has no route of one
			continue
		}
		if line == "/32 host LOCAL" && leaf.Is4() && !known[leaf] && len(all) < mostAddresses {
			known[leaf] = true
			all = append(all, leaf)
		}
	}
	return all, lines.Err()
}

// parseInterfaces6 reads the IPv6 addresses of the interfaces from /proc/net/if_inet6:
// 32 hexadecimal digits in the order of the wire, index, length of the prefix, scope,
// flags and name (if6_seq_show in net/ipv6/addrconf.c).
func parseInterfaces6(r io.Reader) (all []netip.Addr, err error) {
	lines := bufio.NewScanner(r)
	for lines.Scan() && len(all) < mostAddresses {
		digits, _, _ := strings.Cut(lines.Text(), " ")
		if addr, ok := hexAddress(digits); ok {
			all = append(all, addr)
		}
	}
	return all, lines.Err()
}

// hexAddress reads 32 hexadecimal digits.
func hexAddress(digits string) (netip.Addr, bool) {
	if len(digits) != 32 {
		return netip.Addr{}, false
	}
	var b [16]byte
	if _, err := hex.Decode(b[:], []byte(digits)); err != nil {
		return netip.Addr{}, false
	}
	return netip.AddrFrom16(b), true
}
