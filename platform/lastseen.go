package platform

import (
	"context"
	"sync/atomic"
	"time"

	"sockeye/sock"
)

// rememberedFields are the facts that a listing tells and the end of a socket does
// not.
const rememberedFields = sock.FieldOwners | sock.ProcessFields | sock.FieldInode | sock.FieldUID | sock.FieldUser

// lastSeen remembers by its cookie whose each socket was when it was last listed.
// Listings are made by one goroutine while another one asks.
type lastSeen struct {
	last atomic.Pointer[seen]
	// failed is why the last listing failed that did. It is read when no more are made.
	failed error
}

// seen is what a listing showed.
type seen struct {
	sockets  map[uint64]remembered // by cookie
	snapshot sock.Snapshot
}

// remembered is what is kept of a socket.
type remembered struct {
	known    sock.Field
	status   sock.OwnerStatus
	owners   []sock.Owner
	listener *sock.Process
	inode    uint64
	uid      uint32
	// gone: the last listing did not have it.
	gone bool
}

// look makes a listing and remembers its sockets. The owners that a socket had are
// kept when it has none any more: its process closed it, and the kernel finishes
// the connection. What is gone is kept until the listing after the next, since the
// kernel tells the end of a socket some time after it.
func (l *lastSeen) look(listing *Listing) error {
	var before map[uint64]remembered
	if last := l.last.Load(); last != nil {
		before = last.sockets
	}
	now := make(map[uint64]remembered, len(before))
	for s, err := range listing.Sockets {
		if err != nil {
			return err
		}
		if !s.Knows(sock.FieldCookie) {
			continue
		}
		r := remembered{
			known: s.Known & rememberedFields, status: s.OwnerStatus, listener: s.Listener, inode: s.Inode, uid: s.UID,
			owners: append([]sock.Owner(nil), s.Owners...),
		}
		if had := before[s.Cookie]; len(r.owners) == 0 && len(had.owners) > 0 {
			had.gone, r = false, had
		}
		now[s.Cookie] = r
	}
	for cookie, r := range before {
		if _, there := now[cookie]; !there && !r.gone {
			r.gone = true
			now[cookie] = r
		}
	}
	l.last.Store(&seen{now, listing.Snapshot()})
	return nil
}

const (
	// leastPause is between two listings, and pauseShare how many times as long as
	// the listing took: they take at most a twentieth of a processor.
	leastPause = 500 * time.Millisecond
	pauseShare = 20
)

// pauseAfter returns how long to wait behind a listing.
func pauseAfter(took time.Duration) time.Duration { return max(leastPause, pauseShare*took) }

// keepLooking makes listings until the context ends. One that fails leaves what is
// remembered.
func (l *lastSeen) keepLooking(ctx context.Context, list func() *Listing) {
	took := time.Duration(0)
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(pauseAfter(took)):
		}
		began := time.Now()
		if err := l.look(list()); err != nil && ctx.Err() == nil {
			l.failed = err
		}
		took = time.Since(began)
	}
}

// recall adds to a socket what is remembered of it. One that was opened and closed
// between two listings has no owner, and the status says why.
func (l *lastSeen) recall(s *sock.Socket, want sock.Field) {
	r, known := l.last.Load().sockets[s.Cookie]
	if want&(sock.FieldOwners|sock.ProcessFields) != 0 {
		s.Known |= sock.FieldOwners
		s.OwnerStatus, s.Owners, s.Listener = r.status, r.owners, r.listener
		if !known {
			s.OwnerStatus = sock.OwnerClosed
		}
	}
	s.Inode, s.UID = r.inode, r.uid
	s.Known |= r.known & (sock.FieldInode | sock.FieldUID)
}
