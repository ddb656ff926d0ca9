package fact

import "testing"

// TestAdditiveFactsAreNumbers that there are, and a sum of them is shown as they are.
func TestAdditiveFactsAreNumbers(t *testing.T) {
	for name := range additive() {
		f := Lookup(name)
		if f == nil || f.Name != name {
			t.Errorf("%s may be summed, and is no fact", name)
			continue
		}
		if f.Kind != Number && f.Kind != Bytes || f.PerOwner() || f.Joined() || f.JSONType() != "integer" {
			t.Errorf("%s is a %s, and may not be summed", name, f.Kind)
		}
	}
	for _, name := range []string{"pid", "tcp_info.rtt_us", "uid", "local_port", "retrans_share", "process"} {
		if Lookup(name).Additive() {
			t.Errorf("%s may be summed", name)
		}
	}
	for name, want := range map[string]string{"recv_queue": "70000", "tcp_info.bytes_acked": "70 kB", "segs_in_rate": "70000"} {
		if got := string(Lookup(name).AppendSum(nil, 70_000, true)); got != want {
			t.Errorf("a sum of %s is shown as %s, want %s", name, got, want)
		}
		if got := string(Lookup(name).AppendSum(nil, 70_000, false)); got != "70000" {
			t.Errorf("a sum of %s is written as %s", name, got)
		}
	}
}
