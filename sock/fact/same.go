package fact

import (
	"bytes"

	"sockeye/sock"
)

// Same reports whether two readings of a socket differ in none of the facts, which
// are members of JSON or parts of one. What moves by itself as time goes by, such as
// the time that a timer has left, is no difference; nor is a rate of 0 and one that is
// not known yet.
func Same(facts []*Fact, a, b *sock.Socket) bool {
	for _, f := range facts {
		if !f.clock && !f.same(a, b) {
			return false
		}
	}
	return true
}

// SameKnown reports whether a fact is the same in two sockets, as far as both know it:
// one may be of a listing that was asked for less of each holder.
func SameKnown(f *Fact, a, b *sock.Socket) bool {
	switch {
	case !f.Known(a) || !f.Known(b):
		return true
	case f.form == formList:
		return f.sameLists(*f.list(a), *f.list(b), true)
	}
	return f.same(a, b)
}

func (f *Fact) same(a, b *sock.Socket) bool {
	switch f.form {
	case formObject:
		known := f.Known(a)
		return known == f.Known(b) && (!known || Same(f.Parts(), a, b))
	case formList:
		known := f.Known(a)
		return known == f.Known(b) && (!known || f.sameLists(*f.list(a), *f.list(b), false))
	case formValues:
		return bytes.Equal(f.appendArray(nil, a), f.appendArray(nil, b)) // nothing, if it is not known
	case formText, formPath:
		x, known := f.Text(a)
		y, told := f.Text(b)
		return known == told && x == y
	case formAddress:
		return f.Known(a) == f.Known(b) && (!f.Known(a) || f.address(a) == f.address(b))
	}
	x, known := f.Number(a)
	y, told := f.Number(b)
	if f.own == sock.FieldRates {
		return x == y
	}
	return known == told && (!known || x == y)
}

// sameLists compares what is known of each holder. What was asked for in one of the
// lists alone is a difference too, unless both must know it.
func (f *Fact) sameLists(a, b []sock.Owner, both bool) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		for _, p := range f.Parts() {
			if !p.sameOwner(&a[i], &b[i], both) {
				return false
			}
		}
	}
	return true
}

func (f *Fact) sameOwner(a, b *sock.Owner, both bool) bool {
	if a.Process == nil || b.Process == nil {
		return a.Process == b.Process
	}
	if both && a.Known&b.Known&f.process != f.process {
		return true
	}
	if f.ownerText != nil {
		x, known := f.OwnerText(a)
		y, told := f.OwnerText(b)
		return known == told && x == y
	}
	x, known := f.OwnerNumber(a)
	y, told := f.OwnerNumber(b)
	return known == told && x == y
}
