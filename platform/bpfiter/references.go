package bpfiter

// references works out what the program needs to count the references of a file,
// and reports whether all of it is known.
func references(all *[slotCount]uint32, has *[slotCount]bool) bool {
	// The iterator itself has a reference while the program looks at the file.
	switch {
	case has[fileRef]:
		// The number is one less than the references: FILE_REF_ONEREF is 0
		// (linux/file_ref.h).
		all[fileReferences], all[referencesOurs] = all[fileRef], 0
	case has[fileCount]:
		all[fileReferences], all[referencesOurs] = all[fileCount], 1
	default:
		return false
	}
	// struct lockref is a spinlock and an int behind it (linux/lockref.h). With
	// these sizes it has a lock of 4 bytes, or of none on a machine with one
	// processor; others (debugging, real time) are left alone.
	if size := all[lockrefSize]; size != 4 && size != 8 {
		return false
	}
	all[dentryCount] += all[lockrefSize] - 4
	all[fileDentry] += all[pathDentry]
	for _, slot := range [...]int{
		fileDentry, pathDentry, dentryCount, lockrefSize, taskFiles,
		signalCount, filesCount, filesTable, tableFiles,
	} {
		if !has[slot] {
			return false
		}
	}
	return true
}
