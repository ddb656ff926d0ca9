package top

import (
	"testing"

	"sockeye/sock"
)

// TestShelf: what is put there stays as it was, and in its place, whatever comes behind it;
// an emptied shelf takes the same room again.
func TestShelf(t *testing.T) {
	var s shelf
	fill := func(first int) {
		t.Helper()
		var kept [][]sock.Owner
		for i := range 3 * board {
			list := make([]sock.Owner, i%3) // none, one, two
			for k := range list {
				list[k].FD = first + i
			}
			kept = append(kept, s.put(list))
		}
		kept = append(kept, s.put(make([]sock.Owner, 2*board))) // more than a board has room for
		for i, list := range kept[:3*board] {
			if len(list) != i%3 || len(list) > 0 && list[len(list)-1].FD != first+i {
				t.Fatalf("%d: %+v", i, list)
			}
			if cap(list) != len(list) {
				t.Fatalf("%d has room for what is another's", i)
			}
		}
	}
	fill(0)
	first, boards := &s.boards[0][0], len(s.boards)
	if boards < 4 || boards > 5 { // less: one was moved, and stays where it was, too
		t.Errorf("%d boards for %d owners and one list of %d", boards, 3*board, 2*board)
	}
	s.empty()
	if first.FD != 0 || first.Process != nil {
		t.Errorf("an emptied shelf holds %+v", first)
	}
	fill(100_000)
	if &s.boards[0][0] != first || len(s.boards) != boards {
		t.Errorf("the room is not used again: %d boards, were %d", len(s.boards), boards)
	}
}
