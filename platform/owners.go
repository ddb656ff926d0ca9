package platform

import (
	"context"
	"errors"
	"io/fs"
	"iter"
	"sync"

	"sockeye/procnet"
	"sockeye/sock"
)

// ownerFinder finds the processes that hold sockets.
type ownerFinder interface {
	// name is the finder's name in --owners and in JSON.
	name() string
	// reason says why a better way was not taken; empty if there is none.
	reason() string
	// prepare begins what takes time before the first search, to use the time in
	// which the sockets are read.
	prepare()
	// close frees what the finder holds.
	close()
	// find looks for the holders of the sockets with these inodes; nil means all.
	find(ctx context.Context, want []uint64) (ownerIndex, error)
	// confirm returns how many processes hide from the search, where that is
	// found out in another way than by searching; 0 if it cannot be told.
	confirm(ctx context.Context) (hidden int, err error)
}

// ownerIndex answers who holds a socket.
type ownerIndex interface {
	// Owners appends every holder to buf, sorted.
	Owners(inode uint64, buf []sock.Owner) []sock.Owner
	// hidden is the number of processes whose descriptors could not be seen;
	// -1 if not even their number can be.
	hidden() int
	// failure says what else kept a process from being looked into; nil if
	// nothing did.
	failure() error
	// WasLeft reports whether the socket was in a process that has ended since.
	WasLeft(inode uint64) bool
	// rings returns the descriptors of io_uring instances.
	rings(ctx context.Context) []sock.Owner
	// sameProcess reports whether the PID is still the process that was found.
	sameProcess(pid int) bool
}

// ownerBlock is how many rows wait for the first search. A listing of fewer
// rows has only its own sockets searched; a longer one has all sockets
// searched once, so that the rest can stream.
const ownerBlock = 1024

// laterBlock is how many rows wait for a further search, of which there are few.
const laterBlock = 4096

// maxSearches bounds how often the processes are gone through for sockets that
// came into being while the listing was made.
const maxSearches = 6

// ownerStage adds owners to a stream of sockets.
type ownerStage struct {
	finder ownerFinder
	exists func(context.Context, *sock.Socket) (bool, error) // nil: cannot be asked
	proc   procnet.FS                                        // what is told of descriptors
	facts  *factReader
	queues *listeners // whose accept queue a connection waits in
	peers  *peers     // nil: the other ends are not wanted
	// entitled reports whether the reader has the rights to see every process.
	entitled func() bool
	// mailboxes returns the inodes of unix sockets in which messages may wait.
	mailboxes func() []uint64
	want      sock.Field
	report    func(*sock.Partial)
	indexes   []ownerIndex
	searches  int
	held      []*sock.Socket // rows that wait for their owners
	streamed  []sock.Owner   // of a row that did not wait; the next one uses its memory
	scratch   []sock.Owner   // of an other end; its memory is used again
	// everything: the last search was for all sockets.
	everything bool
	// further: it was looked for more than descriptors; refused is how many
	// processes hide, and transit how many descriptors are in messages.
	further bool
	refused int
	transit int
	denied  int // rows whose owner could not be seen
	// failed: not every process could be looked into, for want of something else
	// than a right.
	failed bool
}

// attach returns the stream with owners. Rows are held back only until their
// owners are known.
func (o *ownerStage) attach(ctx context.Context, rows iter.Seq2[*sock.Socket, error]) iter.Seq2[*sock.Socket, error] {
	return func(yield func(*sock.Socket, error) bool) {
		streaming := false
		for s, err := range rows {
			if err != nil {
				if !yield(nil, err) {
					return
				}
				continue
			}
			s.Owners = o.streamed[:0] // the row before is gone
			if streaming && len(o.held) == 0 && o.resolve(s) {
				o.streamed = s.Owners
				o.peer(s)
				if !yield(s, nil) {
					return
				}
				continue
			}
			o.held = append(o.held, s.Clone())
			if len(o.held) < ownerBlock || streaming && len(o.held) < laterBlock {
				continue
			}
			if !o.release(ctx, streaming, yield) {
				return
			}
			streaming = true
		}
		o.release(ctx, streaming || ctx.Err() != nil, yield)
	}
}

