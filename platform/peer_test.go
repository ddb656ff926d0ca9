package platform

import (
	"context"
	"iter"
	"slices"
	"testing"

	"sockeye/sock"
)

// unixEnd is one end of a unix connection.
func unixEnd(inode, peer uint64) sock.Socket {
	s := sock.Socket{Known: sock.FieldInode | sock.FieldPeerInode, Protocol: sock.Unix, Family: sock.FamilyUnix, State: sock.Established}
	s.Inode, s.PeerInode = inode, peer
	return s
}

// peersAmong returns what finds other ends in one namespace that has some sockets.
func peersAmong(listed sock.ProtocolSet, all ...sock.Socket) *peers {
	h := &Host{chain: chain{env: &sock.Environment{}}}
	p := h.peers(listed, true)
	p.sockets = func(_ context.Context, q sock.Query) iter.Seq2[*sock.Socket, error] {
		return func(yield func(*sock.Socket, error) bool) {
			for i := range all {
				if !yield(&all[i], nil) {
					return
				}
			}
		}
	}
	return p
}

// TestPeerProcess: who holds the other end is searched with the owners, if it is
// wanted, and is known where somebody does.
func TestPeerProcess(t *testing.T) {
	owners := map[uint64][]sock.Owner{1: held(10, "client"), 2: append(held(20, "server"), held(21, "fork")...)}
	for _, wanted := range []bool{true, false} {
		finder := &fakeFinder{owners: owners}
		stage := newStage(t, finder)
		want := []uint64{1, 3}
		if wanted {
			stage.peers = peersAmong(0)
			want = []uint64{1, 2, 3, 4}
		}
		got := attached(t, stage, unixEnd(1, 2), unixEnd(3, 4))
		slices.Sort(finder.searches[0])
		if len(finder.searches) != 1 || !slices.Equal(finder.searches[0], want) {
			t.Errorf("wanted %v: searched %v, want %v", wanted, finder.searches, want)
		}
		if got[0].Knows(sock.FieldPeerProcess) != wanted || wanted && (got[0].PeerProcess.PID != 20 || got[0].PeerProcess.Name != "server") {
			t.Errorf("wanted %v: the peer is %+v", wanted, got[0].PeerProcess)
		}
		if got[1].PeerProcess != nil || wanted != (got[1].PeerStatus == sock.PeerNotFound) {
			t.Errorf("wanted %v: a peer that nobody holds is %+v, %v", wanted, got[1].PeerProcess, got[1].PeerStatus)
		}
	}
}

// TestPeerProcessOfAStream: in a long listing all sockets are searched, and those
// behind the first block have their peers too.
func TestPeerProcessOfAStream(t *testing.T) {
	finder := &fakeFinder{owners: map[uint64][]sock.Owner{}}
	stage := newStage(t, finder)
	stage.peers = peersAmong(sock.Protocols(sock.Unix))
	var rows []sock.Socket
	for i := uint64(2); i < 2*ownerBlock; i++ {
		rows = append(rows, unixEnd(i, i^1))
		finder.owners[i] = held(int(i), "p")
	}
	for _, s := range attached(t, stage, rows...) {
		if !s.Knows(sock.FieldPeerProcess) || s.PeerProcess.PID != int(s.PeerInode) {
			t.Fatalf("the peer of %d is %+v", s.Inode, s.PeerProcess)
		}
	}
	if len(finder.searches) != 1 {
		t.Errorf("%d searches", len(finder.searches))
	}
}
