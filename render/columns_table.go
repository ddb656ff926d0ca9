package render

import (
	"strconv"
	"strings"
	"time"

	"sockeye/sock"
)

// tableShapes says what is special about the column of a member in a table.
// The least widths keep a short listing in shape from one run to the next.
var tableShapes = map[string]func(*Column){
	"protocol": func(c *Column) { c.Header, c.rank = "PROTO", 3 },
	"state": func(c *Column) {
		c.least, c.rank, c.style = len("ESTABLISHED"), 2, stateStyle
	},
	"recv_queue": func(c *Column) { c.Header, c.rank = "RECV-Q", 5 },
	"send_queue": func(c *Column) {
		c.Header, c.rank, c.cell = "SEND-Q", 6, appendSendQueue
		c.Needs |= sock.FieldBacklog
	},
	"pid":     func(c *Column) { c.least = 5 },
	"process": func(c *Column) { c.cut, c.cell, c.style = true, appendProcess, processStyle },
	"user":    func(c *Column) { c.cell, c.rank, c.cut = appendUser, 7, true; c.Needs |= sock.FieldUID },
	"inode":   func(c *Column) { c.rank = 8 },
	"cookie":  func(c *Column) { c.rank = 9 },
	"mark":    func(c *Column) { c.cell = appendMark },
	"timer":   func(c *Column) { c.rank, c.cell = 4, appendTimer },
	"tcp_info": func(c *Column) {
		c.cell = func(_ *texts, dst []byte, s *sock.Socket) []byte {
			d := detail{dst: dst}
			d.parts(c.member, s)
			return d.dst
		}
	},
	"memory": func(c *Column) {
		c.cell = func(_ *texts, dst []byte, s *sock.Socket) []byte {
			d := detail{dst: dst}
			d.parts(c.member, s)
			return d.dst
		}
	},
	"netns":  func(c *Column) { c.cell = appendNetns; c.Needs |= sock.FieldNetnsName },
	"v6only": func(c *Column) { c.cell = appendV6Only },
	"cgroup": func(c *Column) { c.cut = true },
	"owners": func(c *Column) { c.cell = appendOwners },
}

// appendSendQueue shows a listener's backlog, as ss does: its limit is what a
// listener has in place of bytes to send.
func appendSendQueue(_ *texts, dst []byte, s *sock.Socket) []byte {
	switch {
	case s.State == sock.Listen && s.Knows(sock.FieldBacklog):
		return strconv.AppendUint(dst, uint64(s.Backlog), 10)
	case s.State != sock.Listen && s.Knows(sock.FieldSendQueue):
		return strconv.AppendUint(dst, uint64(s.SendQueue), 10)
	}
	return dst
}

// appendUser shows the number of a user who has no name.
func appendUser(_ *texts, dst []byte, s *sock.Socket) []byte {
	switch {
	case s.Knows(sock.FieldUser) && s.User != "":
		return AppendText(dst, s.User)
	case s.Knows(sock.FieldUID):
		return strconv.AppendUint(dst, uint64(s.UID), 10)
	}
	return dst
}

// appendMark is hexadecimal, as marks are in firewall rules.
func appendMark(_ *texts, dst []byte, s *sock.Socket) []byte {
	if !s.Knows(sock.FieldMark) {
		return dst
	}
	return strconv.AppendUint(append(dst, "0x"...), uint64(s.Mark), 16)
}

func appendV6Only(_ *texts, dst []byte, s *sock.Socket) []byte {
	switch {
	case !s.Knows(sock.FieldV6Only):
		return dst
	case s.V6Only:
		return append(dst, "yes"...)
	}
	return append(dst, "no"...)
}

// appendTimer shows the name, the time left and the retransmissions: "keepalive
// 1m29s 0".
func appendTimer(_ *texts, dst []byte, s *sock.Socket) []byte {
	if !s.Knows(sock.FieldTimer) {
		return dst
	}
	dst = append(dst, s.Timer.Kind.String()...)
	if s.Timer.Kind == sock.TimerOff {
		return dst
	}
	dst = appendDuration(append(dst, ' '), s.Timer.Expires)
	return strconv.AppendUint(append(dst, ' '), uint64(s.Timer.Retransmits), 10)
}

// appendDuration shows two units at most: 692ms, 6.752s, 1m29s, 1h59m.
func appendDuration(dst []byte, d time.Duration) []byte {
	d = max(0, d).Truncate(time.Millisecond)
	switch {
	case d < time.Second:
		return append(strconv.AppendInt(dst, d.Milliseconds(), 10), "ms"...)
	case d < time.Minute:
		return append(strconv.AppendFloat(dst, d.Seconds(), 'f', -1, 64), 's')
	case d < time.Hour:
		dst = append(strconv.AppendInt(dst, int64(d/time.Minute), 10), 'm')
		return append(strconv.AppendInt(dst, int64(d%time.Minute/time.Second), 10), 's')
	}
	dst = append(strconv.AppendInt(dst, int64(d/time.Hour), 10), 'h')
	return append(strconv.AppendInt(dst, int64(d%time.Hour/time.Minute), 10), 'm')
}

// appendNetns shows the name of the namespace, or else its inode.
func appendNetns(_ *texts, dst []byte, s *sock.Socket) []byte {
	switch {
	case !s.Knows(sock.FieldNetns):
		return dst
	case s.Knows(sock.FieldNetnsName) && s.Netns.Name != "":
		return AppendText(dst, s.Netns.Name)
	}
	return strconv.AppendUint(dst, s.Netns.Inode, 10)
}

// stateStyle marks what waits for others, and what may be stuck.
func stateStyle(s *sock.Socket) style {
	switch s.State {
	case sock.Listen, sock.Unconnected:
		return green
	case sock.Established:
		return plain
	case sock.CloseWait, sock.SynSent, sock.SynReceived:
		return yellow
	}
	return dim
}

// reasons are the texts in place of a process that is not known.
var reasons = func() (texts [16]string) {
	for status := range texts {
		name := sock.OwnerStatus(status).String()
		switch sock.OwnerStatus(status) {
		case sock.OwnerKnown, sock.OwnerNotSearched:
		default:
			if name != sock.OwnerNotSearched.String() {
				texts[status] = "(" + strings.ReplaceAll(name, "_", " ") + ")"
			}
		}
	}
	return texts
}()
