package fact

import (
	"net/netip"
	"slices"

	"sockeye/sock"
)

// The functions here make facts of members of the record.

// integer is a number that at points to.
func integer[T uint8 | uint32 | uint64](f Fact, at func(*sock.Socket) *T) *Fact {
	f.plain = true
	f.Most = uint64(^T(0))
	f.number = func(s *sock.Socket) (uint64, bool) { return uint64(*at(s)), true }
	f.setNumber = func(s *sock.Socket, v uint64) { *at(s) = T(v) }
	switch at := any(at).(type) { // most are of these widths, and read without number
	case func(*sock.Socket) *uint32:
		f.at32 = at
	case func(*sock.Socket) *uint64:
		f.at64 = at
	}
	return &f
}

// boolean is true or false as what at points to.
func boolean(f Fact, at func(*sock.Socket) *bool) *Fact {
	f.Kind, f.plain = Bool, true
	f.number = func(s *sock.Socket) (uint64, bool) { return bit(*at(s)), true }
	f.setNumber = func(s *sock.Socket, v uint64) { *at(s) = v != 0 }
	return &f
}

func bit(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}

// of reads from a part of the record; where that is missing the answer is the zero
// value, such as no address of a text.
func of[Part, V any](part func(*sock.Socket) *Part, read func(*Part) V) func(*sock.Socket) V {
	return func(s *sock.Socket) (v V) {
		if p := part(s); p != nil {
			v = read(p)
		}
		return v
	}
}

// choice is a name for a number.
func choice(f Fact, get func(*sock.Socket) uint8, set func(*sock.Socket, uint8)) *Fact {
	f.plain = f.Values[0] != ""
	f.Least = bit(!f.plain)
	values := f.Values
	f.number = func(s *sock.Socket) (uint64, bool) {
		if v := get(s); int(v) < len(values) {
			return uint64(v), true
		}
		return 0, true
	}
	f.setText = func(s *sock.Socket, name string) bool {
		v := slices.Index(values, name)
		if v < 0 || name == "" {
			return false
		}
		set(s, uint8(v))
		return true
	}
	return &f
}

// address and port are those of one end.
func address(f Fact, at func(*sock.Socket) *netip.AddrPort) *Fact {
	f.Kind = Host
	f.address = func(s *sock.Socket) netip.Addr { return at(s).Addr() }
	f.setText = func(s *sock.Socket, v string) bool {
		a, err := netip.ParseAddr(v)
		if err != nil {
			return false
		}
		if zone := a.Zone(); zone != "" { // never written: the scope is the interface
			s.Interface = zone
			s.Known |= sock.FieldInterface
		}
		*at(s) = netip.AddrPortFrom(a.WithZone("").Unmap(), at(s).Port())
		return true
	}
	return &f
}

func port(f Fact, at func(*sock.Socket) *netip.AddrPort) *Fact {
	f.Kind, f.Most = Port, 1<<16-1
	f.number = func(s *sock.Socket) (uint64, bool) {
		v := at(s).Port()
		// Over IP every end has a port, be it 0; elsewhere 0 stands for none.
		return uint64(v), v != 0 || s.Protocol.Inet()
	}
	f.setNumber = func(s *sock.Socket, v uint64) {
		*at(s) = netip.AddrPortFrom(at(s).Addr(), uint16(v))
	}
	return &f
}
