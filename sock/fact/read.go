package fact

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"sockeye/sock"
)

// Reader reads sockets from JSON, one after the other.
type Reader struct {
	// Share returns the process to put in place of one that was read, so that the
	// sockets of a process share it.
	Share func(sock.Process) *sock.Process

	values [][]byte // of the objects that are being read
}

// Read fills s with what an object says, which must be valid JSON. Members that
// it does not know and those that are null are ignored. The error is about the
// first one that means nothing.
func (r *Reader) Read(s *sock.Socket, object []byte) error {
	s.Reset()
	if object[0] != '{' {
		return mistyped("a socket", object)
	}
	if err := r.object(s, nil, members, object); err != nil {
		return err
	}
	if s.Listener != nil {
		s.Listener = r.Share(*s.Listener)
	}
	if s.PeerProcess != nil {
		s.PeerProcess = r.Share(*s.PeerProcess)
	}
	return nil
}

// object reads the members of an object in the order of the registry: some mean
// something only in the light of an earlier one. in is nil for a socket.
func (r *Reader) object(s *sock.Socket, in *Fact, g *group, object []byte) error {
	values := r.open(g, object)
	defer r.close(g)
	for i, f := range g.facts {
		switch {
		case values[i] != nil:
			if err := r.set(s, f, values[i]); err != nil {
				return err
			}
		case f.form == formChoice && f.Certain(in):
			return f.unknown("")
		}
	}
	return nil
}

// open finds the values of a group's members in an object, nil for those that are
// absent or null. close gives their memory back.
func (r *Reader) open(g *group, object []byte) [][]byte {
	start := len(r.values)
	for range g.facts {
		r.values = append(r.values, nil)
	}
	values := r.values[start:]
	for name, value := range eachMember(object) {
		if i, ok := g.place[string(name)]; ok && string(value) != "null" {
			values[i] = value
		}
	}
	return values
}

func (r *Reader) close(g *group) { r.values = r.values[:len(r.values)-len(g.facts)] }

// set sets what a value says of a socket.
func (r *Reader) set(s *sock.Socket, f *Fact, value []byte) (err error) {
	switch {
	case f.form == formObject:
		if value[0] != '{' {
			return mistyped(f.member, value)
		}
		if f.begin != nil {
			f.begin(s)
		}
		err = r.object(s, f, f.inside(), value)
	case f.form == formList:
		return r.list(s, f, value)
	case f.form == formValues:
		err = f.readArray(s, value)
	case f.setNumber != nil:
		var v uint64
		if v, err = f.readNumber(value); err != nil || v < f.Least {
			return err
		}
		f.setNumber(s, v)
	case f.setText != nil:
		var text string
		if text, err = f.readText(value); err != nil || text == "" && f.form != formChoice {
			return err
		}
		if !f.setText(s, text) {
			return f.unknown(text)
		}
	case f.text != nil:
		var text string
		if text, err = f.readText(value); err != nil || text == "" {
			return err
		}
		if v := f.text(s); v != nil {
			*v = text
		}
	default:
		return nil // it follows from others
	}
	if !f.dependent {
		s.Known |= f.must
	}
	return err
}

// list reads every process of a list.
func (r *Reader) list(s *sock.Socket, f *Fact, list []byte) error {
	if list[0] != '[' {
		return mistyped(f.member, list)
	}
	if f.dependent && !s.Known.Has(f.must) {
		return nil
	}
	to := f.list(s)
	for object := range eachElement(list) {
		o := sock.Owner{Process: &sock.Process{UID: sock.NoUID}, FD: sock.NoFD}
		known, err := r.owner(&o, f, object)
		if err != nil {
			return err
		}
		o.Process = r.Share(*o.Process)
		*to = append(*to, o)
		s.Known |= known
	}
	if f == ownersFact && len(*to) > 0 {
		s.OwnerStatus = sock.OwnerKnown
		sock.SortOwners(*to)
	}
	return nil
}

