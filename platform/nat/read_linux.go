package nat

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"unsafe"

	"github.com/google/nftables"
	"golang.org/x/sys/unix"

	"sockeye/sock"
)

// Read returns the ports that are forwarded in the network namespace of the calling
// thread. proc is the root of the proc file system, local the addresses of the
// namespace. The error is fs.ErrPermission where the rules may not be read (they are
// for CAP_NET_ADMIN), and none where there can be none: without connection tracking the
// kernel translates no address.
func Read(proc string, local []netip.Addr) ([]sock.Forward, error) {
	if _, err := os.Stat(filepath.Join(proc, "sys/net/netfilter/nf_conntrack_max")); errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	within := func(p netip.Prefix) bool { return slices.ContainsFunc(local, p.Contains) }
	legacy, err := readLegacy(filepath.Join(proc, "thread-self/net"), within)
	if err != nil {
		return legacy, err
	}
	all, err := readTables(within)
	return once(append(legacy, all...)), err
}

// readTables asks nftables.
func readTables(local localTest) ([]sock.Forward, error) {
	c, err := nftables.New(nftables.AsLasting())
	if err != nil {
		return nil, absent(err)
	}
	defer func() { _ = c.CloseLasting() }() // it was read
	all, err := nftForwards(c, local)
	return all, absent(err)
}

// absent takes the error of a kernel without nftables away: it has no rules.
func absent(err error) error {
	for _, none := range []error{unix.EPROTONOSUPPORT, unix.EINVAL, unix.EOPNOTSUPP, unix.EAFNOSUPPORT} {
		if errors.Is(err, none) {
			return nil
		}
	}
	return err
}

// legacyTables are the two that iptables keeps by itself.
var legacyTables = []struct {
	names          string
	domain, option int
	layout         layout
}{
	{"ip_tables_names", unix.AF_INET, unix.SOL_IP, layout4},
	{"ip6_tables_names", unix.AF_INET6, unix.SOL_IPV6, layout6},
}

// readLegacy asks the older iptables, where it has a table for NAT: to ask for one would
// make it.
func readLegacy(tables string, local localTest) (all []sock.Forward, err error) {
	for _, t := range legacyTables {
		names, err := os.ReadFile(filepath.Join(tables, t.names))
		switch {
		case errors.Is(err, os.ErrNotExist):
			continue
		case err != nil:
			return all, err
		case !slices.Contains(strings.Fields(string(names)), "nat"):
			continue
		}
		rules, begins, err := askLegacy(t.domain, t.option, t.layout)
		if err != nil {
			return all, fmt.Errorf("iptables: %w", err)
		}
		for _, hook := range []int{unix.NF_INET_PRE_ROUTING, unix.NF_INET_LOCAL_OUT} {
			w := walk{rules: rules, by: "iptables", family: t.layout.family, local: local, outgoing: hook == unix.NF_INET_LOCAL_OUT}
			w.chain(fmt.Sprint(begins[hook]), match{family: t.layout.family}, 0)
			all = append(all, w.forwards...)
		}
	}
	return all, nil
}

// The options of linux/netfilter_ipv4/ip_tables.h; those of IPv6 are the same.
const (
	getInfo    = 64 // IPT_SO_GET_INFO
	getEntries = 65 // IPT_SO_GET_ENTRIES
)

// mostBytes bounds what is taken of a table.
const mostBytes = 64 << 20

// askLegacy asks for the rules of the nat table.
func askLegacy(domain, level int, l layout) (ruleset, hooks, error) {
	fd, err := unix.Socket(domain, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, hooks{}, err
	}
	defer unix.Close(fd)
	info := make([]byte, infoSize)
	copy(info, "nat")
	if err := getsockopt(fd, level, getInfo, info); err != nil {
		return nil, hooks{}, err
	}
	begins, size, err := parseInfo(info, binary.NativeEndian)
	if err != nil || size > mostBytes {
		return nil, begins, errors.Join(err, errEntries)
	}
	// struct ipt_get_entries: the name, the size, and the rules, aligned as counters of
	// 64 bits are: to 4 bytes on i386, of which those of IPv6 are shorter therefore.
	before := 40
	if runtime.GOARCH == "386" {
		before = 36
		if l.family == sock.IPv6 {
			l.size -= 4
		}
	}
	entries := make([]byte, before+int(size))
	copy(entries, "nat")
	binary.NativeEndian.PutUint32(entries[32:], size)
	if err := getsockopt(fd, level, getEntries, entries); err != nil {
		return nil, begins, err
	}
	rules, err := parseLegacy(entries[before:], l, begins, binary.NativeEndian)
	return rules, begins, err
}

// getsockopt fills a buffer that says what is asked, too.
func getsockopt(fd, level, name int, data []byte) error {
	size := uint32(len(data))
	_, _, errno := unix.Syscall6(unix.SYS_GETSOCKOPT, uintptr(fd), uintptr(level), uintptr(name),
		uintptr(unsafe.Pointer(&data[0])), uintptr(unsafe.Pointer(&size)), 0)
	if errno != 0 {
		return errno
	}
	return nil
}
