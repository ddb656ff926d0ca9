package procnet

// wanted is the set of inodes that a search records; nil is every inode.
type wanted map[uint64]struct{}

func newWanted(inodes []uint64) wanted {
	if inodes == nil {
		return nil
	}
	w := make(wanted, len(inodes))
	for _, inode := range inodes {
		w[inode] = struct{}{}
	}
	return w
}

// has reports whether the inode is wanted.
func (w wanted) has(inode uint64) bool {
	if w == nil {
		return true
	}
	_, ok := w[inode]
	return ok
}
