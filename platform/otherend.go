package platform

import (
	"context"
	"errors"
	"io/fs"
	"slices"

	"sockeye/sock"
)

// peers returns what finds the other ends of connections of some protocols. asked says
// that somebody asked for them by name.
func (h *Host) peers(protocols sock.ProtocolSet, asked bool) *peers {
	p := &peers{protocols: protocols, sockets: h.sockets, asked: asked, index: newPeerIndex()}
	if p.several = h.spaces != nil; p.several {
		p.spaceOf = func(s *sock.Socket) (uint64, bool) { return s.Netns.Inode, s.Netns.Inode != 0 }
	} else {
		here := inodeOf(h.chain.env)
		p.spaceOf = func(*sock.Socket) (uint64, bool) { return here, true }
	}
	p.environments = func(yield func(*sock.Environment) bool) { slices.Values(h.environments())(yield) }
	if p.translations = h.translations; p.translations == nil {
		p.translations = func(context.Context, *sock.Environment, func(*sock.Translation)) error { return nil }
	}
	return p
}

// inodeOf returns that of the network namespace of an environment, 0 if it is not known.
func inodeOf(env *sock.Environment) uint64 {
	if env.Namespace == nil {
		return 0
	}
	return env.Namespace.Inode()
}

// reportPeers says once why other ends may be missing, to who asked for them.
func (o *ownerStage) reportPeers() {
	if o.peers == nil {
		return
	}
	err := o.peers.failed
	if o.peers.failed = nil; err == nil || !o.peers.asked {
		return
	}
	code := sock.CodeUnavailable
	if errors.Is(err, fs.ErrPermission) {
		code = sock.CodeWithheld
	}
	o.report(&sock.Partial{Code: code, Err: err,
		Message: "connections whose addresses are translated (NAT) cannot be read, and so their other ends are not known"})
}

// peer tells what is known of the other end of a connection, if that is wanted and
// there is one on this machine.
func (o *ownerStage) peer(s *sock.Socket) {
	if o.peers == nil {
		return
	}
	end, status := o.peers.of(s)
	if status == sock.PeerUnknown {
		return
	}
	s.Known |= sock.FieldPeerProcess
	if s.PeerStatus = status; status != sock.PeerKnown {
		return
	}
	s.PeerNetns = o.peers.netns(end)
	owners, index := o.holders(uint64(end.inode), o.scratch)
	if index == nil {
		s.PeerStatus = o.peerless(s, end)
		return
	}
	o.scratch = owners
	s.PeerProcess = owners[0].Process
	o.facts.fill(s.PeerProcess, o.want, index.sameProcess)
}

// peerless says why nobody is known who holds the other end of a connection.
func (o *ownerStage) peerless(s *sock.Socket, end *peerEnd) sock.PeerStatus {
	if end.inode == 0 {
		switch unheld(&sock.Socket{Protocol: s.Protocol, State: sock.State(end.state)}) {
		case sock.OwnerRequest:
			return sock.PeerRequest
		case sock.OwnerAcceptQueue:
			return sock.PeerAcceptQueue
		case sock.OwnerOrphaned:
			return sock.PeerOrphaned
		}
	}
	if slices.ContainsFunc(o.indexes, func(x ownerIndex) bool { return x.hidden() != 0 }) {
		return sock.PeerPermission
	}
	return sock.PeerNotFound
}
