package filter

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"time"

	"sockeye/sock"
)

// holders returns the numbers of a socket's holders.
func holders(s *sock.Socket, get func(sock.Owner) (uint64, bool)) (list []uint64) {
	if !s.Knows(sock.FieldOwners) {
		return nil
	}
	for _, o := range s.Owners {
		if v, known := get(o); known {
			list = append(list, v)
		}
	}
	return list
}

func ownerNumberNode(r *rand.Rand) *node {
	name := pick(r, "pid", "fd", "tid", "process_uid")
	return compareNode(r, name, append([]uint64{34, 1001}, someNumbers...), decimal, func(s *sock.Socket) []uint64 {
		return holders(s, func(o sock.Owner) (uint64, bool) {
			switch name {
			case "pid":
				return uint64(o.PID), true
			case "fd":
				return uint64(o.FD), true
			case "tid":
				return uint64(o.TID), o.TID != 0
			}
			return uint64(o.UID), o.Process.Known.Has(sock.FieldProcessUser)
		})
	})
}

func ageNode(r *rand.Rand) *node {
	spell := func(v uint64) string {
		return pick(r, fmt.Sprint(v), fmt.Sprintf("%ds", v), fmt.Sprintf("%dm%ds", v/60, v%60), fmt.Sprintf("%dms", v*1000))
	}
	return compareNode(r, "age", someNumbers, spell, func(s *sock.Socket) []uint64 {
		return holders(s, func(o sock.Owner) (uint64, bool) {
			return uint64(testNow.Sub(o.StartedAt) / time.Second), o.Process.Known.Has(sock.FieldStartedAt)
		})
	})
}

func cookieNode(r *rand.Rand) *node {
	hex := func(v uint64) string { return fmt.Sprintf(pick(r, "%x", "0x%x", "%X"), v) }
	v := pick(r, someNumbers...)
	return leaf(pick(r, "sk ", "cookie=")+hex(v), func(s *sock.Socket) bool { return s.Knows(sock.FieldCookie) && s.Cookie == v })
}

// quoted spells a text operand.
func quoted(r *rand.Rand, s string) string {
	if !strings.ContainsAny(s, " ()") && s != "and" && r.IntN(2) == 0 {
		return s
	}
	return pick(r, `"`+s+`"`, "'"+s+"'")
}

func textNode(r *rand.Rand) *node {
	v, w := pick(r, someNames...), pick(r, someNames...)
	switch r.IntN(3) {
	case 0:
		return leaf("user in "+quoted(r, v)+","+quoted(r, w), func(s *sock.Socket) bool {
			return s.Knows(sock.FieldUser) && (s.User == v || s.User == w)
		})
	case 1:
		return leaf("user !~ /^n.*[ex]$/", func(s *sock.Socket) bool {
			n := len(s.User)
			return !s.Knows(sock.FieldUser) || n < 2 || s.User[0] != 'n' || s.User[n-1] != 'e' && s.User[n-1] != 'x'
		})
	}
	p := pick(r, "/run/a.sock", "@abc", "@/x@y", "@0a1b2")
	return leaf("path = "+p, func(s *sock.Socket) bool {
		return s.Knows(sock.FieldPath) && strings.ReplaceAll(s.Path, "\x00", "@") == p
	})
}

func ownerTextNode(r *rand.Rand) *node {
	v := pick(r, someNames...)
	some := func(s *sock.Socket, holds func(sock.Owner) bool) bool {
		return s.Knows(sock.FieldOwners) && slices.ContainsFunc(s.Owners, holds)
	}
	switch r.IntN(4) {
	case 0:
		return leaf("process = "+quoted(r, v), func(s *sock.Socket) bool {
			return some(s, func(o sock.Owner) bool { return o.Name == v })
		})
	case 1:
		return leaf("process = systemd-resolved", func(s *sock.Socket) bool {
			return some(s, func(o sock.Owner) bool { return o.Name == "systemd-resolve" })
		})
	case 2:
		return leaf("cmdline ~ /^NGIN.* --config/i", func(s *sock.Socket) bool {
			return some(s, func(o sock.Owner) bool {
				return o.Process.Known.Has(sock.FieldCmdline) && strings.HasPrefix(o.Cmdline, "ngin")
			})
		})
	}
	return leaf("exe != "+quoted(r, "/bin/"+v), func(s *sock.Socket) bool {
		return !some(s, func(o sock.Owner) bool { return o.Process.Known.Has(sock.FieldExe) && o.Exe == "/bin/"+v })
	})
}