// release searches the owners of the rows that were held back and yields them.
// The first full block searches every socket, since more rows follow it.
func (o *ownerStage) release(ctx context.Context, streaming bool, yield func(*sock.Socket, error) bool) bool {
	held := o.held
	if len(held) == 0 {
		return true
	}
	o.held = nil
	o.settle(ctx, held, o.searchFor(ctx, held, streaming))
	for _, s := range held {
		o.peer(s)
		if !yield(s, nil) {
			return false
		}
	}
	return true
}

// searchFor searches the owners of some rows and of their other ends, and reports
// whether that was done.
func (o *ownerStage) searchFor(ctx context.Context, held []*sock.Socket, streaming bool) bool {
	if !streaming && len(held) == ownerBlock {
		var loading sync.WaitGroup
		if o.peers != nil {
			loading.Go(func() { o.peers.load(ctx, nil, true) })
		}
		searched := o.search(ctx, nil)
		loading.Wait()
		o.reportPeers()
		return searched
	}
	if o.peers != nil && !streaming {
		o.peers.load(ctx, held, false)
		o.reportPeers()
	}
	want := o.wanted(held)
	return len(want) == 0 || o.search(ctx, want)
}

// wanted returns the inodes of the sockets whose holders are not known yet.
func (o *ownerStage) wanted(held []*sock.Socket) []uint64 {
	want := make([]uint64, 0, len(held))
	for _, s := range held {
		switch resolved := o.resolve(s); {
		case !resolved:
			want = append(want, s.Inode)
		case s.OwnerStatus == sock.OwnerAcceptQueue && s.Listener == nil && o.searches == 0:
			want = append(want, o.queues.of(s)...)
		}
		if o.peers == nil {
			continue
		}
		if end, status := o.peers.of(s); status == sock.PeerKnown && end.inode != 0 {
			if _, index := o.holders(uint64(end.inode), nil); index == nil {
				want = append(want, uint64(end.inode))
			}
		}
	}
	return want
}

// search looks for holders; nil means those of every socket. It reports whether that
// was done.
func (o *ownerStage) search(ctx context.Context, want []uint64) bool {
	if o.searches == maxSearches || ctx.Err() != nil {
		return false
	}
	o.searches++
	o.everything = want == nil
	index, err := o.finder.find(ctx, want)
	what := "the owners of sockets could not be searched"
	if err == nil {
		o.indexes = append(o.indexes, index)
		what, err = "not every process could be searched for owners", index.failure()
		o.failed = o.failed || err != nil
	}
	if err == nil || ctx.Err() != nil {
		return true
	}
	code := sock.CodeUnavailable
	if errors.Is(err, fs.ErrPermission) {
		code = sock.CodePermission
	}
	o.report(&sock.Partial{Code: code, Message: what, Err: err, Incomplete: true})
	return true
}

// resolve settles the owner of a row if that takes no further search.
func (o *ownerStage) resolve(s *sock.Socket) bool {
	if s.Inode == 0 || heldByKernel(s) {
		s.OwnerStatus = unheld(s)
		s.Known |= sock.FieldOwners
		if s.OwnerStatus == sock.OwnerAcceptQueue && len(o.indexes) > 0 {
			s.Listener = o.listener(s)
		}
		return true
	}
	owners, index := o.holders(s.Inode, s.Owners[:0])
	if index == nil {
		return false
	}
	s.Owners, s.OwnerStatus = owners, sock.OwnerKnown
	s.Known |= sock.FieldOwners
	for p := range s.PIDs {
		o.facts.fill(p, o.want, index.sameProcess)
	}
	if o.want.Has(sock.FieldSocketContext) {
		if s.SocketContext = o.proc.SocketLabel(owners[0]); s.SocketContext != "" {
			s.Known |= sock.FieldSocketContext
		}
	}
	return true
}

// holders returns the owners of a socket and the search that found them, nil
// if none did.
func (o *ownerStage) holders(inode uint64, buf []sock.Owner) ([]sock.Owner, ownerIndex) {
	for _, index := range o.indexes {
		if owners := index.Owners(inode, buf[:0]); len(owners) > 0 {
			return owners, index
		}
	}
	return nil, nil
}

// listener returns the process whose accept queue the connection waits in. If
// several listen, each with processes of its own, it is none of them rather
// than one by chance.
func (o *ownerStage) listener(s *sock.Socket) *sock.Process {
	var found *sock.Process
	for _, inode := range o.queues.of(s) {
		owners, _ := o.holders(inode, nil)
		if len(owners) == 0 || found != nil && found.PID != owners[0].PID {
			return nil
		}
		found = owners[0].Process
	}
	return found
}
