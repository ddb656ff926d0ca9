package fact

import "sockeye/sock"

// unixFacts are about unix sockets.
var unixFacts = []*Fact{
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