func nameNode(r *rand.Rand) *node {
	switch r.IntN(4) {
	case 0:
		return leaf("type != dgram", func(s *sock.Socket) bool { return !s.Knows(sock.FieldType) || s.Type != sock.TypeDatagram })
	case 1:
		return leaf("timer in (keepalive, on)", func(s *sock.Socket) bool {
			return s.Knows(sock.FieldTimer) && (s.Timer.Kind == sock.TimerKeepalive || s.Timer.Kind == sock.TimerOn)
		})
	case 2:
		return leaf("shutdown both", func(s *sock.Socket) bool {
			return s.Knows(sock.FieldShutdown) && s.Shutdown == sock.ShutdownReceive|sock.ShutdownSend
		})
	}
	if r.IntN(2) == 0 {
		return leaf("owner_status in (not_searched, accept-queue)", func(s *sock.Socket) bool {
			return !s.Knows(sock.FieldOwners) || s.OwnerStatus == sock.OwnerAcceptQueue || s.OwnerStatus == sock.OwnerNotSearched
		})
	}
	return leaf("listener_process = nginx", func(s *sock.Socket) bool {
		return s.Knows(sock.FieldOwners) && s.Listener != nil && s.Listener.Name == "nginx"
	})
}

func boolNode(r *rand.Rand) *node {
	switch r.IntN(4) {
	case 3:
		return leaf("not abstract", func(s *sock.Socket) bool {
			return !s.Knows(sock.FieldPath) || s.Path == "" || s.Path[0] != 0
		})
	case 0:
		return leaf("v6only = true", func(s *sock.Socket) bool { return s.Knows(sock.FieldV6Only) && s.V6Only })
	case 1:
		return leaf("v6only = no", func(s *sock.Socket) bool { return s.Knows(sock.FieldV6Only) && !s.V6Only })
	}
	return leaf("autobound", func(s *sock.Socket) bool {
		if s.Family == sock.FamilyUnix {
			return s.Knows(sock.FieldPath) && s.Path == "\x000a1b2"
		}
		return slices.ContainsFunc(ends(s, "local"), func(e netip.AddrPort) bool { return e.Port() >= 32768 && e.Port() <= 60999 })
	})
}

func deviceNode(r *rand.Rand) *node {
	switch r.IntN(3) {
	case 0:
		return leaf("dev lo", func(s *sock.Socket) bool {
			return s.Knows(sock.FieldInterface) && (s.Interface == "lo" || s.Interface == "" && s.IfIndex == 1)
		})
	case 1:
		return leaf("dev in 2,0", func(s *sock.Socket) bool {
			return s.Knows(sock.FieldInterface) && (s.IfIndex == 2 || s.IfIndex == 0)
		})
	}
	return leaf("src *%eth0", func(s *sock.Socket) bool {
		return (s.Family == sock.IPv4 || s.Family == sock.IPv6) && s.Knows(sock.FieldInterface) &&
			(s.Interface == "eth0" || s.Interface == "" && s.IfIndex == 2)
	})
}

func markNode(r *rand.Rand) *node {
	v, mask := pick(r, uint32(0), 0x10, 0x1f), pick(r, uint32(0), 0xf, 0x10, 0xffffffff)
	return leaf(fmt.Sprintf("fwmark %#x/%#x", v, mask), func(s *sock.Socket) bool { return s.Knows(sock.FieldMark) && s.Mark&mask == v })
}

func cgroupNode(r *rand.Rand) *node {
	path := pick(r, "/a", "/bc") // testEnv numbers them by their length
	return leaf("cgroup "+path, func(s *sock.Socket) bool {
		if s.Knows(sock.FieldCgroupID) && s.CgroupID != 0 {
			return s.CgroupID == uint64(len(path))
		}
		return s.Knows(sock.FieldCgroup) && s.Cgroup == path
	})
}

func unixNode(r *rand.Rand) *node {
	patterns := map[string]func(string) bool{
		"*":            func(string) bool { return true },
		"/RUN/?.SOCK":  func(p string) bool { return p == "/run/a.sock" || p == "/run/B.sock" },
		"@*":           func(p string) bool { return strings.HasPrefix(p, "@") },
		"/run/[!b-z]*": func(p string) bool { return p == "/run/a.sock" || p == "/run/\xff" },
		"*[bc]":        func(p string) bool { return p == "@abc" },
	}
	pattern := pick(r, "*", "/RUN/?.SOCK", "@*", "/run/[!b-z]*", "*[bc]")
	return leaf("dst unix:"+pattern, func(s *sock.Socket) bool {
		if s.Family != sock.FamilyUnix || pattern == "*" {
			return s.Family == sock.FamilyUnix
		}
		return s.Knows(sock.FieldPeerPath) && patterns[pattern](strings.ReplaceAll(s.PeerPath, "\x00", "@"))
	})
}

func netnsNode(r *rand.Rand) *node {
	return leaf("netns 33", func(s *sock.Socket) bool {
		return s.Knows(sock.FieldNetns) && s.Netns.Inode == 33 || s.Knows(sock.FieldNetnsName) && s.Netns.Name == "33"
	})
}
