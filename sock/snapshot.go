package sock

import "time"

// SchemaVersion is the version of the JSON document. Adding a member is free;
// renaming or removing one, or changing its type, needs the next number.
const SchemaVersion = 1

// Snapshot is what a document says beside its sockets.
type Snapshot struct {
	GeneratedAt time.Time
	Host        string
	// Source names the backends that answered, such as "sock_diag" or
	// "sock_diag,proc".
	Source string
	// OwnerSource names what found the owners: "bpf", "proc", or "none" if
	// nothing was searched.
	OwnerSource string
	// OwnerReason says why a better source of owners was not used; empty if it
	// was, or if there is none.
	OwnerReason string
	// Complete reports that nothing is known to be missing.
	Complete bool
	Warnings []Warning
	// Asked says what was asked for.
	Asked Asked
	// Forwards are the ports that the kernel sends elsewhere, of those that were asked
	// for: empty if there are none, nil if that was not asked, or is not known.
	Forwards []Forward
	// ForwardsUnknown says why it is not known; nil if it is, or was not asked.
	ForwardsUnknown error
}
