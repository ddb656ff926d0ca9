package platform

import (
	"context"
	"errors"
	"sync"

	"sockeye/sock"
)

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

// close waits for a way that is being opened.
func (b *bestFinder) close() {
	b.once.Do(func() { b.err = errors.New("closed") })
	if b.first != nil {
		b.first.close()
	}
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
func (b *bestFinder) find(ctx context.Context, want []uint64) (ownerIndex, error) {
	finder, better := b.opened()
	index, err := finder.find(ctx, want)
	if !better || !errors.Is(err, sock.ErrUnavailable) {
		return index, err
	}
	b.mu.Lock()
	b.err = err
	b.mu.Unlock()
	return b.other.find(ctx, want)
}

func (b *bestFinder) confirm(ctx context.Context) (int, error) {
	finder, _ := b.opened()
	return finder.confirm(ctx)
}
