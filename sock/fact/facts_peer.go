package fact

import (
	"math"
	"strings"

	"sockeye/sock"
)

// peerFacts are about the other end of a connection, where that is on this machine.
var peerFacts = []*Fact{
	{
		Name: "peer_pid", Kind: Number, Needs: sock.FieldPeerProcess, shows: sock.FieldOwners, Most: math.MaxUint32, Optional: true, Option: "extended",
		Protocols: sock.PeerProtocols, Words: "processes at the other end", Systems: []string{"Linux"},
		Doc: "process that holds the other end of a connection on this machine, the first by PID", Example: "peer_pid = 812",
		number: func(s *sock.Socket) (uint64, bool) {
			if s.PeerProcess == nil {
				return 0, false
			}
			return uint64(s.PeerProcess.PID), true
		},
		setNumber: func(s *sock.Socket, v uint64) { peerProcess(s).PID = int(v) },
	},
	{
		Name: "peer_process", Kind: Process, Needs: sock.FieldPeerProcess, shows: sock.FieldOwners, Optional: true, Option: "extended",
		Protocols: sock.PeerProtocols, Systems: []string{"Linux"}, Doc: "name of that process", Example: "peer_process = postgres", show: showPeerProcess,
		text: of(func(s *sock.Socket) *sock.Process { return s.PeerProcess }, func(p *sock.Process) *string { return &p.Name }),
	},
	choice(Fact{
		Name: "peer_status", Kind: Choice, Needs: sock.FieldPeerProcess, Optional: true, Option: "extended", usual: uint64(sock.PeerKnown),
		Protocols: sock.PeerProtocols, Systems: []string{"Linux"}, Values: sock.PeerStatuses(),
		Doc: "whether that process is known and, if not, why; nothing if no other end was found on this machine", Example: "peer_status = ambiguous",
	}, func(s *sock.Socket) uint8 { return uint8(s.PeerStatus) }, func(s *sock.Socket, v uint8) { s.PeerStatus = sock.PeerStatus(v) }),
	{
		Name: "peer_container", Kind: Container, Needs: sock.FieldPeerProcess, Optional: true, Option: "extended",
		Protocols: sock.PeerProtocols, Systems: []string{"Linux"},
		Doc: "container of that process; a filter compares its name or its ID, of which 12 digits are enough", Example: "peer_container = web",
		parts: func() []*Fact { return containerParts("peer_container", peerContainer) },
		has:   func(s *sock.Socket) bool { return peerContainer(s) != nil },
		begin: func(s *sock.Socket) { peerProcess(s).Container = new(sock.Container) },
		show:  func(_ *View, dst []byte, s *sock.Socket) []byte { return appendContainer(dst, peerContainer(s)) },
		order: func(a, b *sock.Socket) int {
			return strings.Compare(peerContainer(a).Called(), peerContainer(b).Called())
		},
	},
	{
		Name: "peer_netns", Kind: Netns, Needs: sock.FieldPeerProcess, Optional: true, Option: "extended",
		Protocols: sock.PeerProtocols, Systems: []string{"Linux"},
		Doc: "network namespace of that end", Example: "peer_netns = blue",
		parts: peerNetnsParts,
		has:   func(s *sock.Socket) bool { return s.PeerNetns.Inode != 0 },
		show:  func(_ *View, dst []byte, s *sock.Socket) []byte { return appendNetns(dst, s.PeerNetns) },
	},
}

func peerNetnsParts() []*Fact {
	parts := netnsParts("peer_netns", 0, func(s *sock.Socket) *sock.Netns { return &s.PeerNetns })
	parts[0].silent, parts[1].label = true, "peer_netns"
	return parts
}

// peerProcess returns the process at the other end, made if there is none yet.
func peerProcess(s *sock.Socket) *sock.Process {
	if s.PeerProcess == nil {
		s.PeerProcess = new(sock.Process)
	}
	return s.PeerProcess
}

func peerContainer(s *sock.Socket) *sock.Container {
	if !s.Knows(sock.FieldPeerProcess) || s.PeerProcess == nil {
		return nil
	}
	return s.PeerProcess.Container
}

// showPeerProcess shows in place of a process why it is not known.
func showPeerProcess(_ *View, dst []byte, s *sock.Socket) []byte {
	switch {
	case !s.Knows(sock.FieldPeerProcess):
		return dst
	case s.PeerProcess != nil:
		return appendName(dst, s.PeerProcess)
	case s.PeerStatus > sock.PeerKnown:
		dst = append(dst, '(')
		dst = append(dst, strings.ReplaceAll(sock.PeerStatuses()[s.PeerStatus], "_", " ")...)
		return append(dst, ')')
	}
	return dst
}
