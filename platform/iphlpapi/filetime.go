package iphlpapi

import "time"

// fileTime is a FILETIME: steps of 100 ns since 1601-01-01 UTC. 0 is not known.
// The documentation of the rows says SYSTEMTIME, which is twice as long as their
// member; other programs (System Informer) read a FILETIME. Wine tells none.
type fileTime uint64

const (
	stepsPerSecond = 10_000_000
	// unixEpoch is 1970-01-01 and year10000 the first that RFC 3339 cannot say.
	unixEpoch fileTime = 116444736000000000
	year10000 fileTime = 2650467744000000000
)

// fileTimeOf returns 0 for a number that cannot be when something on this
// machine happened.
func fileTimeOf(steps uint64) fileTime {
	if t := fileTime(steps); t >= unixEpoch && t < year10000 {
		return t
	}
	return 0
}

// fileTimeAt returns a time of this system's clock.
func fileTimeAt(t time.Time) fileTime {
	return unixEpoch + fileTime(t.Unix()*stepsPerSecond+int64(t.Nanosecond())/100)
}

// clockStep is by how much the clock moves at once from which most of Windows
// takes the time (GetSystemTimeAsFileTime); some of it takes a finer one. So what
// happened in the same step may be stamped in the wrong order.
const clockStep fileTime = 156_250 // 15.625 ms

// after reports whether a time is certain to be later than another.
func (t fileTime) after(u fileTime) bool { return t > u+clockStep }

// time returns the time in UTC.
func (t fileTime) time() time.Time {
	steps := int64(t - unixEpoch)
	return time.Unix(steps/stepsPerSecond, steps%stepsPerSecond*100).UTC()
}
