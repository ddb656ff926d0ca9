package render

// style is how a cell looks where colour is allowed. Colour is never the only
// mark of anything.
type style uint8

const (
	plain style = iota
	bold
	dim
	green
	yellow
)

// sgr are the Select Graphic Rendition sequences of ECMA-48 section 8.3.117.
var sgr = [...]string{plain: "", bold: "\x1b[1m", dim: "\x1b[2m", green: "\x1b[32m", yellow: "\x1b[33m"}

const sgrEnd = "\x1b[0m"
