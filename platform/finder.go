package platform

import (
	"context"
	"errors"
	"sync"

	"sockeye/sock"
)

// preparer is a finder that needs time before its first search. It may be told
// beforehand, to use the time in which the sockets are read.
type preparer interface{ prepare() }

// reasoner is a finder that knows why a better one was not taken.
type reasoner interface{ reason() string }

// confirmer is a finder that does not know whether the kernel hides something
// from it. confirm finds that out in another way, when there is a socket of which
// no holder was found; the index is nil if there is no way.
type confirmer interface {
	confirm(ctx context.Context) (ownerIndex, error)
}

// bestFinder searches in the better of two ways where that can be had, else in
// the other, without a word: both find the same owners.
type bestFinder struct {
	better string // the name of the better way, for the reason
	open   func() (ownerFinder, error)
	other  ownerFinder

	once  sync.Once
	mu    sync.Mutex // guards what follows
	first ownerFinder
	err   error // why first is not used
}

// prepare begins to open the better way.
func (b *bestFinder) prepare() { go b.opened() }

// opened returns the finder that is used, and whether that is the better one.
func (b *bestFinder) opened() (finder ownerFinder, better bool) {
	b.once.Do(func() {
		first, err := b.open()
		b.mu.Lock()
		defer b.mu.Unlock()
		b.first, b.err = first, err
	})
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.err != nil {
		return b.other, false
	}
	return b.first, true
}

func (b *bestFinder) name() string {
	finder, _ := b.opened()
	return finder.name()
}

// reason says why the better way is not used; empty if it is.
func (b *bestFinder) reason() string {
	b.opened()
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.err == nil {
		return ""
	}
	return b.better + ": " + b.err.Error()
}

// find searches. A better way that fails is given up for good.
func (b *bestFinder) find(ctx context.Context, q ownerQuery) (ownerIndex, error) {
	finder, better := b.opened()
	index, err := finder.find(ctx, q)
	if !better || !errors.Is(err, sock.ErrUnavailable) {
		return index, err
	}
	b.mu.Lock()
	b.err = err
	b.mu.Unlock()
	return b.other.find(ctx, q)
}

// confirm asks the better way, if that was used and can be wrong.
func (b *bestFinder) confirm(ctx context.Context) (ownerIndex, error) {
	finder, _ := b.opened()
	if second, ok := finder.(confirmer); ok {
		return second.confirm(ctx)
	}
	return nil, nil
}
