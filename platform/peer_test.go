package platform

import (
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

// TestPeerProcess: who holds the other end is searched with the owners, if it is
// wanted, and is known where somebody does.
func TestPeerProcess(t *testing.T) {
	owners := map[uint64][]sock.Owner{1: held(10, "client"), 2: append(held(20, "server"), held(21, "fork")...)}
	for _, wanted := range []bool{true, false} {
		finder := &fakeFinder{owners: owners}
		stage := newStage(t, finder)
		want := []uint64{1, 3}
		if wanted {
			stage.want |= sock.FieldPeerProcess
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
		if got[1].Knows(sock.FieldPeerProcess) || got[1].PeerProcess != nil {
			t.Errorf("a peer that nobody holds is %+v", got[1].PeerProcess)
		}
	}
}

// TestPeerProcessOfAStream: in a long listing all sockets are searched, and those
// behind the first block have their peers too.
func TestPeerProcessOfAStream(t *testing.T) {
	finder := &fakeFinder{owners: map[uint64][]sock.Owner{}}
	stage := newStage(t, finder)
	stage.want |= sock.FieldPeerProcess
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