// owner reads one holder and returns what the socket then knows.
func (r *Reader) owner(o *sock.Owner, list *Fact, object []byte) (known sock.Field, err error) {
	if object[0] != '{' && string(object) != "null" {
		return 0, mistyped(list.member, object)
	}
	values := r.open(list.inside(), object)
	defer r.close(list.inside())
	for i, f := range list.Parts() {
		if values[i] == nil {
			if f.Certain(list) {
				return 0, fmt.Errorf("one of %s has no %s", list.member, f.member)
			}
			continue
		}
		set, err := f.setOwner(o, values[i])
		if err != nil {
			return 0, err
		}
		if set {
			o.Known |= f.process
			known |= f.must
		}
	}
	if !o.Known.Has(sock.FieldProcessUser) {
		o.UID = 0
	}
	return known, nil
}

// setOwner reports whether the value said something.
func (f *Fact) setOwner(o *sock.Owner, value []byte) (bool, error) {
	if f.ownerText != nil {
		text, err := f.readText(value)
		*f.ownerText(o) = text
		return text != "", err
	}
	v, err := f.readNumber(value)
	if err != nil || v < f.Least {
		return false, err
	}
	f.setOwnerNumber(o, v)
	return true, nil
}

// readNumber reads the number that a value of JSON is, or stands for.
func (f *Fact) readNumber(value []byte) (v uint64, err error) {
	text := string(value)
	switch f.form {
	case formBool:
		if text != "true" && text != "false" {
			return 0, mistyped(f.member, value)
		}
		return bit(text == "true"), nil
	case formHex, formTime:
		if text, err = f.readText(value); err != nil {
			return 0, err
		}
		if f.form == formTime {
			at, err := time.Parse(time.RFC3339Nano, text)
			if err != nil {
				return 0, f.unknown(text)
			}
			return Nanoseconds(at), nil
		}
		if v, err = strconv.ParseUint(text, 16, 64); err != nil {
			return 0, f.unknown(text)
		}
		return v, nil
	}
	if c := value[0]; c != '-' && (c < '0' || c > '9') {
		return 0, mistyped(f.member, value)
	}
	if f.form == formShare {
		v, ok := readShare(text)
		if !ok {
			return 0, fmt.Errorf("bad %s %s", f.member, text)
		}
		return v, nil
	}
	if f.form == formThousandths {
		whole, err := strconv.ParseFloat(text, 64)
		if err != nil || whole < 0 || whole > float64(f.Most)/1000 {
			return 0, fmt.Errorf("bad %s %s", f.member, text)
		}
		return uint64(math.Round(whole * 1000)), nil
	}
	v, err = strconv.ParseUint(text, 10, 64)
	if err != nil || f.Most != 0 && v > f.Most {
		return 0, fmt.Errorf("bad %s %s", f.member, text)
	}
	return v, nil
}

func (f *Fact) readText(value []byte) (string, error) {
	if value[0] != '"' {
		return "", mistyped(f.member, value)
	}
	return unquote(value), nil
}

// unknown is the error of a text that means nothing.
func (f *Fact) unknown(text string) error {
	switch {
	case f.form == formAddress:
		return fmt.Errorf("bad address %q", text)
	case f.form != formChoice:
		return fmt.Errorf("bad %s %q", f.member, text)
	case f.parent != nil:
		return fmt.Errorf("unknown %s %q", f.parent.member, text)
	}
	return fmt.Errorf("unknown %s %q", f.member, text)
}

// mistyped is the error of a value of the wrong type.
func mistyped(name string, value []byte) error {
	kind := "number"
	switch value[0] {
	case '"':
		kind = "string"
	case '{':
		kind = "object"
	case '[':
		kind = "array"
	case 't', 'f':
		kind = "bool"
	}
	return fmt.Errorf("%s cannot be of type %s", name, kind)
}
