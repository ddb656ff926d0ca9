package procnet

import "testing"

// TestNamespaceHolders: what the link of a descriptor says of namespaces.
func TestNamespaceHolders(t *testing.T) {
	seen := map[uint64]struct{}{}
	for _, c := range []struct {
		link      string
		holds     bool
		namespace uint64
	}{
		{"net:[4026532388]", true, 4026532388},
		{"net:[4026532388]", true, 4026532388},
		{"socket:[77]", true, 0},
		{"socket:[77]", false, 0}, // another descriptor of the same
		{"socket:[78]", true, 0},
		{"mnt:[4026532388]", false, 0},
		{"pipe:[77]", false, 0},
		{"anon_inode:[eventpoll]", false, 0},
		{"net:[", false, 0}, {"net:[x]", false, 0}, {"net:[0]", false, 0}, {"net", false, 0}, {"", false, 0},
		{"/tmp/socket:[79]", false, 0},
	} {
		var h NamespaceHolder
		if got := h.read(c.link, seen); got != c.holds || got && h.Namespace != c.namespace {
			t.Errorf("%s: %v, namespace %d", c.link, got, h.Namespace)
		}
	}
}
