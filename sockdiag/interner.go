package sockdiag

// interner gives equal names one string, so that a name which thousands of
// rows share (a congestion control, a listener's path) is allocated once.
type interner struct{ strings map[string]string }

// internerLimit bounds the memory that a stream of ever new names can hold.
const internerLimit = 1024

func (n *interner) intern(b []byte) string {
	if s, ok := n.strings[string(b)]; ok {
		return s
	}
	if n.strings == nil || len(n.strings) >= internerLimit {
		n.strings = make(map[string]string)
	}
	s := string(b)
	n.strings[s] = s
	return s
}
