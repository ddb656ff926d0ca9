package fact

import (
	"bytes"
	"math"
	"net/netip"
	"strconv"

	"sockeye/sock"
)

// behindFact says what stands behind a port that is published for a container.
var behindFact = &Fact{
	Name: "behind", Kind: Object, Needs: sock.FieldPlace, shows: sock.FieldOwners, Optional: true, Option: "cgroup", Words: "what stands behind proxies", Systems: []string{"Linux"},
	Doc:   "where the proxy of a container's port (docker-proxy, rootlesskit, rootlessport, pasta, slirp4netns or conmon) hands the connections of its listener, or the kernel the packets to a port that it forwards",
	parts: behindParts, show: showBehind,
	has:   func(s *sock.Socket) bool { return s.Behind.Known() },
	begin: func(s *sock.Socket) { s.Behind = new(sock.Behind) },
	order: func(a, b *sock.Socket) int {
		return bytes.Compare(AppendBehind(nil, a.Behind), AppendBehind(nil, b.Behind))
	},
}

func behindParts() []*Fact {
	return []*Fact{
		{
			Name: "behind.address", Aliases: []string{"behind_address"}, Kind: Text, label: "behind_address",
			Doc: "address that they go to, in the namespace of the container", Example: "behind.address = 172.17.0.2",
			text: func(s *sock.Socket) *string {
				if s.Behind == nil || !s.Behind.Target.IsValid() {
					return nil
				}
				text := s.Behind.Target.Addr().String()
				return &text
			},
			setText: func(s *sock.Socket, text string) bool {
				addr, err := netip.ParseAddr(text)
				s.Behind.Target = netip.AddrPortFrom(addr, s.Behind.Target.Port())
				return err == nil
			},
		},
		behindNumber("port", "port that they go to; not known of a port that is forwarded and stays the same", "behind.port = 80", 1<<16-1,
			func(b *sock.Behind) uint64 { return uint64(b.Target.Port()) },
			func(b *sock.Behind, v uint64) { b.Target = netip.AddrPortFrom(b.Target.Addr(), uint16(v)) }),
		behindNumber("pid", "process that listens there, the first by PID", "behind.pid = 812", math.MaxInt32,
			func(b *sock.Behind) uint64 { return uint64(b.PID) }, func(b *sock.Behind, v uint64) { b.PID = int(v) }),
		behindText("process", "name of that process", "behind.process = nginx", func(b *sock.Behind) *string { return &b.Process }),
		behindText("container", "name of the container, where the files of the runtime may be read", "behind.container = web", func(b *sock.Behind) *string { return &b.Container.Name }),
		behindText("container_id", "its ID", "behind.container_id ~ /^3f4a/", func(b *sock.Behind) *string { return &b.Container.ID }),
		behindText("runtime", "what runs it, as in container.runtime", "behind.runtime = docker", func(b *sock.Behind) *string { return &b.Container.Runtime }),
		behindText("image", "its image", "behind.image ~ /nginx/", func(b *sock.Behind) *string { return &b.Container.Image }),
		behindText("by", "what forwards a port without a socket: nftables, iptables or ipvs", "behind.by = nftables", func(b *sock.Behind) *string { return &b.By }),
		behindNumber("last_port", "last of the ports that are forwarded in the same way, where they are several", "behind.last_port > 8000", 1<<16-1,
			func(b *sock.Behind) uint64 { return uint64(b.LastPort) }, func(b *sock.Behind, v uint64) { b.LastPort = uint16(v) }),
		{
			Name: "behind.partly", Aliases: []string{"behind_partly"}, Kind: Bool, Only: true, label: "behind_partly",
			Doc: "not all packets to a forwarded port, but those that match something else too", Example: "behind.partly = true",
			number: func(s *sock.Socket) (uint64, bool) {
				if s.Behind == nil {
					return 0, false
				}
				return bit(s.Behind.Partly), true
			},
			setNumber: func(s *sock.Socket, v uint64) { s.Behind.Partly = v != 0 },
		},
	}
}

func behindNumber(name, doc, example string, most uint64, get func(*sock.Behind) uint64, set func(*sock.Behind, uint64)) *Fact {
	return &Fact{
		Name: "behind." + name, Aliases: []string{"behind_" + name}, Kind: Number, Least: 1, Most: most, Doc: doc, Example: example, label: "behind_" + name,
		number: func(s *sock.Socket) (uint64, bool) {
			if s.Behind == nil {
				return 0, false
			}
			return get(s.Behind), true
		},
		setNumber: func(s *sock.Socket, v uint64) { set(s.Behind, v) },
	}
}

func behindText(name, doc, example string, at func(*sock.Behind) *string) *Fact {
	return &Fact{
		Name: "behind." + name, Aliases: []string{"behind_" + name}, Kind: Text, Doc: doc, Example: example, label: "behind_" + name,
		text: func(s *sock.Socket) *string {
			if s.Behind == nil {
				return nil
			}
			return at(s.Behind)
		},
	}
}

func showBehind(_ *View, dst []byte, s *sock.Socket) []byte {
	if !s.Knows(sock.FieldPlace) {
		return dst
	}
	return AppendBehind(dst, s.Behind)
}

// AppendBehind appends what people see of it: the container, else the address, and
// the process: "web:80 nginx[812]". Of what the kernel forwards it is the address, and
// what is there: "172.17.0.2:80 by nftables, web nginx[812]".
func AppendBehind(dst []byte, b *sock.Behind) []byte {
	start := len(dst)
	if b == nil {
		return dst
	}
	if b.By != "" {
		dst = AppendForwarded(dst, b.Target, b.By)
		there := sock.Behind{Container: b.Container, PID: b.PID, Process: b.Process}
		if there.Known() {
			dst = AppendBehind(append(dst, ", "...), &there)
		}
		return dst
	}
	port := b.Target.Port()
	switch c := &b.Container; {
	case c.ID != "" || c.Name != "":
		dst = appendEscaped(dst, c.Called())
	case b.Target.IsValid() && b.Target.Addr().Is6():
		dst = append(b.Target.Addr().AppendTo(append(dst, '[')), ']')
	case b.Target.IsValid():
		dst = b.Target.Addr().AppendTo(dst)
	}
	if port != 0 {
		dst = strconv.AppendUint(append(dst, ':'), uint64(port), 10)
	}
	if b.PID != 0 {
		if len(dst) > start {
			dst = append(dst, ' ')
		}
		dst = appendProcessID(dst, &sock.Process{PID: b.PID, Name: b.Process})
	}
	return dst
}

// AppendForwarded appends where the kernel forwards packets, and what of it does that:
// "172.17.0.2:80 by nftables". An end without an address is this machine itself, one
// without a port the same port.
func AppendForwarded(dst []byte, target netip.AddrPort, by string) []byte {
	addr, port := target.Addr(), target.Port()
	switch {
	case addr.IsValid() && port != 0:
		dst = target.AppendTo(dst)
	case addr.IsValid():
		dst = addr.AppendTo(dst)
	case port != 0:
		dst = append(strconv.AppendUint(append(dst, "port "...), uint64(port), 10), " of this machine"...)
	default:
		dst = append(dst, "this machine"...)
	}
	return appendEscaped(append(dst, " by "...), by)
}
