package render

import (
	"time"

	"sockeye/sock"
)

// Format is a kind of output.
type Format uint8

// The formats.
const (
	Table    Format = iota
	JSON            // one document
	NDJSON          // one socket per line
	CSV             // RFC 4180, but lines end in \n as everywhere on Unix
	TSV             // the same with tabs between cells
	Template        // text/template, one line per socket
	PIDs            // the owners' PIDs, each once, in numeric order
	Count           // the number of sockets, or of groups
	Quiet           // nothing
)

var formatNames = []string{"table", "json", "ndjson", "csv", "tsv", "template", "pids", "count", "quiet"}

// String returns the format's name, such as "ndjson".
func (f Format) String() string {
	if int(f) >= len(formatNames) {
		return "unknown"
	}
	return formatNames[f]
}

// Options says how sockets are written. The zero value is a table without a
// header and without queues.
type Options struct {
	Format Format

	// Columns are those of a table, of CSV and TSV, and the members of JSON.
	// None means those that the format has by default. See [ParseColumns].
	Columns []*Column
	// Spare are those of them that a table loses where the terminal has no room for all,
	// the first first.
	Spare []*Column

	Header  bool // of a table, CSV and TSV
	Netns   bool // the column NETNS of the default table
	Tree    bool // a table of sockets below their processes, and these below their units
	Exposed bool // the default table says of what listens where it is reached
	Queues  bool // the columns RECV-Q and SEND-Q of the default table
	Rates   bool // the columns IN/s, OUT/s and RTT of the default table
	Oneline bool // extra facts on the line of the socket
	Wide    bool // nothing is dropped or cut to fit Width
	Width   int  // of the terminal, in cells; 0 for a pipe, which has none
	Color   bool

	// Safe: in CSV and TSV a ' stands in front of a cell that begins with = + - or
	// @, so that no spreadsheet runs the name of a process as a formula.
	Safe bool

	// Facts are shown beside those that the format always has; see [fact.Shown].
	Facts sock.Field

	// Template is the text for the format of that name.
	Template string

	// Sort orders the sockets, which are then all kept; see [ParseSort] and [ParseGroupSort]. Group
	// counts them by columns instead of listing them. Limit
	// bounds the number of sockets or groups; 0 does not.
	Sort  []SortKey
	Group []*Column
	Limit int

	// Resolve looks up the names of addresses for a table, CSV and TSV, with
	// Resolver (nil: the system's) and within ResolveTimeout (0: 2 s) for each
	// block of sockets; half of it after a block for which that was not enough.
	// Services, unless nil, names the port of a protocol.
	Resolve        bool
	Resolver       Resolver
	ResolveTimeout time.Duration
	Services       func(port uint16, protocol string) (name string, known bool)

	// Host and GeneratedAt open a JSON document. If they are not set, it does
	// without.
	Host        string
	GeneratedAt time.Time

	// Live: rows come one at a time. The columns of a table have room for what
	// stands in them mostly, since the first rows are not waited for.
	Live bool

	// Stay: the sockets do not change after they were written, and need not be copied.
	Stay bool

	// Row is called for each row of a table with the number of its lines; nil: it is
	// not.
	Row func(lines int)

	// Mark says what stands in front of the row of a socket in a table, such as +;
	// a blank is nothing. nil: no row has that. The sockets must stay.
	Mark func(*sock.Socket) byte
}
