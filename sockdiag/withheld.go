package sockdiag

import "sockeye/sock"

// upperLayerFields are what Linux told with CAP_NET_ADMIN only, before 6.15.
const upperLayerFields = sock.FieldULP | sock.FieldTLS | sock.FieldMPTCPSubflow

func withheld(what string) *sock.Partial {
	return &sock.Partial{Code: sock.CodeWithheld, Message: what + " are told with CAP_NET_ADMIN only"}
}

// withheld says what of the facts that were asked for the kernel did not tell for
// want of a right. tellsULP: it tells anybody the upper layer protocol.
func (d *inetDecoder) withheld(asked sock.Field, tellsULP func() bool) (parts []*sock.Partial) {
	if !d.withholds {
		return nil
	}
	d.withholds = false
	say := func(what string) {
		parts = append(parts, withheld(what))
	}
	if asked.Has(sock.FieldMark) {
		say("marks")
	}
	if d.protocol != sock.TCP {
		return parts
	}
	if asked.Has(sock.FieldMD5) {
		say("peers of TCP MD5 signatures")
	}
	if asked&upperLayerFields != 0 && !tellsULP() {
		say("before Linux 6.15 upper layer protocols")
	}
	return parts
}
