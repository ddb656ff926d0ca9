package fact

import (
	"strconv"
	"time"

	"sockeye/sock"
)

// stateFacts say how a socket does, and by which numbers it is known.
var stateFacts = []*Fact{
	integer(Fact{
		Name: "recv_queue", Aliases: []string{"recvq", "rq"}, Kind: Bytes, Needs: sock.FieldRecvQueue, Header: "RECV-Q", Words: "queues",
		Doc: "bytes that wait to be read; for a listener the connections that wait to be accepted", Example: "recv_queue > 0",
	}, func(s *sock.Socket) *uint32 { return &s.RecvQueue }),
	integer(Fact{
		Name: "send_queue", Aliases: []string{"sendq", "sq"}, Kind: Bytes, Needs: sock.FieldSendQueue, Header: "SEND-Q", Words: "queues",
		Doc: "bytes that wait to be sent or acknowledged", Example: "sendq >= 64Ki",
		shows: sock.FieldBacklog, show: showSendQueue,
	}, func(s *sock.Socket) *uint32 { return &s.SendQueue }),
	integer(Fact{
		Name: "backlog", Kind: Number, Needs: sock.FieldBacklog, Words: "backlogs",
		Doc: "limit of a listener's queue of connections", Example: "backlog < 128",
	}, func(s *sock.Socket) *uint32 { return &s.Backlog }),
	integer(Fact{
		Name: "mark", Aliases: []string{"fwmark"}, Kind: Mark, Needs: sock.FieldMark, Option: "extended", Words: "marks",
		Doc: "firewall mark (SO_MARK)", Example: "fwmark 0x10/0xff", show: showMark,
	}, func(s *sock.Socket) *uint32 { return &s.Mark }),
	integer(Fact{
		Name: "inode", Aliases: []string{"ino"}, Kind: Number, Needs: sock.FieldInode, Least: 1, Option: "extended", Words: "inodes",
		Doc: "inode of the socket", Example: "inode 123456",
	}, func(s *sock.Socket) *uint64 { return &s.Inode }),
	integer(Fact{
		Name: "cookie", Aliases: []string{"sk"}, Kind: Hex, Needs: sock.FieldCookie, Option: "extended", Words: "cookies",
		Doc: "kernel's unique number of the socket: 64 bits, hexadecimal", Example: "sk 1f03",
	}, func(s *sock.Socket) *uint64 { return &s.Cookie }),
	integer(Fact{
		Name: "uid", Kind: Number, Needs: sock.FieldUID, Option: "extended", Words: "users of sockets",
		Doc: "number of the user who made the socket", Example: "uid >= 1000",
	}, func(s *sock.Socket) *uint32 { return &s.UID }),
	{
		Name: "user", Kind: Text, Needs: sock.FieldUser, Option: "extended", Words: "users of sockets",
		Doc: "name of that user", Example: "user = www-data", shows: sock.FieldUID, show: showUser,
		text: func(s *sock.Socket) *string { return &s.User },
	},
	{
		Name: "created_at", Aliases: []string{"created"}, Kind: Time, Needs: sock.FieldCreated, Least: 1, Option: "extended", Words: "times of creation",
		Doc: "when the socket was bound or connected", Example: "created_at >= 2026-11-20",
		number:    func(s *sock.Socket) (uint64, bool) { return Nanoseconds(s.Created), true },
		setNumber: func(s *sock.Socket, v uint64) { s.Created = timeOf(v) },
	},
	{
		Name: "netns", Aliases: []string{"ns"}, Kind: Netns, Needs: sock.FieldNetns, Words: "network namespaces",
		Doc: "network namespace", Example: "netns = blue", show: showNetns,
		parts: func() []*Fact {
			return netnsParts("netns", sock.FieldNetnsName, func(s *sock.Socket) *sock.Netns { return &s.Netns })
		},
	},
}

// netnsParts are those of an object that is a network namespace; named is what the name
// needs beside the object.
func netnsParts(object string, named sock.Field, of func(*sock.Socket) *sock.Netns) []*Fact {
	return []*Fact{
		integer(Fact{
			Name: object + ".inode", Aliases: []string{object + "_inode"}, Kind: Number, Least: 1,
			Doc: "inode of the namespace file, such as /proc/self/ns/net", Example: object + ".inode = 4026531840",
		}, func(s *sock.Socket) *uint64 { return &of(s).Inode }),
		{
			Name: object + ".name", Aliases: []string{object + "_name"}, Kind: Text, Needs: named, Words: "names of network namespaces",
			Doc: "name of the namespace, if it has one", Example: object + ".name ~ /^web-/",
			text: func(s *sock.Socket) *string { return &of(s).Name },
		},
	}
}

// showSendQueue shows a listener's backlog, as ss does: its limit is what a
// listener has in place of bytes to send.
func showSendQueue(_ *View, dst []byte, s *sock.Socket) []byte {
	switch {
	case s.State == sock.Listen && s.Knows(sock.FieldBacklog):
		return strconv.AppendUint(dst, uint64(s.Backlog), 10)
	case s.State != sock.Listen && s.Knows(sock.FieldSendQueue):
		return strconv.AppendUint(dst, uint64(s.SendQueue), 10)
	}
	return dst
}

// showUser shows the number of a user who has no name.
func showUser(v *View, dst []byte, s *sock.Socket) []byte {
	switch {
	case s.Knows(sock.FieldUser) && s.User != "":
		return appendEscaped(dst, s.User)
	case s.Knows(sock.FieldUID):
		return strconv.AppendUint(dst, uint64(s.UID), 10)
	}
	return dst
}

// showMark is hexadecimal, as marks are in firewall rules.
func showMark(_ *View, dst []byte, s *sock.Socket) []byte {
	if !s.Knows(sock.FieldMark) {
		return dst
	}
	return strconv.AppendUint(append(dst, "0x"...), uint64(s.Mark), 16)
}

func showYes(_ *View, dst []byte, s *sock.Socket) []byte {
	switch {
	case !s.Knows(sock.FieldV6Only):
		return dst
	case s.V6Only:
		return append(dst, "yes"...)
	}
	return append(dst, "no"...)
}

// showNetns shows the name of the namespace, or else its inode.
func showNetns(_ *View, dst []byte, s *sock.Socket) []byte {
	if !s.Knows(sock.FieldNetns) {
		return dst
	}
	ns := s.Netns
	if !s.Knows(sock.FieldNetnsName) {
		ns.Name = ""
	}
	return appendNetns(dst, ns)
}

func appendNetns(dst []byte, ns sock.Netns) []byte {
	switch {
	case ns.Name != "":
		return appendEscaped(dst, ns.Name)
	case ns.Inode == 0:
		return dst
	}
	return strconv.AppendUint(dst, ns.Inode, 10)
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
