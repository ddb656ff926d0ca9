package cli

import (
	"testing"
	"time"

	"sockeye/internal/explain"
	"sockeye/sock"
)

// TestChangesText: the most frequent first, and who told them where it was not the kernel.
func TestChangesText(t *testing.T) {
	o := &options{sample: 2 * time.Second}
	counts := map[explain.Seen]int{
		{From: sock.CloseWait, To: sock.LastAck}:       1,
		{From: sock.Established, To: sock.CloseWait}:   2,
		{From: sock.StateUnknown, To: sock.SynSent}:    1,
		{From: sock.Closed, To: sock.SynSent}:          1,
		{From: sock.SynReceived, To: sock.Established}: 30,
	}
	const want = `
Changes of state in 2s, from listings that were compared:
     30  SYN_RECEIVED -> ESTABLISHED
      2  ESTABLISHED  -> CLOSE_WAIT
      1  (new)        -> SYN_SENT
      1  CLOSE_WAIT   -> LAST_ACK
      1  CLOSED       -> SYN_SENT
`
	if got := changesText(o, &sampled{mostFrequent(counts), sock.SourcePoll}); got != want {
		t.Errorf("%s", got)
	}
	if got := changesText(o, &sampled{source: sock.SourceBPF}); got != "\nNo change of state in 2s.\n" {
		t.Errorf("none: %s", got)
	}
}
