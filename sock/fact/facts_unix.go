package fact

import (
	"math"

	"sockeye/sock"
)

// unixFacts are about unix sockets.
var unixFacts = []*Fact{
	{
		Name: "peer_pid", Kind: Number, Needs: sock.FieldPeerProcess, shows: sock.FieldOwners, Most: math.MaxUint32, Optional: true, Option: "extended",
		Words: "processes at the other end", Systems: []string{"Linux"},
		Doc: "process that holds the other end of a unix socket, the first by PID", Example: "peer_pid = 812",
		number: func(s *sock.Socket) (uint64, bool) {
			if s.PeerProcess == nil {
				return 0, false
			}
			return uint64(s.PeerProcess.PID), true
		},
		setNumber: func(s *sock.Socket, v uint64) { s.PeerProcess = &sock.Process{PID: int(v)} },
	},
	{
		Name: "peer_process", Kind: Process, Needs: sock.FieldPeerProcess, shows: sock.FieldOwners, Optional: true, Option: "extended",
		Systems: []string{"Linux"}, Doc: "name of that process", Example: "peer_process = dbus-daemon",
		text: of(func(s *sock.Socket) *sock.Process { return s.PeerProcess }, func(p *sock.Process) *string { return &p.Name }),
	},
	{
		Name: "file", Kind: Object, Needs: sock.FieldFile, Optional: true, Option: "extended", Words: "files of unix sockets",
		Doc: "file that a unix socket was bound to", parts: fileParts,
		has:   func(s *sock.Socket) bool { return s.File != nil },
		begin: func(s *sock.Socket) { s.File = new(sock.UnixFile) },
	},
	{
		Name: "pending", Aliases: []string{"pending_inodes"}, Kind: Text, Needs: sock.FieldPending, Optional: true, Option: "extended", Words: "pending connections",
		Doc: "inodes of the sockets that wait for a unix listener to accept them", Example: "pending = 4711",
		values: wholeNumbers(func(s *sock.Socket) *[]uint64 { return &s.Pending }),
	},
}

func fileParts() []*Fact {
	return []*Fact{
		{
			Name: "file.device", Aliases: []string{"file_device"}, Kind: Text, label: "file_device",
			Doc: "device of its file system, as in /proc/PID/mountinfo", Example: "file.device = 0:26",
			text: of(func(s *sock.Socket) *sock.UnixFile { return s.File }, func(f *sock.UnixFile) *string { return &f.Device }),
		},
		{
			Name: "file.inode", Aliases: []string{"file_inode"}, Kind: Number, label: "file_inode",
			Doc: "inode of the file, its low 32 bits", Example: "file.inode = 4711",
			number: func(s *sock.Socket) (uint64, bool) {
				if s.File == nil {
					return 0, false
				}
				return s.File.Inode, true
			},
			setNumber: func(s *sock.Socket, v uint64) { s.File.Inode = v },
		},
	}
}
