package sock

import "testing"

// TestDescriptors: each protocol has one in its place, and no word means two things.
func TestDescriptors(t *testing.T) {
	next := TCP
	words := map[string]Protocol{}
	for d := range Descriptors {
		if d.Protocol != next || d.Protocol.Descriptor() != d {
			t.Fatalf("the descriptor of %v stands in the place of protocol %d", d.Protocol, next)
		}
		next++
		said := []string{d.Name, d.Letter}
		for _, part := range d.Parts {
			said = append(said, part.Words...)
		}
		for _, word := range said {
			if other, taken := words[word]; taken && word != "" {
				t.Errorf("%q is %v and %v", word, other, d.Protocol)
			}
			words[word] = d.Protocol
		}
		if d.Families == 0 || d.Title == "" {
			t.Errorf("%v: %+v", d.Protocol, d)
		}
		if (d.Option != "") != (d.States != 0) {
			t.Errorf("%v: what can be listed has an option and states, %+v", d.Protocol, d)
		}
		if d.ConnectionOriented && d.Option != "" && !d.States.Has(Listen) {
			t.Errorf("%v has connections and no listeners", d.Protocol)
		}
	}
	if next != protocolEnd {
		t.Errorf("the descriptors end before %v", next)
	}
	if Protocol(200).String() != "unknown" || ProtocolUnknown.Inet() {
		t.Error("an unknown protocol has a name or a family")
	}
}
