package livetest

import (
	"fmt"
	"testing"

	"sockeye/internal/test/population"
)

// TestChurn lists while connections come and go as fast as they can: no listing
// may lose or double one of the sockets that stay.
func TestChurn(t *testing.T) {
	if !population.Alone(t) {
		return
	}
	standing, churners, listings := 1500, 4, 40
	switch {
	case testing.Short(): // on an emulated machine
		standing, churners, listings = 500, 2, 2
	case !population.Long():
		listings = 4
	}
	set, err := population.Mass(standing, true)
	keep(t, set, err)
	churn, err := population.Churn(churners)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := churn.Stop(); err != nil {
			t.Error(err)
		}
	}()
	for i := range listings {
		counts := map[string]int{}
		doc := readDocument(t, "-t", "-a", "--no-processes", "--source", "sock_diag")
		if !doc.Complete || len(doc.Warnings) > 0 {
			t.Errorf("listing %d is not complete: %v", i, doc.Warnings)
		}
		for _, r := range doc.Sockets {
			counts[identity(t, r)]++
		}
		wrong := 0
		for _, m := range set.Made {
			key := fmt.Sprintf("%d %s %s", m.Inode, endText(m.Local), endText(m.Remote))
			if counts[key] != 1 {
				if wrong++; wrong <= 3 {
					t.Errorf("listing %d of %d rows has %s %d times", i, len(doc.Sockets), key, counts[key])
				}
			}
		}
		if wrong > 0 {
			t.Errorf("listing %d is wrong about %d of %d sockets", i, wrong, len(set.Made))
		}
	}
}

func identity(t *testing.T, r record) string {
	t.Helper()
	local, err := endOf(r.LocalAddress, r.LocalPort)
	if err != nil {
		t.Fatal(err)
	}
	remote, err := endOf(r.RemoteAddress, r.RemotePort)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%d %s %s", deref(r.Inode), endText(local), endText(remote))
}
