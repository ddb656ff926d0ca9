package platform

import "sockeye/sock"

// compared returns what comparing the listings of a source tells beside the given
// facts: see sock/change.
func compared(fields sock.Field) sock.Field {
	if fields == 0 {
		return 0
	}
	if fields.Has(sock.FieldTCPInfo) {
		fields |= sock.FieldRates
	}
	return fields | sock.FieldAge
}

// Compared returns the facts that listings of this host can hold of which each is
// compared with the one before.
func (h *Host) Compared() sock.Field { return compared(h.Fields()) }

// counted returns what to ask of sources for facts that comparing tells: the
// counters that the rates are made of, and the time of birth.
func counted(want sock.Field) sock.Field {
	if want.Has(sock.FieldRates) {
		want |= sock.FieldTCPInfo
	}
	if want.Has(sock.FieldAge) {
		want |= sock.FieldCreated
	}
	return want
}

// timed reports whether it is to be told when a socket was read.
func timed(want sock.Field) bool { return want&sock.ComparedFields != 0 }
