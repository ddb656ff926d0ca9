package iphlpapi

import (
	"context"
	"fmt"
	"net/netip"
	"sync"
	"time"

	"sockeye/sock"
)

// present are the TCP connections over IPv4 as they were a moment ago.
type present struct {
	mu   sync.Mutex
	read time.Time
	by   map[ends]creation
}

type ends struct{ local, remote netip.AddrPort }

// creation tells a connection from another with the same ends.
type creation struct {
	pid uint32
	at  fileTime // 0 if it is not known
}

// presentAge is how old the table may be by which a connection is confirmed before
// it is closed. It is not read again for each of many.
const presentAge = 100 * time.Millisecond

// confirm returns a [sock.ErrEnded] if a socket is not the one that has its ends
// in a table of at most some age.
func (p *present) confirm(ctx context.Context, sys *system, k *sock.Socket, age time.Duration) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.by == nil || time.Since(p.read) >= age {
		if err := p.refresh(ctx, sys); err != nil {
			return err
		}
	}
	now, there := p.by[ends{k.Local, k.Remote}]
	switch {
	case !there:
		return sock.ErrEnded
	case k.Knows(sock.FieldOwners) && creatorOf(k) != now.pid && now.pid == pidNone:
		return fmt.Errorf("%w: its process has closed it", sock.ErrEnded)
	case k.Knows(sock.FieldOwners) && creatorOf(k) != now.pid:
		return fmt.Errorf("%w: process %d has a connection with its ends now", sock.ErrEnded, now.pid)
	case k.Knows(sock.FieldCreated) && now.at != fileTimeAt(k.Created):
		return fmt.Errorf("%w: a later one has its ends", sock.ErrEnded)
	}
	return nil
}

// refresh reads the table. Nothing is left of an older one if it fails.
func (p *present) refresh(ctx context.Context, sys *system) error {
	p.by, p.read = nil, time.Now()
	r := reader{sys: sys}
	rows, _, err := r.open(ctx, sock.Table{Protocol: sock.TCP, Family: sock.IPv4}, ownerModule, false)
	if err != nil {
		return fmt.Errorf("its table cannot be read again: %w", err)
	}
	by := make(map[ends]creation, rows.count)
	var s sock.Socket
	for i := range rows.count {
		row := rows.at(i)
		s.Reset()
		rows.decode(row, &s)
		pid, _ := rows.processID(row)
		by[ends{s.Local, s.Remote}] = creation{pid: pid, at: rows.createdAt(row)}
	}
	p.by = by
	return nil
}

// creatorOf returns the PID that the table told of a socket whose owners are
// known.
func creatorOf(k *sock.Socket) uint32 {
	if len(k.Owners) > 0 {
		return uint32(k.Owners[0].PID)
	}
	return uint32(k.CreatorPID) // 0 where the table says so
}
