package filter

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"

	"sockeye/sock"
)

// node is an expression as the generator makes it. It knows its truth without
// the parser and the matcher of the package: eval was made together with the
// text, from the same random choices.
type node struct {
	op   string // "and", "or", "not", or "" for a condition
	kids []*node
	text string
	eval func(*sock.Socket) bool
}

func (n *node) truth(s *sock.Socket) bool {
	switch n.op {
	case "and":
		for _, k := range n.kids {
			if !k.truth(s) {
				return false
			}
		}
		return true
	case "or":
		for _, k := range n.kids {
			if k.truth(s) {
				return true
			}
		}
		return false
	case "not":
		return !n.kids[0].truth(s)
	}
	return n.eval(s)
}

// binding is how strongly an operator binds: not, then and, then or.
var binding = map[string]int{"or": 1, "and": 2, "not": 3, "": 4}

// spell writes the expression in one of its many spellings.
func (n *node) spell(r *rand.Rand) string {
	part := func(k *node) string {
		s := k.spell(r)
		if binding[k.op] < binding[n.op] || r.IntN(10) == 0 {
			return pick(r, "(", "( ") + s + pick(r, ")", " )")
		}
		return s
	}
	join := func(between func() string) string {
		s := part(n.kids[0])
		for _, k := range n.kids[1:] {
			s += between() + part(k)
		}
		return s
	}
	switch n.op {
	case "and":
		return join(func() string { return pick(r, " and ", " AND ", " ", "\n", " & ", "&&") })
	case "or":
		return join(func() string { return pick(r, " or ", " Or ", " | ", "||") })
	case "not":
		return pick(r, "not ", "! ", "!", "not not not ") + part(n.kids[0])
	}
	return n.text
}

func pick[T any](r *rand.Rand, of ...T) T { return of[r.IntN(len(of))] }

// randomNode makes an expression of up to the given depth.
func randomNode(r *rand.Rand, depth int) *node {
	if depth == 0 || r.IntN(4) == 0 {
		return randomCondition(r)
	}
	switch r.IntN(5) {
	case 0:
		return &node{op: "not", kids: []*node{randomNode(r, depth-1)}}
	case 1, 2:
		n := &node{op: "and"}
		for range 2 + r.IntN(3) {
			n.kids = append(n.kids, randomNode(r, depth-1))
		}
		return n
	}
	n := &node{op: "or"}
	for range 2 + r.IntN(3) {
		n.kids = append(n.kids, randomNode(r, depth-1))
	}
	return n
}

const (
	propertySeed        = 20261120
	propertyExpressions = 12_000
	propertySockets     = 400
	socketsEach         = 30
)

// TestProperty: over random sockets with unknown facts, random expressions are
// true where their own definition says so, and so are what they print as. What
// the filter says beforehand holds: its sets, its needs, and which sockets can
// match while facts are missing.
func TestProperty(t *testing.T) {
	t.Parallel()
	seed := uint64(propertySeed)
	if s := os.Getenv("SOCKEYE_TEST_SEED"); s != "" {
		var err error
		if seed, err = strconv.ParseUint(s, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	sockets := make([]*sock.Socket, propertySockets)
	for i := range sockets {
		sockets[i] = randomSocket(r)
	}
	var tried, matched, impossible int
	for range propertyExpressions {
		n := randomNode(r, 3)
		text := n.spell(r)
		f, err := ParseText(text, testEnv())
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		again, err := ParseText(f.String(), testEnv())
		if err != nil {
			t.Fatalf("%s prints as %s: %v", text, f, err)
		}
		if diff := compareFilters(f, again); diff != "" {
			t.Fatalf("%s prints as %s, another expression: %s", text, f, diff)
		}
		if f.Impossible() {
			impossible++
		}
		for range socketsEach {
			s := pick(r, sockets...)
			want := n.truth(s)
			tried++
			if want {
				matched++
			}
			if got := f.Match(s); got != want {
				t.Fatalf("%s\nread as %s\nis %v, want %v for %s", text, f, got, want, describe(s))
			}
			if err := checkPromises(r, f, s, want); err != nil {
				t.Fatalf("%s\nread as %s\n%v for %s", text, f, err, describe(s))
			}
		}
	}
	t.Logf("%d expressions, %d of them impossible; %d of %d matched", propertyExpressions, impossible, matched, tried)
	if matched < tried/10 || matched > tried*9/10 {
		t.Error("the expressions are too easy")
	}
}

// checkPromises checks what the filter says about a socket without looking at
// all of it.
func checkPromises(r *rand.Rand, f *Filter, s *sock.Socket, matches bool) error {
	if got := f.CanMatch(s, 0); got != matches {
		return fmt.Errorf("nothing is missing, and CanMatch is %v", got)
	}
	missing := sock.Field(r.Uint64()) & sock.AllFields
	if r.IntN(2) == 0 {
		missing = sock.FieldOwners | sock.ProcessFields
	}
	if matches && !f.CanMatch(without(s, missing), missing) {
		return fmt.Errorf("matches, and cannot match while %b is missing", missing)
	}
	if f.Match(without(s, ^f.Needs())) != matches {
		return fmt.Errorf("matches by facts that it does not need (%b)", f.Needs())
	}
	if !matches {
		return nil
	}
	states, _ := f.States()
	if !states.Has(s.State) || !f.Protocols().Has(s.Protocol) || !f.Families().Has(s.Family) {
		return fmt.Errorf("is outside of states %b, protocols %b, families %b", states, f.Protocols(), f.Families())
	}
	if f.Impossible() {
		return errors.New("matches although it is impossible")
	}
	return nil
}

func describe(s *sock.Socket) string {
	var owners strings.Builder
	for _, o := range s.Owners {
		fmt.Fprintf(&owners, " %+v fd %d tid %d", *o.Process, o.FD, o.TID)
	}
	return fmt.Sprintf("%+v owners%s", *s, owners.String())
}
