package snapshot

import (
	"cmp"
	"strconv"

	"sockeye/sock"
)

var stateMembers = [...]Member{
	{
		Name: "recv_queue", Kind: Integer, Needs: sock.FieldRecvQueue,
		num: func(s *sock.Socket) uint64 { return uint64(s.RecvQueue) },
	},
	{
		Name: "send_queue", Kind: Integer, Needs: sock.FieldSendQueue,
		num: func(s *sock.Socket) uint64 { return uint64(s.SendQueue) },
	},
	{
		Name: "backlog", Kind: Integer, Needs: sock.FieldBacklog,
		num: func(s *sock.Socket) uint64 { return uint64(s.Backlog) },
	},
	{
		Name: "mark", Kind: Integer, Needs: sock.FieldMark,
		num: func(s *sock.Socket) uint64 { return uint64(s.Mark) },
	},
	{
		Name: "inode", Kind: Integer, Needs: sock.FieldInode,
		has: func(s *sock.Socket) bool { return s.Inode != 0 },
		num: func(s *sock.Socket) uint64 { return s.Inode },
	},
	{
		Name: "cookie", Needs: sock.FieldCookie,
		word:  func(dst []byte, s *sock.Socket) []byte { return strconv.AppendUint(dst, s.Cookie, 16) },
		order: func(a, b *sock.Socket) int { return cmp.Compare(a.Cookie, b.Cookie) },
	},
	{
		Name: "uid", Kind: Integer, Needs: sock.FieldUID,
		num: func(s *sock.Socket) uint64 { return uint64(s.UID) },
	},
	{
		Name: "user", Needs: sock.FieldUser,
		has:  func(s *sock.Socket) bool { return s.User != "" },
		text: func(s *sock.Socket) string { return s.User },
	},
	{
		Name: "created_at", Needs: sock.FieldCreated,
		has:   func(s *sock.Socket) bool { return !s.Created.IsZero() },
		json:  func(dst []byte, s *sock.Socket) []byte { return appendTime(dst, s.Created) },
		order: func(a, b *sock.Socket) int { return a.Created.Compare(b.Created) },
	},
	{
		Name: "netns", Kind: Object, Needs: sock.FieldNetns, Wants: sock.FieldNetnsName,
		Parts: []Member{
			{
				Name: "inode", Kind: Integer,
				num: func(s *sock.Socket) uint64 { return s.Netns.Inode },
			},
			{
				Name: "name",
				has:  func(s *sock.Socket) bool { return s.Known.Has(sock.FieldNetnsName) && s.Netns.Name != "" },
				text: func(s *sock.Socket) string { return s.Netns.Name },
			},
		},
		order: func(a, b *sock.Socket) int { return cmp.Compare(a.Netns.Inode, b.Netns.Inode) },
	},
}
