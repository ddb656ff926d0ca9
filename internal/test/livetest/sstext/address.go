package sstext

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// end is one column of an address and a port.
type end struct {
	addr   netip.AddrPort
	device string
	v6     bool
}

// parseEnd reads `1.2.3.4%dev:80`, `[::1]%dev:80`, `*:80`, and `*` for a port
// of 0. A v4-mapped address becomes IPv4, with v6 set.
func parseEnd(text string) (end, error) {
	host, port, ok := cutLast(text, ":")
	if !ok {
		return end{}, fmt.Errorf("ss: address %q has no port", text)
	}
	var e end
	host, e.device, _ = cutLast(host, "%")
	var addr netip.Addr
	var err error
	switch {
	case host == "*":
		e.v6 = true
		addr = netip.IPv6Unspecified()
	case strings.HasPrefix(host, "["):
		e.v6 = true
		addr, err = netip.ParseAddr(strings.Trim(host, "[]"))
	default:
		addr, err = netip.ParseAddr(host)
	}
	if err != nil {
		return end{}, fmt.Errorf("ss: address %q: %w", text, err)
	}
	var number uint64
	if port != "*" {
		if number, err = strconv.ParseUint(port, 10, 16); err != nil {
			return end{}, fmt.Errorf("ss: port of %q: %w", text, err)
		}
	}
	e.addr = netip.AddrPortFrom(addr.Unmap(), uint16(number))
	return e, nil
}

// cutLast is strings.Cut at the last separator; without one, all is before it.
func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}
