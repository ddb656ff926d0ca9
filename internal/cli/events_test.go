package cli

import (
	"strings"
	"testing"

	"sockeye/render"
)

// TestEventColumns: a terminal has the columns that fit it, and no row is in two lines for
// want of room on one of 80.
func TestEventColumns(t *testing.T) {
	for width, want := range map[int]string{
		0: "closed_at,protocol,local,remote,bytes_received,bytes_acked,total_retrans,rtt,pid,process", 60: "protocol,local,remote,pid,process",
		80: "protocol,local,remote,pid,process", 100: "protocol,local,remote,bytes_received,bytes_acked,pid,process",
		142: "closed_at,protocol,local,remote,bytes_received,bytes_acked,total_retrans,rtt,pid,process",
	} {
		if got := closedColumns(&render.Options{Width: width}); got != want {
			t.Errorf("%d cells: %s, want %s", width, got, want)
		}
		if got := closedColumns(&render.Options{Width: width, Wide: true}); !strings.HasPrefix(got, "closed_at") {
			t.Errorf("wide, %d cells: %s", width, got)
		}
	}
}
