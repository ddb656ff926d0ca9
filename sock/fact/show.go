package fact

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	"sockeye/sock"
	"sockeye/sock/escape"
)

// AppendShown appends the text for people, nothing if it is not known.
func (f *Fact) AppendShown(v *View, dst []byte, s *sock.Socket) []byte {
	if f.show != nil {
		return f.show(v, dst, s)
	}
	switch f.form {
	case formNumber:
		if n, ok := f.Number(s); ok && f.human {
			return f.appendHuman(dst, n)
		}
	case formObject:
		return f.appendParts(v, dst, s)
	case formTime:
		if n, ok := f.Number(s); ok {
			return timeOf(n).AppendFormat(dst, time.RFC3339)
		}
		return dst
	case formShare:
		if n, ok := f.Number(s); ok {
			return appendPercent(dst, n)
		}
		return dst
	}
	return f.AppendValue(v, dst, s)
}

// AppendValue appends the value alone, as CSV has it, nothing if it is not known.
// Names are escaped as [escape.AppendText] does; an object or list is JSON.
func (f *Fact) AppendValue(v *View, dst []byte, s *sock.Socket) []byte {
	switch f.form {
	case formNumber:
		if n, ok := f.Number(s); ok && (n != 0 || !f.Only) {
			return strconv.AppendUint(dst, n, 10)
		}
		return dst
	case formShown:
		return f.show(v, dst, s)
	case formText, formPath:
		text, ok := f.Text(s)
		switch {
		case !ok:
			return dst
		case f.form == formPath:
			return appendPath(dst, text)
		}
		return escape.AppendText(dst, text)
	case formObject, formList:
		return f.AppendJSON(dst, s)
	case formValues:
		return f.appendValues(dst, s)
	}
	return f.appendWord(dst, s)
}

// appendParts shows the parts of an object as words. Most counters of a connection
// are 0 and are left out.
func (f *Fact) appendParts(v *View, dst []byte, s *sock.Socket) []byte {
	start := len(dst)
	for _, p := range f.Parts() {
		if !p.Tells(s) {
			continue
		}
		if len(dst) > start {
			dst = append(dst, "  "...)
		}
		dst = p.AppendLabelled(v, dst, s)
	}
	return dst
}

// AppendLabelled appends the label and the text for people: "rtt 6.4ms". What is
// true or false is the label alone, or with no before it.
func (f *Fact) AppendLabelled(v *View, dst []byte, s *sock.Socket) []byte {
	if f.Kind == Bool || f.flag {
		if n, _ := f.Number(s); n == 0 {
			dst = append(dst, "no "...)
		}
		return append(dst, f.Label()...)
	}
	dst = append(append(dst, f.Label()...), ' ')
	return f.AppendShown(v, dst, s)
}

// showProcess shows the first owner and how many other processes share the
// socket: "node (+3)". Without an owner it says why there is none.
func showProcess(_ *View, dst []byte, s *sock.Socket) []byte {
	o := firstOwner(s)
	if o == nil {
		return appendReason(dst, s)
	}
	dst = appendName(dst, o.Process)
	others := -1
	for range s.PIDs {
		others++
	}
	if others > 0 {
		dst = append(dst, " (+"...)
		dst = strconv.AppendInt(dst, int64(others), 10)
		dst = append(dst, ')')
	}
	return dst
}

// showOwners shows every process that holds the socket: "node[7],node[9]".
func showOwners(_ *View, dst []byte, s *sock.Socket) []byte {
	if firstOwner(s) == nil {
		return appendReason(dst, s)
	}
	start := len(dst)
	for p := range s.PIDs {
		if p == nil {
			continue
		}
		if len(dst) > start {
			dst = append(dst, ',')
		}
		dst = appendProcessID(dst, p)
	}
	return dst
}

// compareOwners compares the first owners by name, then PID.
func compareOwners(a, b *sock.Socket) int {
	x, y := firstOwner(a), firstOwner(b)
	if x == nil || y == nil {
		return 0
	}
	return cmp.Or(cmp.Compare(x.Name, y.Name), cmp.Compare(x.PID, y.PID))
}

// appendName shows the name of a process; one that could not be read as ?.
func appendName(dst []byte, p *sock.Process) []byte {
	if p.Name == "" {
		return append(dst, '?')
	}
	return escape.AppendText(dst, p.Name)
}

func appendProcessID(dst []byte, p *sock.Process) []byte {
	dst = append(appendName(dst, p), '[')
	return append(strconv.AppendInt(dst, int64(p.PID), 10), ']')
}

func showAge(v *View, dst []byte, s *sock.Socket) []byte {
	started, ok := processStarted.Number(s)
	if !ok {
		return dst
	}
	return appendDuration(dst, v.Now.Sub(timeOf(started)))
}

func appendReason(dst []byte, s *sock.Socket) []byte {
	switch {
	case s.OwnerStatus == sock.OwnerAcceptQueue && s.Listener != nil && s.Listener.Name != "":
		dst = append(dst, "(accept queue of "...)
		dst = escape.AppendText(dst, s.Listener.Name)
		return append(dst, ')')
	case s.PortProcess != "":
		dst = append(append(dst, '('), s.OwnerStatus.String()...)
		dst = escape.AppendText(append(dst, ", perhaps "...), s.PortProcess)
		return append(dst, ')')
	case s.OwnerStatus == sock.OwnerExited && s.CreatorPID > 0:
		return appendExited(dst, s)
	case int(s.OwnerStatus) >= len(reasons):
		return dst
	}
	return append(dst, reasons[s.OwnerStatus]...)
}

// appendExited names the process that bound the socket, and the first of those
// that may have inherited it: "(4242 exited, its child node[4711] (+1))".
func appendExited(dst []byte, s *sock.Socket) []byte {
	dst = append(dst, '(')
	dst = strconv.AppendInt(dst, int64(s.CreatorPID), 10)
	dst = append(dst, " exited"...)
	if n := len(s.CreatorChildren); n > 0 {
		dst = append(dst, ", its child "...)
		dst = appendProcessID(dst, s.CreatorChildren[0].Process)
		if n > 1 {
			dst = append(dst, " (+"...)
			dst = strconv.AppendInt(dst, int64(n-1), 10)
			dst = append(dst, ')')
		}
	}
	return append(dst, ')')
}

// reasons are the texts in place of a process that is not known.
var reasons = func() []string {
	texts := ownerStatuses()
	for status, name := range texts {
		texts[status] = "(" + strings.ReplaceAll(name, "_", " ") + ")"
	}
	texts[sock.OwnerKnown], texts[sock.OwnerNotSearched] = "", ""
	return texts
}()

var numeric = &View{}

// LocalText returns where a socket is, in numbers, and RemoteText its peer, which
// is empty for a socket without one.
func LocalText(s *sock.Socket) string  { return string(numeric.appendLocal(nil, s)) }
func RemoteText(s *sock.Socket) string { return string(numeric.appendRemote(nil, s)) }

// SocketText names a socket by its protocol and its ends: "tcp 10.0.0.5:8080 to
// 10.0.0.9:51514". Names in it are escaped.
func SocketText(s *sock.Socket) string {
	text := s.Protocol.String() + " " + cmp.Or(LocalText(s), "-")
	if remote := RemoteText(s); remote != "" {
		text += " to " + remote
	}
	return text
}

// ReasonText says in parentheses why a socket has no owner. It is empty if the
// owner was not searched.
func ReasonText(s *sock.Socket) string { return string(appendReason(nil, s)) }
