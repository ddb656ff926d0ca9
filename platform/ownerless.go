package platform

import (
	"context"
	"math"
	"slices"

	"sockeye/sock"
)

// heldByKernel reports whether a socket is known to be the kernel's own: that of a
// netlink protocol, whose port number is 0. It may have an inode.
func heldByKernel(s *sock.Socket) bool {
	port, known := s.Detail(sock.NetlinkPort)
	return known && port == 0
}

// unheld says why a socket that has no inode, and so no descriptor, has no owner.
func unheld(s *sock.Socket) sock.OwnerStatus {
	if heldByKernel(s) {
		return sock.OwnerKernel
	}
	switch s.State {
	case sock.TimeWait:
		return sock.OwnerTimeWait
	case sock.SynReceived:
		return sock.OwnerRequest
	case sock.Established, sock.CloseWait:
		if s.Protocol.ConnectionOriented() || s.Protocol == sock.Unix {
			return sock.OwnerAcceptQueue
		}
	case sock.FinWait1, sock.FinWait2, sock.Closing, sock.LastAck, sock.Closed:
		return sock.OwnerOrphaned
	}
	return sock.OwnerNoDescriptor
}

// withoutOwners gives every row the status that needs no search.
func withoutOwners(s *sock.Socket) {
	s.OwnerStatus = sock.OwnerNotSearched
	if heldByKernel(s) || s.Inode == 0 && s.Protocol != sock.Unix {
		s.OwnerStatus = unheld(s)
	}
}

// settle gives every row its owners, or the reason why it has none. searched says
// that these rows were searched for.
func (o *ownerStage) settle(ctx context.Context, held []*sock.Socket, searched bool) {
	var doubtful []*sock.Socket
	for _, s := range held {
		if o.resolve(s) {
			continue
		}
		s.Known |= sock.FieldOwners
		switch s.OwnerStatus = o.reason(ctx, s, searched); s.OwnerStatus {
		case sock.OwnerNoDescriptor:
			doubtful = append(doubtful, s)
		case sock.OwnerPermission, sock.OwnerNotSearched:
			o.namePort(s)
		}
	}
	if len(doubtful) > 0 {
		o.lookFurther(ctx, doubtful)
	}
}

// namePort names the process whose PID is the port of a netlink socket that somebody
// may hold who cannot be seen. The kernel chooses that port (netlink_autobind), a
// process may choose another: it is no owner.
func (o *ownerStage) namePort(s *sock.Socket) {
	port, _ := s.Detail(sock.NetlinkPort)
	if port == 0 || port > math.MaxInt32 || o.proc.Foreign() != nil {
		return
	}
	if name, err := o.proc.Name(int(port)); err == nil && name != "" {
		s.PortProcess = name
	}
}

// reason says why no holder of a socket was found. OwnerNoDescriptor is what is left.
func (o *ownerStage) reason(ctx context.Context, s *sock.Socket, searched bool) sock.OwnerStatus {
	if len(o.indexes) == 0 || o.failed {
		return sock.OwnerNotSearched
	}
	if o.refused > 0 || slices.ContainsFunc(o.indexes, func(x ownerIndex) bool { return x.hidden() != 0 }) {
		o.denied++
		return sock.OwnerPermission
	}
	if o.closed(ctx, s) {
		return s.OwnerStatus
	}
	if !searched {
		o.report(&sock.Partial{Code: sock.CodeUnavailable, Incomplete: true,
			Message: "sockets that came into being during the listing were not searched for"})
		return sock.OwnerNotSearched
	}
	return sock.OwnerNoDescriptor
}

// closed reports whether the socket is there no more, and then says so in its status.
func (o *ownerStage) closed(ctx context.Context, s *sock.Socket) bool {
	if o.exists == nil {
		return false
	}
	if there, err := o.exists(ctx, s); err != nil || there {
		return false
	}
	s.OwnerStatus = sock.OwnerClosed
	if slices.ContainsFunc(o.indexes, func(x ownerIndex) bool { return x.WasLeft(s.Inode) }) {
		s.OwnerStatus = sock.OwnerExited
	}
	return true
}

// lookFurther looks for the holders of sockets that are there, though no descriptor
// table has them: in the threads that a search for all leaves out, behind what a
// policy hides, in io_uring, in messages.
func (o *ownerStage) lookFurther(ctx context.Context, doubtful []*sock.Socket) {
	if o.everything {
		o.search(ctx, inodesOf(doubtful))
		doubtful = slices.DeleteFunc(doubtful, o.resolve)
	}
	if len(doubtful) == 0 || ctx.Err() != nil {
		return
	}
	if !o.further {
		o.further = true
		if refused, err := o.finder.confirm(ctx); err == nil {
			o.refused = refused
		}
		if o.refused == 0 {
			o.indexes = append(o.indexes, o.ringIndex(ctx))
			o.transit = o.inTransit(ctx)
		}
	}
	if o.refused > 0 {
		for _, s := range doubtful {
			s.OwnerStatus = sock.OwnerPermission
			o.denied++
		}
		return
	}
	doubtful = slices.DeleteFunc(doubtful, func(s *sock.Socket) bool { return o.resolve(s) || o.closed(ctx, s) })
	// Which descriptors are in the messages is not told.
	if len(doubtful) > o.transit {
		return
	}
	o.transit -= len(doubtful)
	for _, s := range doubtful {
		s.OwnerStatus = sock.OwnerInTransit
	}
}

func inodesOf(sockets []*sock.Socket) []uint64 {
	var inodes []uint64
	for _, s := range sockets {
		inodes = append(inodes, s.Inode)
	}
	return inodes
}

// ringIndex finds the sockets that io_uring instances hold by themselves.
func (o *ownerStage) ringIndex(ctx context.Context) ringIndex {
	last := o.indexes[len(o.indexes)-1]
	found := ringIndex{ownerIndex: last, owners: map[uint64][]sock.Owner{}}
	for _, ring := range last.rings(ctx) {
		// What cannot be read, or was closed meanwhile, tells of no socket.
		inodes, _ := o.proc.RingSockets(ring)
		for _, inode := range inodes {
			owner := sock.Owner{Process: ring.Process, FD: sock.NoFD, TID: ring.TID}
			if !slices.Contains(found.owners[inode], owner) {
				found.owners[inode] = append(found.owners[inode], owner)
			}
		}
	}
	for _, owners := range found.owners {
		sock.SortOwners(owners)
	}
	return found
}

// ringIndex answers who holds a socket through io_uring, where the search that
// found the instances hides nothing.
type ringIndex struct {
	ownerIndex
	owners map[uint64][]sock.Owner
}

func (x ringIndex) Owners(inode uint64, buf []sock.Owner) []sock.Owner {
	return append(buf, x.owners[inode]...)
}

// inTransit returns how many descriptors are in messages that wait in the queues of
// unix sockets.
func (o *ownerStage) inTransit(ctx context.Context) (n int) {
	inodes := o.mailboxes()
	if len(inodes) == 0 || o.proc.Foreign() != nil {
		return 0
	}
	index, err := o.finder.find(ctx, inodes)
	if err != nil {
		return 0
	}
	for _, inode := range inodes {
		for _, owner := range index.Owners(inode, nil) {
			if waiting, err := o.proc.InTransit(owner); err == nil {
				n += waiting
				break // every descriptor of a socket tells the same
			}
		}
	}
	return n
}
